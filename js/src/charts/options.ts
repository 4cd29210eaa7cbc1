import type { EChartsCoreOption } from "echarts/core";
import type { ChartProps } from "../components/chart";
import type { Series } from "../contract.gen";
import { dateOf, words } from "../runtime/format";
import type { Rows } from "../runtime/rows";
import type { Palette } from "./palette";
import { tooltipOf } from "./tooltip";

type Part = Record<string, unknown>;

export function optionOf(props: ChartProps, rows: Rows, palette: Palette): EChartsCoreOption {
  const { kind, format, unit } = props;
  const isOnAxes = ["line", "area", "bar", "scatter", "boxplot", "candle"].includes(kind);
  const names = legendNames(props, rows);
  const common: Part = {
    color: palette.series,
    textStyle: { color: palette.text, fontFamily: palette.font, fontSize: 12 },
    animation: !palette.still,
    animationDuration: 200,
    aria: { enabled: true, decal: { show: palette.patterns } },
    legend:
      names.length > 1
        ? {
            data: names,
            top: 0,
            left: 0,
            type: "plain",
            icon: "roundRect",
            itemWidth: 10,
            itemHeight: 10,
            textStyle: { color: palette.text },
          }
        : undefined,
    tooltip: {
      trigger: isOnAxes && kind !== "scatter" ? "axis" : "item",
      confine: true,
      backgroundColor: palette.raised,
      borderColor: palette.border,
      textStyle: { color: palette.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: palette.muted } },
      formatter: tooltipOf(format, unit),
    },
  };
  return {
    ...common,
    ...(isOnAxes ? onAxes(props, rows, palette, names) : freestanding(props, rows, palette)),
  };
}

const nameOf = (series: Series): string => series.label || series.key;

function legendNames(props: ChartProps, rows: Rows): string[] {
  if (props.kind === "pie") return column(rows, props.x).map(String);
  return ["gauge", "heatmap", "treemap", "sankey", "funnel"].includes(props.kind)
    ? []
    : props.series.map(nameOf);
}

function column(rows: Rows, key: string): unknown[] {
  return Array.from({ length: rows.length }, (_, at) => rows.get(at, key));
}

const colourOf = (series: Series, palette: Palette): Part =>
  series.tone === "neutral"
    ? {}
    : { itemStyle: { color: palette.tones[series.tone] }, lineStyle: { color: palette.tones[series.tone] } };

function axes(
  props: ChartProps,
  palette: Palette,
  isTime: boolean,
  categories: readonly unknown[],
): [Part, Part] {
  const label = { color: palette.muted, fontSize: 11, hideOverlap: true };
  const across: Part = {
    type: isTime ? "time" : props.kind === "scatter" ? "value" : "category",
    data:
      isTime || props.kind === "scatter"
        ? undefined
        : categories.map((value) => words(value, props.x_format)),
    axisLine: { lineStyle: { color: palette.border } },
    axisTick: { show: false },
    axisLabel: label,
    splitLine: { show: false },
    inverse: props.horizontal,
  };
  const up: Part = {
    type: "value",
    min: props.min ?? undefined,
    max: props.max ?? undefined,
    scale: props.kind === "scatter" || props.kind === "candle",
    minInterval: props.format === "number" && props.unit ? 1 : undefined,
    axisLabel: {
      ...label,
      formatter: (value: number) => words(value, props.format === "number" ? "number" : props.format),
    },
    splitLine: { lineStyle: { color: palette.border, type: "dashed" } },
    splitNumber: 4,
  };
  return [across, up];
}

function onAxes(props: ChartProps, rows: Rows, palette: Palette, names: readonly string[]): Part {
  const { kind, x, x_format, stacked, horizontal, zoom } = props;
  const categories = column(rows, x);
  const isTime = (x_format === "time" || x_format === "relative") && kind !== "bar";
  const [across, up] = axes(props, palette, isTime, categories);
  const at = (value: unknown) => (isTime ? (dateOf(value)?.getTime() ?? null) : value);
  const series = seriesOnAxes(props, rows, palette, isTime ? categories.map(at) : undefined);
  return {
    grid: { left: 4, right: 12, top: names.length > 1 ? 32 : 12, bottom: zoom ? 44 : 4, containLabel: true },
    [horizontal ? "yAxis" : "xAxis"]: across,
    [horizontal ? "xAxis" : "yAxis"]: up,
    dataZoom: zoom
      ? [
          { type: "inside" },
          {
            type: "slider",
            height: 18,
            bottom: 8,
            borderColor: palette.border,
            textStyle: { color: palette.muted },
          },
        ]
      : undefined,
    series: stacked ? series.map((each) => ({ ...each, stack: "all" })) : series,
  };
}

function seriesOnAxes(
  props: ChartProps,
  rows: Rows,
  palette: Palette,
  times: readonly unknown[] | undefined,
): Part[] {
  const { kind, x } = props;
  const columns = props.series.map(({ key }) => column(rows, key));
  if (kind === "boxplot" || kind === "candle") {
    // Five columns (least, quartiles, most) or four (open, close, low, high) are one drawn series.
    const data = Array.from({ length: rows.length }, (_, at) => columns.map((values) => values[at]));
    const edge = { color: palette.raised, borderColor: palette.series[1] };
    return [{ type: kind === "candle" ? "candlestick" : kind, name: props.label, data, itemStyle: edge }];
  }
  return props.series.map((series, n) => {
    const values = columns[n] ?? [];
    const data = times
      ? values.map((value, at) => [times[at], value])
      : kind === "scatter"
        ? values.map((value, at) => [rows.get(at, x), value])
        : values;
    const base: Part = {
      name: nameOf(series),
      data,
      ...colourOf(series, palette),
      emphasis: { focus: "series" },
    };
    if (kind === "bar") return { ...base, type: "bar", barMaxWidth: 28, barCategoryGap: "30%" };
    if (kind === "scatter") return { ...base, type: "scatter", symbolSize: 7 };
    const filled = kind === "area" ? { areaStyle: { opacity: props.stacked ? 0.55 : 0.18 } } : {};
    return { ...base, type: "line", showSymbol: rows.length < 3, symbolSize: 5, lineWidth: 2, ...filled };
  });
}

function freestanding(props: ChartProps, rows: Rows, palette: Palette): Part {
  const { kind, x, y, series, format, unit, label, min, max } = props;
  const first = series[0]?.key ?? "";
  const pairs = () =>
    Array.from({ length: rows.length }, (_, at) => ({
      name: String(rows.get(at, x) ?? ""),
      value: rows.get(at, first),
    }));
  const say = (value: unknown) => words(value, format, unit);
  const ink = { color: palette.text };
  if (kind === "pie") {
    const edge = { borderColor: palette.surface, borderWidth: 2 };
    return {
      legend: {
        orient: "vertical",
        right: 0,
        top: "middle",
        icon: "roundRect",
        itemWidth: 10,
        itemHeight: 10,
        textStyle: ink,
      },
      series: [
        {
          type: "pie",
          name: label,
          data: pairs(),
          radius: ["52%", "82%"],
          center: ["36%", "50%"],
          label: { show: false },
          itemStyle: edge,
        },
      ],
    };
  }
  if (kind === "gauge") {
    const value = rows.get(0, first);
    return {
      series: [
        {
          type: "gauge",
          min: min ?? 0,
          max: max ?? 100,
          startAngle: 200,
          endAngle: -20,
          radius: "100%",
          center: ["50%", "60%"],
          data: [{ value, name: String(rows.get(0, x) ?? "") }],
          progress: {
            show: true,
            width: 12,
            itemStyle: { color: palette.tones[series[0]?.tone ?? ""] ?? palette.series[1] },
          },
          axisLine: { lineStyle: { width: 12, color: [[1, palette.raised]] } },
          pointer: { show: false },
          axisTick: { show: false },
          splitLine: { show: false },
          axisLabel: { show: false },
          title: { color: palette.muted, fontSize: 12, offsetCenter: [0, "28%"] },
          detail: { color: palette.text, fontSize: 22, offsetCenter: [0, 0], formatter: say },
        },
      ],
    }; // prettier-ignore
  }
  if (kind === "heatmap") return heatmap(props, rows, palette, first);
  if (kind === "funnel") {
    const named = {
      show: true,
      position: "inside",
      color: palette.surface,
      formatter: (item: { name: string; value: unknown }) => `${item.name} ${say(item.value)}`,
    };
    return {
      series: [
        {
          type: "funnel",
          name: label,
          data: pairs(),
          top: 4,
          bottom: 4,
          left: 4,
          right: 4,
          gap: 2,
          label: named,
        },
      ],
    };
  }
  if (kind === "treemap") {
    const edge = { borderColor: palette.surface, gapWidth: 2 };
    return {
      series: [
        {
          type: "treemap",
          name: label,
          data: pairs(),
          roam: false,
          nodeClick: false,
          breadcrumb: { show: false },
          top: 0,
          bottom: 0,
          left: 0,
          right: 0,
          itemStyle: edge,
          label: { color: palette.surface },
        },
      ],
    };
  }
  if (kind === "radar") {
    const indicator = column(rows, x).map((name) => ({ name: String(name), max: max ?? undefined }));
    const data = series.map((each) => ({
      name: nameOf(each),
      value: column(rows, each.key),
      areaStyle: { opacity: 0.15 },
    }));
    const line = { lineStyle: { color: palette.border } };
    return {
      radar: {
        indicator,
        radius: "64%",
        axisName: { color: palette.muted },
        splitArea: { show: false },
        splitLine: line,
        axisLine: line,
      },
      series: [{ type: "radar", data }],
    };
  }
  const links = Array.from({ length: rows.length }, (_, at) => ({
    source: String(rows.get(at, x)),
    target: String(rows.get(at, y)),
    value: rows.get(at, first),
  }));
  const nodes = [...new Set(links.flatMap(({ source, target }) => [source, target]))].map((name) => ({
    name,
  }));
  return {
    series: [
      {
        type: "sankey",
        data: nodes,
        links,
        label: ink,
        lineStyle: { color: "gradient", opacity: 0.35 },
        top: 8,
        bottom: 8,
        left: 4,
        right: 96,
        emphasis: { focus: "adjacency" },
      },
    ],
  };
}

function heatmap(props: ChartProps, rows: Rows, palette: Palette, first: string): Part {
  const across = [...new Set(column(rows, props.x).map(String))];
  const down = [...new Set(column(rows, props.y).map((value) => String(value ?? "")))];
  const values = column(rows, first).map(Number).filter(Number.isFinite);
  const data = Array.from({ length: rows.length }, (_, at) => [
    across.indexOf(String(rows.get(at, props.x))),
    down.indexOf(String(rows.get(at, props.y) ?? "")),
    rows.get(at, first),
  ]);
  const label = { color: palette.muted, fontSize: 11 };
  const plain = { axisTick: { show: false }, axisLine: { show: false }, axisLabel: label };
  return {
    grid: { left: 4, right: 8, top: 8, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: across, ...plain },
    yAxis: { type: "category", data: down, ...plain },
    visualMap: {
      show: false,
      min: Math.min(0, ...values),
      max: Math.max(1, ...values),
      inRange: { color: [palette.raised, palette.series[1]] },
    },
    series: [
      {
        type: "heatmap",
        name: props.label,
        data,
        itemStyle: { borderColor: palette.surface, borderWidth: 2, borderRadius: 3 },
      },
    ],
  };
}
