import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Column, Components, DataRef } from "../../contract.gen";
import { counted, number } from "../../runtime/format";
import { type Slot, useScope } from "../../runtime/render";
import { useLooks } from "../../runtime/ui_state";
import { Download, save } from "../actions";
import { Empty, Problem, Skeleton } from "../feedback";
import { Picture } from "../primitives";
import { csv, json } from "./export";
import { Grid } from "./grid";
import { grouped, matching, ordered, type Sort } from "./order";
import { type Loaded, useRows, useWindows } from "./rows";

interface Looks {
  readonly sort?: Sort;
  readonly hidden?: readonly string[];
  readonly widths?: Record<string, number>;
}
type TableProps = Components["Table"] & Slot;

const firstSort = (sort: string): Sort | undefined =>
  sort ? { col: sort.replace(/^-/, ""), dir: sort.startsWith("-") ? "desc" : "asc" } : undefined;

export function Table(props: TableProps) {
  return props.server ? <FarTable {...props} /> : <NearTable {...props} />;
}

function useTableLooks(props: TableProps) {
  const { columns, node, label, sort } = props;
  const [looks, setLooks] = useLooks<Looks>(`table:${node.k ?? label}`, {});
  const hidden = new Set(
    looks.hidden ?? columns.filter((column) => column.hidden).map((column) => column.key),
  );
  const isKnown = (key: string | undefined) => columns.some((column) => column.key === key);
  // What was kept may name a column that is gone; null says that the user wants no order.
  const order =
    "sort" in looks && (looks.sort === null || isKnown(looks.sort?.col)) ? looks.sort : firstSort(sort);
  return {
    order: order ?? undefined,
    hidden,
    shown: columns.filter((column) => !hidden.has(column.key)),
    widths: looks.widths ?? {},
    setSort: (next: Sort | undefined) => setLooks({ ...looks, sort: next ?? (null as unknown as undefined) }),
    setHidden: (next: readonly string[]) => setLooks({ ...looks, hidden: next }),
    setWidth: (column: string, width: number) =>
      setLooks({ ...looks, widths: { ...looks.widths, [column]: width } }),
  };
}

/** All rows are here: order and filter happen in the browser. */
function NearTable(props: TableProps) {
  const looks = useTableLooks(props);
  const [search, setSearch] = useState("");
  const loaded = useRows(props.rows);
  const { rows } = loaded;
  const places = useMemo(() => matching(rows, props.columns, search), [rows, search, props.columns]);
  const order = useMemo(
    () => ordered(rows, places, looks.order),
    [rows, places, looks.order?.col, looks.order?.dir],
  );
  const items = useMemo(
    () => (props.group_by ? grouped(rows, order, props.group_by) : order),
    [rows, order, props.group_by],
  );
  const everything = async () => ({ rows, places: [...order] });
  return (
    <Frame
      {...props}
      {...{ looks, search, setSearch, loaded, everything }}
      count={order.length}
      total={rows.length}
    >
      {(shared) => <Grid {...shared} rows={rows} items={items} onSee={undefined} />}
    </Frame>
  );
}

/** Rows stay with Python: order and filter are asked for, windows fetched as they come into view. */
function FarTable(props: TableProps) {
  const { instance } = useScope();
  const looks = useTableLooks(props);
  const [search, setSearch] = useState("");
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(search), 250);
    return () => clearTimeout(timer);
  }, [search]);
  const sort = useMemo(() => (looks.order ? [looks.order] : []), [looks.order?.col, looks.order?.dir]);
  const loaded = useWindows(props.rows, sort, asked);
  const { rows } = loaded;
  const items = useMemo(
    () => Uint32Array.from({ length: rows.length }, (_, at) => at),
    [rows.length, sort, asked],
  );
  const everything = async () => {
    const whole = await instance.rows(props.rows as DataRef, {
      sort,
      ...(asked ? { filter: { text: asked } } : {}),
    });
    return { rows: whole, places: Array.from({ length: whole.length }, (_, at) => at) };
  };
  const most = useRef(0);
  if (!asked) most.current = rows.length;
  return (
    <Frame
      {...props}
      {...{ looks, search, setSearch, loaded, everything }}
      count={rows.length}
      total={most.current}
    >
      {(shared) => <Grid {...shared} rows={rows} items={items} onSee={loaded.see} />}
    </Frame>
  );
}

type Shared = Omit<Parameters<typeof Grid>[0], "rows" | "items" | "onSee">;

interface FrameProps extends Omit<TableProps, "children"> {
  readonly looks: ReturnType<typeof useTableLooks>;
  readonly search: string;
  readonly setSearch: (text: string) => void;
  readonly loaded: Loaded;
  readonly count: number;
  readonly total: number;
  readonly everything: () => Promise<{ rows: Loaded["rows"]; places: number[] }>;
  readonly children: (shared: Shared) => preact.ComponentChildren;
}

function Frame(props: FrameProps) {
  const { looks, loaded, count, total, row_key, selection, on_row, label, empty, loading, search, height } =
    props;
  const { rows } = loaded;
  const keyOf = (row: number): unknown => (row_key ? rows.get(row, row_key) : row);
  const chosen = new Set((selection?.value as unknown[] | undefined) ?? []);
  const select = (row: number | "all") => {
    if (!selection) return;
    const next = new Set(chosen);
    if (row === "all") {
      next.clear();
      if (chosen.size < rows.length) for (let at = 0; at < rows.length; at++) next.add(keyOf(at));
    } else if (!next.delete(keyOf(row))) next.add(keyOf(row));
    selection.set([...next]);
  };
  const isLoading = loading || (loaded.state === "loading" && rows.length === 0);
  return (
    <div class="cx-table" aria-busy={isLoading || undefined}>
      {props.toolbar && (total > 0 || search) && <Tools {...props} chosen={chosen.size} />}
      {loaded.state === "failed" ? (
        <Problem
          message={loaded.message}
          code=""
          object=""
          hint=""
          details=""
          trace=""
          on_retry={Object.assign(async () => loaded.reload(), { ask: async () => loaded.reload() })}
        />
      ) : isLoading ? (
        <Skeleton look="table" count={5} label={`Loading ${label}`} />
      ) : count === 0 ? (
        <Empty title={search ? "No row holds this text" : empty} text="" icon={search ? "search" : "table"} />
      ) : (
        props.children({
          label,
          height,
          columns: looks.shown,
          sort: looks.order,
          onSort: looks.setSort,
          widths: looks.widths,
          onWidth: looks.setWidth,
          onRow: on_row ? (row) => void on_row({ key: keyOf(row) }) : undefined,
          selected: selection ? (row) => chosen.has(keyOf(row)) : undefined,
          onSelect: select,
          allSelected: rows.length > 0 && chosen.size >= rows.length,
        })
      )}
    </div>
  );
}

function Tools({
  filter,
  label,
  search,
  setSearch,
  count,
  total,
  looks,
  columns,
  export_name,
  everything,
  chosen,
  on_arrow,
}: FrameProps & { readonly chosen: number }) {
  const { instance } = useScope();
  const write = (kind: "csv" | "json") => {
    everything().then(
      ({ rows, places }) => {
        const content = kind === "csv" ? csv(rows, places, looks.shown) : json(rows, places, looks.shown);
        save(`${export_name}.${kind}`, content, kind === "csv" ? "text/csv" : "application/json");
      },
      (error) => instance.session.failed(error),
    );
  };
  const shownCount =
    count === total ? counted(total, "rows") : `${number(count)} of ${counted(total, "rows")}`;
  return (
    <div class="cx-table-tools" role="group" aria-label={`${label}: tools`}>
      {filter && (
        <div class="cx-input-box cx-search">
          <span class="cx-input-start" aria-hidden="true">
            <Picture name="search" size={14} />
          </span>
          <input
            type="search"
            class="cx-input cx-with-start"
            placeholder="Filter"
            aria-label={`Filter ${label}`}
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </div>
      )}
      <span class="cx-small cx-muted cx-num" role="status">
        {chosen > 0 ? `${number(chosen)} selected · ${shownCount}` : shownCount}
      </span>
      <span class="cx-push" />
      <Chooser columns={columns} looks={looks} label={label} />
      <button type="button" class="cx-button cx-button-ghost cx-button-small" onClick={() => write("csv")}>
        <Picture name="download" size={14} />
        CSV
      </button>
      <button type="button" class="cx-button cx-button-ghost cx-button-small" onClick={() => write("json")}>
        <Picture name="download" size={14} />
        JSON
      </button>
      {on_arrow && <Download label="Arrow" icon="download" on_press={on_arrow} look="ghost" size="small" />}
    </div>
  );
}

function Chooser({
  columns,
  looks,
  label,
}: {
  readonly columns: readonly Column[];
  readonly looks: FrameProps["looks"];
  readonly label: string;
}) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const { hidden } = looks;
  const turn = (key: string) => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    if (next.size < columns.length) looks.setHidden([...next]);
  };
  const onFocusOut = (event: FocusEvent) => {
    if (!box.current?.contains(event.relatedTarget as Node | null)) setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !open) return;
    event.stopPropagation();
    setOpen(false);
    box.current?.querySelector("button")?.focus();
  };
  return (
    <div class="cx-anchor" ref={box} onFocusOut={onFocusOut} onKeyDown={onKeyDown}>
      <button
        type="button"
        class="cx-button cx-button-ghost cx-button-small"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Picture name="columns-3" size={14} />
        Columns{hidden.size > 0 && ` (${columns.length - hidden.size}/${columns.length})`}
      </button>
      {open && (
        <div class="cx-popover cx-popover-end" role="group" aria-label={`Columns of ${label}`}>
          <div class="cx-option-scroll">
            {columns.map((column) => (
              <label key={column.key} class="cx-option cx-check">
                <input type="checkbox" checked={!hidden.has(column.key)} onChange={() => turn(column.key)} />
                <span>{column.label || column.key}</span>
              </label>
            ))}
          </div>
        </div>
      )}
    </div>
  );
}
