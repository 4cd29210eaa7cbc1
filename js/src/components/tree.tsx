import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Components, TreeItem } from "../contract.gen";
import { number } from "../runtime/format";
import { type Slot, useScope } from "../runtime/render";
import { filled } from "../runtime/resolve";
import { useLooks } from "../runtime/ui_state";
import { Empty, Skeleton } from "./feedback";
import { Marked, Picture, useId } from "./primitives";
import { changeTick, flatten, type Line, linesMatching, tickOf } from "./tree_lines";

type TreeProps = Components["Tree"] & Slot;

export function Tree({
  items,
  label,
  checked,
  selected,
  on_expand,
  search,
  height,
  loading,
  node,
}: TreeProps) {
  const { instance } = useScope();
  const [open, setOpen] = useLooks<readonly string[]>(
    `tree:${node.k ?? label}`,
    items?.length === 1 ? [items[0]?.id ?? ""] : [],
  );
  const [fetched, setFetched] = useState<Record<string, readonly TreeItem[] | undefined>>({});
  const [waiting, setWaiting] = useState<ReadonlySet<string>>(new Set());
  const [text, setText] = useState("");
  const [active, setActive] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const id = useId("tree");
  const roots = items ?? [];
  const wanted = text.trim().toLowerCase();
  const lines = useMemo(
    () => (wanted ? linesMatching(roots, fetched, wanted) : flatten(roots, fetched, new Set(open))),
    [roots, fetched, open, wanted],
  );
  const ticks = new Set((checked?.value as string[] | undefined) ?? []);

  const fetchChildren = async (item: TreeItem) => {
    if (!item.lazy || !on_expand || fetched[item.id] || waiting.has(item.id)) return;
    setWaiting((old) => new Set(old).add(item.id));
    try {
      const answer = (await on_expand.ask({ id: item.id })) as readonly TreeItem[];
      setFetched((old) => ({ ...old, [item.id]: filled(answer ?? [], "TreeItem") }));
    } catch (error) {
      instance.session.failed(error);
    } finally {
      setWaiting((old) => new Set([...old].filter((each) => each !== item.id)));
    }
  };
  // What was open before a refresh is asked for again.
  useEffect(() => {
    for (const line of lines) if (line.open) void fetchChildren(line.item);
  }, [lines]);

  const turn = (line: Line) => {
    setOpen(line.open ? open.filter((each) => each !== line.item.id) : [...open, line.item.id]);
  };
  const tick = (line: Line) => checked?.set([...changeTick(ticks, line, lines)]);
  const focusOn = (line: Line | undefined) => {
    if (!line) return;
    setActive(line.item.id);
    box.current
      ?.querySelectorAll("[role=treeitem]")
      [lines.indexOf(line)]?.scrollIntoView({ block: "nearest" });
  };
  const at = Math.max(
    0,
    lines.findIndex((line) => line.item.id === active),
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const line = lines[at];
    if (!line) return;
    const { key } = event;
    if (key === "ArrowDown") focusOn(lines[at + 1]);
    else if (key === "ArrowUp") focusOn(lines[at - 1]);
    else if (key === "Home") focusOn(lines[0]);
    else if (key === "End") focusOn(lines.at(-1));
    else if (key === "ArrowRight" && line.hasChildren && !line.open) turn(line);
    else if (key === "ArrowRight" && line.open) focusOn(lines[at + 1]);
    else if (key === "ArrowLeft" && line.open && !wanted) turn(line);
    else if (key === "ArrowLeft") focusOn(lines.findLast((each, n) => n < at && each.depth < line.depth));
    else if (key === " " && checked && !line.item.disabled) tick(line);
    else if (key === "Enter") selected ? selected.set(line.item.id) : line.hasChildren && turn(line);
    else return;
    event.preventDefault();
  };
  return (
    <div class="cx-tree">
      {search && (
        <div class="cx-input-box cx-search">
          <span class="cx-input-start" aria-hidden="true">
            <Picture name="search" size={14} />
          </span>
          <input
            type="search"
            class="cx-input cx-with-start"
            placeholder="Search"
            aria-label={`Search ${label}`}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
      )}
      {loading && roots.length === 0 ? (
        <Skeleton look="lines" count={5} label={`Loading ${label}`} />
      ) : lines.length === 0 ? (
        <Empty title={wanted ? "Nothing is called that" : "Nothing here"} text="" icon="folder-tree" />
      ) : (
        <div
          class="cx-tree-lines"
          role="tree"
          aria-label={label}
          aria-multiselectable={checked ? true : undefined}
          tabIndex={0}
          ref={box}
          style={{ maxHeight: `${height}px` }}
          aria-activedescendant={lines[at] && `${id}-${at}`}
          onKeyDown={onKeyDown}
        >
          {lines.map((line, n) => (
            <Row
              key={line.item.id}
              id={`${id}-${n}`}
              {...{ line, turn, tick, wanted }}
              isActive={n === at}
              isWaiting={waiting.has(line.item.id)}
              tickState={checked ? tickOf(ticks, line, lines) : undefined}
              isSelected={selected?.value === line.item.id}
              onPress={() => {
                setActive(line.item.id);
                if (selected) selected.set(line.item.id);
                else if (line.hasChildren) turn(line);
              }}
            />
          ))}
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly id: string;
  readonly line: Line;
  readonly wanted: string;
  readonly isActive: boolean;
  readonly isWaiting: boolean;
  readonly isSelected: boolean;
  readonly tickState: "all" | "some" | "none" | undefined;
  readonly turn: (line: Line) => void;
  readonly tick: (line: Line) => void;
  readonly onPress: () => void;
}

function Row({
  id,
  line,
  wanted,
  isActive,
  isWaiting,
  isSelected,
  tickState,
  turn,
  tick,
  onPress,
}: RowProps) {
  const { item, depth, open, hasChildren } = line;
  const checkbox = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (checkbox.current) checkbox.current.indeterminate = tickState === "some";
  }, [tickState]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree itself takes the keys for its entries.
    <div
      id={id}
      role="treeitem"
      tabIndex={-1}
      class={`cx-tree-row${isActive ? " cx-active" : ""}${isSelected ? " cx-selected" : ""}`}
      style={{ paddingLeft: `${depth * 18 + 4}px` }}
      aria-level={depth + 1}
      aria-expanded={hasChildren ? open : undefined}
      aria-selected={tickState ? undefined : isSelected}
      aria-checked={tickState && (tickState === "some" ? "mixed" : tickState === "all")}
      aria-disabled={item.disabled || undefined}
      aria-busy={isWaiting || undefined}
      onClick={onPress}
    >
      <span
        class="cx-tree-fold"
        aria-hidden="true"
        onClick={(event) => {
          event.stopPropagation();
          if (hasChildren) turn(line);
        }}
      >
        {hasChildren && <Picture name={open ? "chevron-down" : "chevron-right"} size={14} />}
      </span>
      {tickState && (
        <input
          ref={checkbox}
          type="checkbox"
          tabIndex={-1}
          aria-hidden="true"
          disabled={item.disabled}
          checked={tickState === "all"}
          onClick={(event) => event.stopPropagation()}
          onChange={() => tick(line)}
        />
      )}
      {item.icon && <Picture name={item.icon} size={14} />}
      <span class="cx-cut" title={item.label}>
        <Marked text={item.label} search={wanted} />
      </span>
      {item.count !== null && <span class="cx-muted cx-small cx-num">{number(item.count)}</span>}
      {item.note && <span class="cx-muted cx-small cx-cut">{item.note}</span>}
      {isWaiting && <span class="cx-muted cx-small">loading</span>}
    </div>
  );
}
