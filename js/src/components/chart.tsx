import { useEffect, useRef, useState } from "preact/hooks";
import type { Components } from "../contract.gen";
import { number, words } from "../runtime/format";
import { type Slot, useScope } from "../runtime/render";
import type { Rows } from "../runtime/rows";
import { useLooks } from "../runtime/ui_state";
import { Empty, Skeleton } from "./feedback";
import { Picture, useId } from "./primitives";
import { useRows } from "./table/rows";

export type ChartProps = Components["Chart"];

/** What the lazy chunk offers: draw into a box, and again when something changed. */
export interface Drawing {
  update(props: ChartProps, rows: Rows): void;
  close(): void;
}
interface ChartsChunk {
  draw(box: HTMLElement, props: ChartProps, rows: Rows): Drawing;
}

/** What the chart says, for who does not see it: extent and extremes of each series. */
export function summary(props: ChartProps, rows: Rows): string {
  const parts = props.series.slice(0, 4).map(({ key, label }) => {
    const values: number[] = [];
    for (let at = 0; at < rows.length; at++) {
      const value = rows.get(at, key);
      if (typeof value === "number") values.push(value);
    }
    if (values.length === 0) return `${label || key}: no values`;
    const say = (value: number) => words(value, props.format, props.unit);
    return `${label || key} from ${say(Math.min(...values))} to ${say(Math.max(...values))}`;
  });
  return `${props.label}. ${number(rows.length)} points. ${parts.join("; ")}`;
}

function AsTable({ props, rows }: { readonly props: ChartProps; readonly rows: Rows }) {
  const named = [props.x, props.y].filter(Boolean);
  const count = Math.min(rows.length, 500);
  return (
    <div
      class="cx-chart-table"
      tabIndex={0}
      role="region"
      aria-label={`${props.label} as a table`}
      style={{ maxHeight: `${props.height}px` }}
    >
      <table class="cx-plain">
        <thead>
          <tr>
            {named.map((key) => (
              <th key={key} scope="col">
                {key.replaceAll("_", " ")}
              </th>
            ))}
            {props.series.map(({ key, label }) => (
              <th key={key} scope="col" class="cx-right">
                {label || key}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: count }, (_, at) => (
            <tr key={at}>
              {named.map((key) => (
                <td key={key}>{words(rows.get(at, key), key === props.x ? props.x_format : "text")}</td>
              ))}
              {props.series.map(({ key }) => (
                <td key={key} class="cx-right cx-num">
                  {words(rows.get(at, key), props.format, props.unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > count && <p class="cx-small cx-muted">{number(rows.length - count)} more points</p>}
    </div>
  );
}

function Plot({ props, rows }: { readonly props: ChartProps; readonly rows: Rows }) {
  const { load } = useScope();
  const box = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | undefined>(undefined);
  const [failed, setFailed] = useState(false);
  const [ready, setReady] = useState(false);
  useEffect(() => {
    let alive = true;
    load("charts").then(
      (chunk) => {
        if (!alive || !box.current) return;
        drawing.current = (chunk as ChartsChunk).draw(box.current, props, rows);
        setReady(true);
      },
      () => alive && setFailed(true),
    );
    return () => {
      alive = false;
      drawing.current?.close();
    };
  }, []);
  const { kind, x, y, series, format, unit, stacked, horizontal, height, min, max } = props;
  useEffect(() => {
    drawing.current?.update(props, rows);
  }, [rows, ready, kind, x, y, JSON.stringify(series), format, unit, stacked, horizontal, height, min, max]);
  if (failed) return <AsTable props={props} rows={rows} />;
  return (
    <div class="cx-chart-box" style={{ height: `${height}px` }} role="img" aria-label={summary(props, rows)}>
      {!ready && <Skeleton look="chart" count={1} label={`Loading ${props.label}`} />}
      <div ref={box} class="cx-chart-draw" aria-hidden="true" />
    </div>
  );
}

export function Chart(props: ChartProps & Slot) {
  const { node, label, height, loading, empty } = props;
  const [isTable, setTable] = useLooks(`chart:${node.k ?? label}`, false);
  const { rows, state, message } = useRows(props.rows);
  const title = useId("chart");
  const waits = loading || (state === "loading" && rows.length === 0);
  return (
    <figure class="cx-chart" aria-labelledby={title}>
      <figcaption class="cx-chart-head">
        <span id={title} class="cx-h3">
          {label}
        </span>
        <button
          type="button"
          class="cx-button cx-button-ghost cx-button-icon cx-button-small"
          aria-pressed={isTable}
          aria-label={`${label} as a table`}
          title={isTable ? "Show as a chart" : "Show as a table"}
          onClick={() => setTable(!isTable)}
        >
          <Picture name={isTable ? "chart-column" : "table-2"} size={14} />
        </button>
      </figcaption>
      {waits ? (
        <div style={{ height: `${height}px` }}>
          <Skeleton look="chart" count={1} label={`Loading ${label}`} />
        </div>
      ) : state === "failed" ? (
        <p class="cx-tone-danger" role="alert">
          {message}
        </p>
      ) : rows.length === 0 ? (
        <div class="cx-chart-empty" style={{ minHeight: `${Math.min(height, 160)}px` }}>
          <Empty title={empty} text="" icon="chart-column" />
        </div>
      ) : isTable ? (
        <AsTable props={props} rows={rows} />
      ) : (
        <Plot props={props} rows={rows} />
      )}
    </figure>
  );
}
