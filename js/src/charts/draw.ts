import {
  BarChart,
  BoxplotChart,
  CandlestickChart,
  FunnelChart,
  GaugeChart,
  HeatmapChart,
  LineChart,
  PieChart,
  RadarChart,
  SankeyChart,
  ScatterChart,
  TreemapChart,
} from "echarts/charts";
import {
  AriaComponent,
  DataZoomComponent,
  GridComponent,
  LegendComponent,
  RadarComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { ChartProps, Drawing } from "../components/chart";
import type { Rows } from "../runtime/rows";
import { optionOf } from "./options";
import { readPalette } from "./palette";

use([
  AriaComponent,
  BarChart,
  BoxplotChart,
  CandlestickChart,
  DataZoomComponent,
  FunnelChart,
  GaugeChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  PieChart,
  RadarChart,
  RadarComponent,
  SVGRenderer,
  SankeyChart,
  ScatterChart,
  TooltipComponent,
  TreemapChart,
  VisualMapComponent,
]);

/** Draw a chart into a box; it follows the box's size and the theme's colours. */
export function draw(box: HTMLElement, props: ChartProps, rows: Rows): Drawing {
  const chart = init(box, undefined, { renderer: "svg" });
  let [currentProps, currentRows] = [props, rows];
  const paint = () =>
    chart.setOption(optionOf(currentProps, currentRows, readPalette(box)), { notMerge: true });
  paint();
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(box);
  // The library cannot read style variables: colours are read again when the theme's name changes.
  const themed = new MutationObserver(paint);
  const bearer = box.closest("[data-cx-theme]");
  if (bearer) themed.observe(bearer, { attributes: true, attributeFilter: ["data-cx-theme"] });
  return {
    update(nextProps, nextRows) {
      if (nextProps === currentProps && nextRows === currentRows) return;
      [currentProps, currentRows] = [nextProps, nextRows];
      paint();
    },
    close() {
      resized.disconnect();
      themed.disconnect();
      chart.dispose();
    },
  };
}
