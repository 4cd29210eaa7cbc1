import type { PageEntry } from "./server";

export type Params = Record<string, unknown>;

/** Addresses of pages, both ways. */
export class Routes {
  private readonly byRoute = new Map<string, PageEntry>();

  constructor(readonly pages: readonly PageEntry[]) {
    for (const page of pages)
      for (const route of [page.route, ...page.aliases]) this.byRoute.set(route, page);
  }

  at(path: string): PageEntry | undefined {
    return this.byRoute.get(path.length > 1 ? path.replace(/\/+$/, "") : path);
  }

  page(slug: string): PageEntry | undefined {
    return this.pages.find((page) => page.slug === slug);
  }

  /** The page's address with its parameters; values that say nothing are left out. */
  url(page: PageEntry, params: Params): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item === undefined || item === null || item === "") continue;
        query.append(name, typeof item === "object" ? JSON.stringify(item) : String(item));
      }
    }
    const text = query.toString();
    return text ? `${page.route}?${text}` : page.route;
  }
}

/** Parameters of an address: one value as text, several as a list. */
export function paramsOf(search: string): Params {
  const params: Params = {};
  const query = new URLSearchParams(search);
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    params[name] = values.length === 1 ? values[0] : values;
  }
  return params;
}

/** Whether a click on a link means "here", not "in a new tab" or "save". */
export function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}
