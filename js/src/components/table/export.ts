import type { Column } from "../../contract.gen";
import { text } from "../../runtime/format";
import type { Rows } from "../../runtime/rows";

/** A spreadsheet must not take a cell's text for a formula: such text gets an apostrophe in front. */
function cell(value: unknown): string {
  const raw = value instanceof Date ? value.toISOString() : text(value);
  const safe = typeof value === "string" && /^[=+@\t\r]|^-(?!\d)/.test(raw) ? `'${raw}` : raw;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const nameOf = (column: Column): string => column.label || column.key;

export function csv(rows: Rows, places: Iterable<number>, columns: readonly Column[]): string {
  const lines = [columns.map((column) => cell(nameOf(column))).join(",")];
  for (const place of places)
    lines.push(columns.map((column) => cell(rows.get(place, column.key))).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

export function json(rows: Rows, places: Iterable<number>, columns: readonly Column[]): string {
  const found = Array.from(places, (place) =>
    Object.fromEntries(columns.map((column) => [column.key, rows.get(place, column.key) ?? null])),
  );
  return JSON.stringify(found, (_, item) => (typeof item === "bigint" ? item.toString() : item), 1);
}
