import type { ChartProps } from "../components/chart";
import { words } from "../runtime/format";
import type { Rows } from "../runtime/rows";
import { column, nameOf, type Part, stateColour } from "./options";
import type { Palette } from "./palette";

interface Given {
  readonly props: ChartProps;
  readonly rows: Rows;
  readonly palette: Palette;
  /** The column of the value. */
  readonly first: string;
  readonly say: (value: unknown) => string;
}

const BUILDERS: Partial<Record<ChartProps["kind"], (given: Given) => Part>> = {
  pie,
  gauge,
  heatmap,
  funnel,
  treemap,
  radar,
  sankey,
};

/** Charts that bring their own ground instead of two axes. */
export function freestanding(props: ChartProps, rows: Rows, palette: Palette): Part {
  const say = (value: unknown) => words(value, props.format, props.unit);
  return BUILDERS[props.kind]?.({ props, rows, palette, first: props.series[0]?.key ?? "", say }) ?? {};
}

const named = ({ props, rows, palette, first }: Given) =>
  Array.from({ length: rows.length }, (_, at) => {
    const name = rows.get(at, props.x);
    return { name: String(name ?? ""), value: rows.get(at, first), ...stateColour(name, palette) };
  });

function pie(given: Given): Part {
  const { props, palette } = given;
  const legend = {
    orient: "vertical",
    right: 0,
    top: "middle",
    icon: "roundRect",
    itemWidth: 10,
    itemHeight: 10,
  };
  const ring = { radius: ["52%", "82%"], center: ["36%", "50%"], label: { show: false } };
  // The edge is drawn by a gap, as the colour of a part may come with its own style.
  return {
    legend: { ...legend, textStyle: { color: palette.text } },
    series: [{ type: "pie", name: props.label, data: named(given), padAngle: 1, ...ring }],
  };
}

function gauge({ props, rows, palette, first, say }: Given): Part {
  const tone = props.series[0]?.tone ?? "neutral";
  const arc = { startAngle: 200, endAngle: -20, radius: "100%", center: ["50%", "60%"] };
  const none = { show: false };
  const bare = { pointer: none, axisTick: none, splitLine: none, axisLabel: none };
  return {
    series: [
      {
        type: "gauge",
        min: props.min ?? 0,
        max: props.max ?? 100,
        ...arc,
        ...bare,
        data: [{ value: rows.get(0, first), name: String(rows.get(0, props.x) ?? "") }],
        progress: { show: true, width: 12, itemStyle: { color: palette.tones[tone] ?? palette.series[0] } },
        axisLine: { lineStyle: { width: 12, color: [[1, palette.raised]] } },
        title: { color: palette.muted, fontSize: 12, offsetCenter: [0, "28%"] },
        detail: { color: palette.text, fontSize: 22, offsetCenter: [0, 0], formatter: say },
      },
    ],
  };
}

function heatmap({ props, rows, palette, first }: Given): Part {
  const across = [...new Set(column(rows, props.x).map(String))];
  const down = [...new Set(column(rows, props.y).map((value) => String(value ?? "")))];
  const values = column(rows, first).map(Number).filter(Number.isFinite);
  const data = Array.from({ length: rows.length }, (_, at) => [
    across.indexOf(String(rows.get(at, props.x))),
    down.indexOf(String(rows.get(at, props.y) ?? "")),
    rows.get(at, first),
  ]);
  const label = { color: palette.muted, fontSize: 11 };
  const plain = { type: "category", axisTick: { show: false }, axisLine: { show: false }, axisLabel: label };
  const range = { min: Math.min(0, ...values), max: Math.max(1, ...values) };
  const cell = { borderColor: palette.surface, borderWidth: 2, borderRadius: 3 };
  return {
    grid: { left: 4, right: 8, top: 8, bottom: 4, containLabel: true },
    xAxis: { ...plain, data: across },
    yAxis: { ...plain, data: down, inverse: true },
    visualMap: { show: false, ...range, inRange: { color: [palette.raised, palette.series[0]] } },
    series: [{ type: "heatmap", name: props.label, data, itemStyle: cell }],
  };
}

function funnel(given: Given): Part {
  const { props, palette, say } = given;
  const label = {
    position: "rightTop",
    color: palette.text,
    formatter: (item: { name: string; value: unknown }) => `${item.name} ${say(item.value)}`,
  };
  const room = { top: 8, bottom: 4, left: 4, right: "30%", gap: 2 };
  return {
    series: [
      { type: "funnel", name: props.label, data: named(given), ...room, label, labelLine: { show: false } },
    ],
  };
}

function treemap(given: Given): Part {
  const { props, palette } = given;
  const still = { roam: false, nodeClick: false, breadcrumb: { show: false } };
  const room = { top: 0, bottom: 0, left: 0, right: 0 };
  const edge = { borderColor: palette.surface, gapWidth: 2 };
  const label = { color: palette.surface };
  return {
    series: [
      { type: "treemap", name: props.label, data: named(given), ...still, ...room, itemStyle: edge, label },
    ],
  };
}

function radar({ props, rows, palette }: Given): Part {
  const line = { lineStyle: { color: palette.border } };
  return {
    radar: {
      indicator: column(rows, props.x).map((name) => ({ name: String(name), max: props.max ?? undefined })),
      radius: "64%",
      axisName: { color: palette.muted },
      splitArea: { show: false },
      splitLine: line,
      axisLine: line,
    },
    series: [
      {
        type: "radar",
        data: props.series.map((each) => ({
          name: nameOf(each),
          value: column(rows, each.key),
          areaStyle: { opacity: 0.15 },
        })),
      },
    ],
  };
}

function sankey({ props, rows, palette, first }: Given): Part {
  const links = Array.from({ length: rows.length }, (_, at) => ({
    source: String(rows.get(at, props.x)),
    target: String(rows.get(at, props.y)),
    value: rows.get(at, first),
  }));
  const names = new Set(links.flatMap(({ source, target }) => [source, target]));
  return {
    series: [
      {
        type: "sankey",
        data: [...names].map((name) => ({ name })),
        links,
        label: { color: palette.text, fontSize: 12 },
        labelLayout: { hideOverlap: false },
        lineStyle: { color: "gradient", opacity: 0.35 },
        top: 8,
        bottom: 8,
        left: 4,
        right: 72,
        emphasis: { focus: "adjacency" },
      },
    ],
  };
}
