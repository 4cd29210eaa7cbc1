import { tableFromIPC } from "@uwdata/flechette";
import type { Rows } from "../runtime/rows";

export function fromArrow(bytes: Uint8Array<ArrayBuffer>, total: number | null | undefined): Rows {
  const table = tableFromIPC(bytes, { useBigInt: true });
  const columns = table.names;
  const children = new Map(columns.map((name) => [name, table.getChild(name)]));
  return {
    length: table.numRows,
    columns,
    get: (row, column) => plain(children.get(column)?.at(row)),
    total: total ?? table.numRows,
  };
}

/** Whole numbers beyond what a browser counts exactly are shown as text, not rounded. */
function plain(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
