import type { EChartsCoreOption } from "echarts/core";
import type { ChartProps } from "../components/chart";
import { isStatus, toneOfStatus } from "../components/primitives";
import type { Series } from "../contract.gen";
import { dateOf, words } from "../runtime/format";
import type { Rows } from "../runtime/rows";
import { freestanding } from "./freestanding";
import type { Palette } from "./palette";
import { tooltipOf } from "./tooltip";

export type Part = Record<string, unknown>;

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

export const nameOf = (series: Series): string => series.label || series.key;

function legendNames(props: ChartProps, rows: Rows): string[] {
  if (props.kind === "pie") return column(rows, props.x).map(String);
  return ["gauge", "heatmap", "treemap", "sankey", "funnel", "boxplot", "candle"].includes(props.kind)
    ? []
    : props.series.map(nameOf);
}

export function column(rows: Rows, key: string): unknown[] {
  return Array.from({ length: rows.length }, (_, at) => rows.get(at, key));
}

/** Categories that are states keep the colours that states have everywhere. */
export function stateColour(name: unknown, palette: Palette): Part {
  const tone = isStatus(String(name)) ? toneOfStatus(String(name)) : undefined;
  return tone ? { itemStyle: { color: tone === "neutral" ? palette.muted : palette.tones[tone] } } : {};
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
    axisLabel: isTime
      ? { ...label, formatter: { month: "{MMM}", day: "{MMM} {d}", hour: "{HH}:{mm}" } }
      : label,
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
    splitLine: { lineStyle: { color: palette.border, type: "dashed", opacity: palette.patterns ? 0.45 : 1 } },
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
            backgroundColor: palette.surface,
            fillerColor: palette.raised,
            handleStyle: { color: palette.muted, borderColor: palette.muted },
            moveHandleStyle: { color: palette.border },
            dataBackground: { lineStyle: { color: palette.border }, areaStyle: { color: palette.border } },
            selectedDataBackground: {
              lineStyle: { color: palette.muted },
              areaStyle: { color: palette.muted },
            },
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
    const edge = { color: palette.raised, borderColor: palette.series[0] };
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
    if (kind === "bar") {
      const isAlone = props.series.length === 1 && series.tone === "neutral";
      const coloured = values.map((value, at) => ({ value, ...stateColour(rows.get(at, x), palette) }));
      return {
        ...base,
        data: isAlone ? coloured : data,
        type: "bar",
        barMaxWidth: 28,
        barCategoryGap: "30%",
      };
    }
    if (kind === "scatter") return { ...base, type: "scatter", symbolSize: 7 };
    const filled = kind === "area" ? { areaStyle: { opacity: props.stacked ? 0.55 : 0.18 } } : {};
    return { ...base, type: "line", showSymbol: rows.length < 3, symbolSize: 5, lineWidth: 2, ...filled };
  });
}
