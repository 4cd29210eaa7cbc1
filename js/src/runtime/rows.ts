/** Rows of a table, column by column, whatever they were sent as. */
export interface Rows {
  readonly length: number;
  readonly columns: readonly string[];
  get(row: number, column: string): unknown;
  /** How many rows there are beyond a window, where the sender said so. */
  readonly total: number;
}

export const NO_ROWS: Rows = { length: 0, columns: [], get: () => undefined, total: 0 };

export function rowsOf(objects: readonly Record<string, unknown>[]): Rows {
  const columns = [...new Set(objects.flatMap((row) => Object.keys(row)))];
  return {
    length: objects.length,
    columns,
    get: (row, column) => objects[row]?.[column],
    total: objects.length,
  };
}

export function fromJson(bytes: Uint8Array<ArrayBuffer>, total: number | null | undefined): Rows {
  const { columns, rows } = JSON.parse(new TextDecoder().decode(bytes)) as {
    columns: string[];
    rows: unknown[][];
  };
  const at = new Map(columns.map((name, index) => [name, index]));
  return {
    length: rows.length,
    columns,
    get: (row, column) => rows[row]?.[at.get(column) ?? -1],
    total: total ?? rows.length,
  };
}

export interface Window {
  readonly off?: number;
  readonly n?: number;
  readonly sort?: readonly { readonly col: string; readonly dir: "asc" | "desc" }[];
  readonly filter?: { readonly text?: string; readonly cols?: Record<string, string> };
}

const LIMIT = 64 << 20;

/** Rows by reference and window; a reference with a version never changes and is kept, least used out first. */
export class RowsCache {
  private readonly entries = new Map<string, { rows: Rows; bytes: number }>();
  private bytes = 0;

  get(key: string): Rows | undefined {
    const found = this.entries.get(key);
    if (found) {
      this.entries.delete(key);
      this.entries.set(key, found);
    }
    return found?.rows;
  }

  put(key: string, rows: Rows, bytes: number): void {
    this.bytes += bytes;
    this.entries.set(key, { rows, bytes });
    for (const [oldest, entry] of this.entries) {
      if (this.bytes <= LIMIT || oldest === key) break;
      this.entries.delete(oldest);
      this.bytes -= entry.bytes;
    }
  }
}
