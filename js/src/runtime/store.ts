import { batch, type Signal, signal } from "@preact/signals";

const KEPT = 1000;

/** The values a tree binds to, by path. The longest path that exists wins; the rest walks into its value. */
export class Store {
  private readonly values = new Map<string, Signal<unknown>>();
  private readonly paths = signal(0);

  read(path: string): unknown {
    for (let end = path.length; end > 0; end = path.lastIndexOf(".", end - 1)) {
      const found = this.values.get(path.slice(0, end));
      if (found) return walk(found.value, path.slice(end + 1));
    }
    // A reader of a path that is not there yet hears when paths are added.
    this.paths.value;
    return undefined;
  }

  write(path: string, value: unknown): void {
    const found = this.values.get(path);
    if (found) {
      found.value = value;
    } else {
      this.values.set(path, signal(value));
      this.paths.value++;
    }
  }

  merge(values: Record<string, unknown>, append: Record<string, readonly unknown[]> = {}): void {
    batch(() => {
      for (const [path, value] of Object.entries(values)) this.write(path, value);
      for (const [path, items] of Object.entries(append)) {
        const old = this.values.get(path)?.peek();
        this.write(path, [...(Array.isArray(old) ? old : []), ...items].slice(-KEPT));
      }
    });
  }
}

function walk(value: unknown, rest: string): unknown {
  if (!rest) return value;
  if (value === null || typeof value !== "object") return undefined;
  // Keys may hold dots themselves (object names), so longer keys are tried first.
  const record = value as Record<string, unknown>;
  for (let end = rest.length; end > 0; end = rest.lastIndexOf(".", end - 1)) {
    const key = rest.slice(0, end);
    if (Object.hasOwn(record, key)) return walk(record[key], rest.slice(end + 1));
  }
  return undefined;
}
