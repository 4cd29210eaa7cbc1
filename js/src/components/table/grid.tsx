import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Column } from "../../contract.gen";
import { isNumeric, words } from "../../runtime/format";
import { useScope } from "../../runtime/render";
import type { Rows } from "../../runtime/rows";
import { copyText } from "../actions";
import { Anchor, Figure, Picture, useId } from "../primitives";
import type { Item, Sort } from "./order";

const ROW = 32;
const HEAD = 32;
const SHOWN = 12;
/** Browsers give up on taller boxes; beyond it the scroll bar is a scale of its own. */
const TALLEST = 8_000_000;
const LEAST = 120;

export interface GridProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: Rows;
  readonly items: readonly Item[] | Uint32Array;
  readonly sort: Sort | undefined;
  readonly onSort: (sort: Sort | undefined) => void;
  readonly onRow: ((row: number) => void) | undefined;
  readonly selected: ((row: number) => boolean) | undefined;
  readonly onSelect: (row: number | "all") => void;
  readonly allSelected: boolean;
  readonly height: number;
  readonly widths: Record<string, number>;
  readonly onWidth: (column: string, width: number) => void;
  readonly onSee: ((first: number, last: number) => void) | undefined;
}

/** What the user dragged stays; texts share the room that is left, figures keep their width. */
function widthOf(column: Column, widths: Record<string, number>): string {
  const dragged = widths[column.key];
  if (dragged) return `${dragged}px`;
  const width = column.width || LEAST;
  const grows = !column.width || column.format === "text" || column.format === "code";
  return grows ? `minmax(${width}px, ${width}fr)` : `${width}px`;
}

export function Grid(props: GridProps) {
  const { columns, rows, items, selected, onRow, onSelect, label, onSee } = props;
  const { instance } = useScope();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 400 });
  const [active, setActive] = useState(-1);
  const id = useId("grid");
  const count = items.length;
  const bodyHeight = props.height || Math.min(count, SHOWN) * ROW + 2;
  const whole = count * ROW;
  const drawn = Math.min(whole, TALLEST);
  const visible = Math.max(ROW, view.height - HEAD);
  const scale = drawn > visible ? (whole - visible) / (drawn - visible) : 1;
  const at = view.top * scale;
  const first = Math.max(0, Math.floor(at / ROW) - 4);
  const last = Math.min(count - 1, Math.ceil((at + visible) / ROW) + 4);
  const slots = Math.max(1, last - first + 1);
  const template = `${selected ? "36px " : ""}${columns.map((column) => widthOf(column, props.widths)).join(" ")}`;
  const least = columns.reduce(
    (sum, column) => sum + (props.widths[column.key] || column.width || LEAST),
    selected ? 36 : 0,
  );

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => onSee?.(first, last), [first, last, items]);
  useEffect(() => setActive(-1), [items]);

  const reach = (row: number) => {
    const next = Math.min(Math.max(row, 0), count - 1);
    setActive(next);
    const element = box.current;
    if (!element) return;
    const from = next * ROW;
    if (from < at) element.scrollTop = from / scale;
    else if (from + ROW > at + visible) element.scrollTop = (from + ROW - visible) / scale;
  };
  const follow = (item: Item | undefined) => {
    if (typeof item !== "number") return;
    if (onRow) return onRow(item);
    const link = columns.find((column) => column.page);
    if (link) instance.session.go(link.page, { [link.param]: rows.get(item, link.key) });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== box.current) return;
    const page = Math.floor(visible / ROW) - 1;
    const next = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: count - 1,
    }[event.key];
    const item = items[active];
    if (next !== undefined) reach(next);
    else if (event.key === "Enter") follow(item);
    else if (event.key === " " && typeof item === "number" && selected) onSelect(item);
    else if (event.key === "c" && (event.ctrlKey || event.metaKey) && typeof item === "number") {
      const cells = columns.map((column) => words(rows.get(item, column.key), column.format, column.unit));
      void copyText(cells.join("\t"), box.current);
    } else return;
    event.preventDefault();
  };
  const lines = [];
  for (let row = first; row <= last; row++) {
    const item = items[row];
    if (item === undefined) continue;
    const top = `${HEAD + row * ROW - at + view.top}px`;
    lines.push(
      <Line
        // Nodes are reused as the view moves: new ones at every turn of the wheel would cost the frame.
        key={row % slots}
        {...{ id, item, row, top, template, columns, rows, selected, onSelect }}
        isActive={row === active}
        onPress={() => {
          setActive(row);
          if (onRow) follow(item);
        }}
        canPress={onRow !== undefined}
      />,
    );
  }
  return (
    <div
      class="cx-grid-box"
      ref={box}
      role="grid"
      aria-label={label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-multiselectable={selected ? true : undefined}
      aria-activedescendant={active >= first && active <= last ? `${id}-${active}` : undefined}
      tabIndex={0}
      style={{ height: `${bodyHeight + HEAD}px` }}
      onScroll={(event) =>
        setView({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
      }
      onKeyDown={onKeyDown}
      onFocus={(event) =>
        event.target === box.current && active < 0 && count > 0 && setActive(Math.ceil(at / ROW))
      }
    >
      <div
        class="cx-grid-whole"
        role="presentation"
        style={{ height: `${drawn + HEAD}px`, minWidth: `${least}px` }}
      >
        <Head {...props} template={template} />
        <div role="rowgroup">{lines}</div>
      </div>
    </div>
  );
}

function Head(props: GridProps & { readonly template: string }) {
  const { columns, sort, onSort, selected, onSelect, allSelected, template, onWidth, widths } = props;
  const turn = (column: Column) => {
    if (sort?.col !== column.key) onSort({ col: column.key, dir: isNumeric(column.format) ? "desc" : "asc" });
    else if ((sort.dir === "asc") === isNumeric(column.format)) onSort(undefined);
    else onSort({ col: column.key, dir: sort.dir === "asc" ? "desc" : "asc" });
  };
  const drag = (column: Column, event: PointerEvent) => {
    const grip = event.currentTarget as HTMLElement;
    const start = (grip.parentElement?.clientWidth ?? LEAST) - event.clientX;
    grip.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent) =>
      onWidth(column.key, Math.max(48, Math.round(start + moved.clientX)));
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => grip.removeEventListener("pointermove", move), {
      once: true,
    });
  };
  return (
    <div role="rowgroup" class="cx-grid-head">
      <div role="row" aria-rowindex={1} class="cx-grid-row" style={{ gridTemplateColumns: template }}>
        {selected && (
          <div role="columnheader" class="cx-cell cx-cell-check">
            <input
              type="checkbox"
              aria-label="Select all"
              checked={allSelected}
              onChange={() => onSelect("all")}
            />
          </div>
        )}
        {columns.map((column) => {
          const isSorted = sort?.col === column.key;
          const name = column.label || column.key;
          return (
            <div
              key={column.key}
              role="columnheader"
              class={`cx-cell cx-cell-head${isNumeric(column.format) ? " cx-right" : ""}`}
              aria-sort={isSorted ? (sort?.dir === "asc" ? "ascending" : "descending") : undefined}
              title={column.help || undefined}
            >
              {column.sortable ? (
                <button
                  type="button"
                  class="cx-sort"
                  onClick={() => turn(column)}
                  onKeyDown={(event) => {
                    const step = { ArrowLeft: -16, ArrowRight: 16 }[event.key];
                    if (!step || !event.shiftKey) return;
                    event.preventDefault();
                    const now = widths[column.key] ?? event.currentTarget.parentElement?.clientWidth ?? LEAST;
                    onWidth(column.key, Math.max(48, now + step));
                  }}
                >
                  <span class="cx-cut">{name}</span>
                  {isSorted && <Picture name={sort?.dir === "asc" ? "arrow-up" : "arrow-down"} size={12} />}
                </button>
              ) : (
                <span class="cx-cut">{name}</span>
              )}
              <span class="cx-grip" aria-hidden="true" onPointerDown={(event) => drag(column, event)} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface LineProps {
  readonly id: string;
  readonly item: Item;
  readonly row: number;
  readonly top: string;
  readonly template: string;
  readonly columns: readonly Column[];
  readonly rows: Rows;
  readonly selected: GridProps["selected"];
  readonly onSelect: GridProps["onSelect"];
  readonly isActive: boolean;
  readonly canPress: boolean;
  readonly onPress: () => void;
}

function Line({
  id,
  item,
  row,
  top,
  template,
  columns,
  rows,
  selected,
  onSelect,
  isActive,
  canPress,
  onPress,
}: LineProps) {
  if (typeof item !== "number") {
    return (
      <div
        id={`${id}-${row}`}
        role="row"
        aria-rowindex={row + 2}
        class="cx-grid-row cx-grid-group"
        style={{ top }}
      >
        <div role="gridcell" aria-colspan={columns.length} class="cx-cell">
          <span class="cx-strong">{item.group}</span>
          <span class="cx-badge">{item.count}</span>
        </div>
      </div>
    );
  }
  const isSelected = selected?.(item) ?? false;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid itself takes the keys for its rows.
    <div
      id={`${id}-${row}`}
      role="row"
      tabIndex={-1}
      aria-rowindex={row + 2}
      aria-selected={selected ? isSelected : undefined}
      class={`cx-grid-row${isActive ? " cx-active" : ""}${isSelected ? " cx-selected" : ""}${canPress ? " cx-press" : ""}`}
      style={{ top, gridTemplateColumns: template }}
      onClick={onPress}
    >
      {selected && (
        <div role="gridcell" class="cx-cell cx-cell-check">
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Select row ${row + 1}`}
            checked={isSelected}
            onClick={(event) => event.stopPropagation()}
            onChange={() => onSelect(item)}
          />
        </div>
      )}
      {columns.map((column) => (
        <Cell key={column.key} column={column} value={rows.get(item, column.key)} />
      ))}
    </div>
  );
}

function Cell({ column, value }: { readonly column: Column; readonly value: unknown }) {
  const { instance } = useScope();
  const figure = <Figure value={value} format={column.format} unit={column.unit} />;
  const hint = typeof value === "string" && value.length > 12 ? value : undefined;
  return (
    <div role="gridcell" class={`cx-cell${isNumeric(column.format) ? " cx-right cx-num" : ""}`} title={hint}>
      <span class="cx-cut">
        {column.page && value !== null && value !== undefined ? (
          <Anchor to={instance.link(column.page, { [column.param]: value })}>{figure}</Anchor>
        ) : (
          figure
        )}
      </span>
    </div>
  );
}
