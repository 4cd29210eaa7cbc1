import type { Column } from "../../contract.gen";
import { text, words } from "../../runtime/format";
import type { Rows } from "../../runtime/rows";

export interface Sort {
  readonly col: string;
  readonly dir: "asc" | "desc";
}

/** Places of the rows that hold the text, in their order. A number is found by what is shown and by its digits. */
export function matching(rows: Rows, columns: readonly Column[], search: string): Uint32Array {
  const wanted = search.trim().toLowerCase();
  const places = new Uint32Array(rows.length);
  if (!wanted) {
    for (let at = 0; at < rows.length; at++) places[at] = at;
    return places;
  }
  let count = 0;
  for (let at = 0; at < rows.length; at++) {
    if (columns.some((column) => holds(rows.get(at, column.key), column, wanted))) places[count++] = at;
  }
  return places.slice(0, count);
}

function holds(value: unknown, column: Column, wanted: string): boolean {
  if (value === null || value === undefined) return false;
  if (typeof value === "string") return value.toLowerCase().includes(wanted);
  if (String(value).includes(wanted)) return true;
  return column.format !== "text" && words(value, column.format, column.unit).toLowerCase().includes(wanted);
}

/** Places in the order of a column; absent values stand last whichever the direction. */
export function ordered(rows: Rows, places: Uint32Array, sort: Sort | undefined): Uint32Array {
  if (!sort) return places;
  const sign = sort.dir === "desc" ? -1 : 1;
  const values = Array.from(places, (place) => rows.get(place, sort.col));
  const isAbsent = (value: unknown) => value === null || value === undefined || value === "";
  const present: number[] = [];
  const absent: number[] = [];
  for (const [at, value] of values.entries()) (isAbsent(value) ? absent : present).push(at);
  const isNumeric = present.every((at) => typeof values[at] !== "string" && typeof values[at] !== "object");
  if (isNumeric) {
    const keys = Float64Array.from(values, (value) => (isAbsent(value) ? 0 : Number(value)));
    present.sort((a, b) => sign * ((keys[a] ?? 0) - (keys[b] ?? 0)) || a - b);
  } else {
    const keys = values.map((value) => (isAbsent(value) ? "" : text(value).toLowerCase()));
    present.sort((a, b) => {
      const [x, y] = [keys[a] ?? "", keys[b] ?? ""];
      return x === y ? a - b : x < y ? -sign : sign;
    });
  }
  return Uint32Array.from([...present, ...absent], (at) => places[at] ?? 0);
}

/** A row to draw, or the heading of a group. */
export type Item = number | { readonly group: string; readonly count: number };

export function grouped(rows: Rows, places: Uint32Array, by: string): Item[] {
  const groups = new Map<string, number[]>();
  for (const place of places) {
    const name = text(rows.get(place, by)) || "none";
    const found = groups.get(name);
    if (found) found.push(place);
    else groups.set(name, [place]);
  }
  return [...groups].flatMap(([group, members]) => [{ group, count: members.length }, ...members]);
}
