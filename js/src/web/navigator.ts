import { effect } from "@preact/signals";
import type { Session } from "../runtime/session";
import { keep, recall } from "./looks";
import { showProblem } from "./problem";
import { isPlainClick, type Params, paramsOf, type Routes } from "./router";
import type { PageEntry } from "./server";
import { byId, type Sidebar } from "./sidebar";

const RECENT = 5;
const PRODUCT = "Clone-Xs";

/** Changes pages without leaving the document, and keeps address, history and shell in step. */
export class Navigator {
  portal = "main";
  private session: Session | undefined;
  private shown = "";

  constructor(
    private readonly routes: Routes,
    private readonly sidebar: Sidebar,
    private readonly announce: (text: string) => void,
  ) {
    addEventListener("popstate", () => this.followAddress());
    document.addEventListener("click", (event) => this.clicked(event));
  }

  /** Take the conversation over and open the first page. */
  drive(session: Session, slug: string, params: Params): void {
    this.session = session;
    effect(() => {
      const title = session.current.value?.title.value;
      const page = this.routes.page(this.shown);
      if (page) document.title = `${title || page.title} · ${PRODUCT}`;
    });
    const page = this.routes.page(slug);
    if (page) this.show(page, params, false);
  }

  /** Go to a page; what the server alone can show is left to it. */
  go(slug: string, params: Params = {}): void {
    const page = this.routes.page(slug);
    if (!page) return;
    const url = this.routes.url(page, params);
    if (!this.session) {
      location.assign(url);
      return;
    }
    if (url !== location.pathname + location.search) history.pushState(null, "", url);
    this.show(page, params, true);
  }

  recent(): readonly string[] {
    return recall("recent").split(" ").filter(Boolean).slice(0, RECENT);
  }

  private followAddress(): void {
    const page = this.routes.at(location.pathname);
    if (page && this.session) this.show(page, paramsOf(location.search), true);
    else location.reload();
  }

  private show(page: PageEntry, params: Params, moved: boolean): void {
    this.shown = page.slug;
    this.portal = page.portal;
    document.title = `${page.title} · ${PRODUCT}`;
    this.sidebar.mark(page.slug);
    this.crumbs(page);
    keep(
      "recent",
      [page.slug, ...this.recent().filter((slug) => slug !== page.slug)].slice(0, RECENT).join(" "),
    );
    if (moved) {
      scrollTo({ top: 0 });
      byId("main").focus({ preventScroll: true });
      this.announce(page.title);
    }
    this.open(page, params);
  }

  private open(page: PageEntry, params: Params): void {
    showProblem(undefined);
    this.session?.open(page.slug, params).catch((error: unknown) => {
      // A slow failure must not cover the page the user has gone to since.
      if (this.shown === page.slug) showProblem(page, error, () => this.open(page, params));
    });
  }

  private crumbs(page: PageEntry): void {
    const items = [page.group, page.title].map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    });
    items.at(-1)?.setAttribute("aria-current", "page");
    byId("sh-crumbs").replaceChildren(...items);
  }

  private clicked(event: MouseEvent): void {
    const link = (event.target as Element | null)?.closest?.<HTMLAnchorElement>("a[href]");
    if (
      !link ||
      event.defaultPrevented ||
      !isPlainClick(event) ||
      link.target ||
      link.origin !== location.origin
    )
      return;
    if (link.hash && link.pathname === location.pathname) return;
    const page = this.routes.at(link.pathname);
    if (!page || !this.session) return;
    event.preventDefault();
    this.go(page.slug, paramsOf(link.search));
  }
}
