import { keep, recall } from "./looks";

/** The sidebar comes with the page; this makes its groups, its width and its drawer work. */
export class Sidebar {
  private readonly nav = byId("sh-side");
  private readonly menu = byId("sh-menu");
  private readonly rail = byId("sh-rail");
  private readonly closed = new Set(recall("groups").split("|").filter(Boolean));

  constructor() {
    for (const button of this.nav.querySelectorAll<HTMLElement>(".sh-group > button")) {
      const name = button.textContent?.trim() ?? "";
      this.fold(button, name, this.closed.has(name));
      button.addEventListener("click", () => this.fold(button, name, !this.closed.has(name)));
    }
    this.nav.addEventListener("keydown", (event) => this.pressed(event));
    this.rail.addEventListener("click", () => this.toggle());
    this.menu.addEventListener("click", () => this.drawer(!this.nav.classList.contains("is-open")));
    byId("sh-shade").addEventListener("click", () => this.drawer(false));
    this.label();
    addEventListener("resize", () => this.label());
  }

  /** Mark the page that is shown. */
  mark(slug: string): void {
    for (const link of this.nav.querySelectorAll<HTMLElement>("[data-page]")) {
      if (link.dataset.page === slug) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.drawer(false);
  }

  /** Wide or narrow; on a small window the drawer. */
  toggle(): void {
    if (innerWidth < 768) {
      this.drawer(!this.nav.classList.contains("is-open"));
      return;
    }
    const next = this.isNarrow ? "off" : "on";
    document.documentElement.dataset.cxRail = next;
    keep("rail", next);
    this.label();
  }

  private get isNarrow(): boolean {
    const chosen = document.documentElement.dataset.cxRail;
    return chosen === "on" || (chosen !== "off" && innerWidth < 1024);
  }

  private label(): void {
    const narrow = this.isNarrow && innerWidth >= 768;
    this.rail.setAttribute("aria-pressed", String(narrow));
    this.rail.title = `${narrow ? "Widen" : "Narrow"} the sidebar (Ctrl+B)`;
    for (const link of this.nav.querySelectorAll<HTMLElement>(".sh-link")) {
      const title = link.textContent?.trim() ?? "";
      // In the rail the words are gone from sight: they stay as name and tooltip.
      if (narrow) {
        link.title = title;
        link.setAttribute("aria-label", title);
      } else {
        link.removeAttribute("title");
        link.removeAttribute("aria-label");
      }
    }
  }

  private drawer(open: boolean): void {
    const was = this.nav.classList.contains("is-open");
    this.nav.classList.toggle("is-open", open);
    this.menu.setAttribute("aria-expanded", String(open));
    if (open) this.nav.querySelector<HTMLElement>(".sh-link")?.focus();
    else if (was) this.menu.focus();
  }

  private fold(button: HTMLElement, name: string, closed: boolean): void {
    if (closed) this.closed.add(name);
    else this.closed.delete(name);
    button.setAttribute("aria-expanded", String(!closed));
    keep("groups", [...this.closed].join("|"));
  }

  private pressed(event: KeyboardEvent): void {
    const stops = [...this.nav.querySelectorAll<HTMLElement>(".sh-group > button, .sh-link")].filter(
      (each) => each.offsetParent !== null,
    );
    const here = document.activeElement as HTMLElement;
    const at = stops.indexOf(here);
    if (event.key === "Escape") this.drawer(false);
    if (at < 0) return;
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: stops.length - 1,
    };
    const goal = steps[event.key];
    if (goal !== undefined) {
      event.preventDefault();
      stops[(goal + stops.length) % stops.length]?.focus();
    } else if (here.hasAttribute("aria-expanded") && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
      event.preventDefault();
      this.fold(here, here.textContent?.trim() ?? "", event.key === "ArrowLeft");
    }
  }
}

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the shell has no ${id}`);
  return found;
}
