import type { TreeItem } from "../contract.gen";

/** One visible entry of a tree, with the ids of what it lies in, outermost first. */
export interface Line {
  readonly item: TreeItem;
  readonly depth: number;
  readonly open: boolean;
  readonly hasChildren: boolean;
  readonly parents: readonly string[];
}

type Fetched = Readonly<Record<string, readonly TreeItem[] | undefined>>;

const childrenOf = (item: TreeItem, fetched: Fetched): readonly TreeItem[] =>
  fetched[item.id] ?? (item as { children?: readonly TreeItem[] }).children ?? [];

export function flatten(
  items: readonly TreeItem[],
  fetched: Fetched,
  open: ReadonlySet<string>,
  parents: readonly string[] = [],
): Line[] {
  return items.flatMap((item) => {
    const inside = childrenOf(item, fetched);
    const isOpen = open.has(item.id);
    const hasChildren = inside.length > 0 || (item.lazy && !fetched[item.id]);
    const line = { item, depth: parents.length, open: isOpen && hasChildren, hasChildren, parents };
    return isOpen ? [line, ...flatten(inside, fetched, open, [...parents, item.id])] : [line];
  });
}

/** Entries whose label holds the text, with the way that leads to them. */
export function linesMatching(
  items: readonly TreeItem[],
  fetched: Fetched,
  wanted: string,
  parents: readonly string[] = [],
): Line[] {
  return items.flatMap((item) => {
    const inside = linesMatching(childrenOf(item, fetched), fetched, wanted, [...parents, item.id]);
    if (inside.length === 0 && !item.label.toLowerCase().includes(wanted)) return [];
    return [
      { item, depth: parents.length, open: inside.length > 0, hasChildren: inside.length > 0, parents },
      ...inside,
    ];
  });
}

/** A tick on an entry stands for everything below it. */
export function tickOf(
  ticks: ReadonlySet<string>,
  line: Line,
  lines: readonly Line[],
): "all" | "some" | "none" {
  if (ticks.has(line.item.id) || line.parents.some((parent) => ticks.has(parent))) return "all";
  const ids = new Set([line.item.id]);
  const isBelow = lines.some((each) => each.parents.includes(line.item.id) && ticks.has(each.item.id));
  return isBelow || [...ticks].some((tick) => isPartOf(tick, ids)) ? "some" : "none";
}

// Ids are paths ("sales.orders"), so a ticked entry that is folded away is still known to lie below.
function isPartOf(tick: string, ids: ReadonlySet<string>): boolean {
  for (let end = tick.lastIndexOf("."); end > 0; end = tick.lastIndexOf(".", end - 1)) {
    if (ids.has(tick.slice(0, end))) return true;
  }
  return false;
}

export function changeTick(ticks: ReadonlySet<string>, line: Line, lines: readonly Line[]): Set<string> {
  const { id } = line.item;
  const next = new Set(ticks);
  const inside = (tick: string, of: string) =>
    isPartOf(tick, new Set([of])) || lines.some((each) => each.item.id === tick && each.parents.includes(of));
  const above = line.parents.find((parent) => next.has(parent));
  if (above !== undefined) {
    // The tick of the parent becomes ticks of all its other parts.
    next.delete(above);
    const between = line.parents.slice(line.parents.indexOf(above) + 1);
    const via = [above, ...between];
    const path = [...between, id];
    for (const each of lines) {
      const parent = each.parents.at(-1);
      if (parent !== undefined && via.includes(parent) && !path.includes(each.item.id))
        next.add(each.item.id);
    }
    return next;
  }
  if (next.delete(id)) return next;
  for (const tick of ticks) if (inside(tick, id)) next.delete(tick);
  next.add(id);
  return next;
}
