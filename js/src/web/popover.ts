import { type ComponentChild, render } from "preact";

/** A panel below a header button. The browser closes it on Escape and on a click elsewhere. */
export class Popover {
  readonly panel: HTMLElement;

  constructor(
    readonly button: HTMLElement,
    label: string,
    private readonly content: () => ComponentChild,
    private readonly events: { opened?: () => void; closed?: () => void } = {},
  ) {
    this.panel = document.createElement("div");
    this.panel.className = "sh-pop";
    this.panel.popover = "auto";
    this.panel.setAttribute("role", "dialog");
    this.panel.setAttribute("aria-label", label);
    this.panel.tabIndex = -1;
    button.after(this.panel);
    button.addEventListener("click", () => this.toggle());
    this.panel.addEventListener("toggle", (event) =>
      this.toggled((event as ToggleEvent).newState === "open"),
    );
    addEventListener("resize", () => this.isOpen && this.place());
  }

  get isOpen(): boolean {
    return this.panel.matches(":popover-open");
  }

  toggle(): void {
    if (this.isOpen) this.close();
    else this.open();
  }

  open(): void {
    render(this.content(), this.panel);
    this.panel.showPopover();
    this.place();
    const first = this.panel.querySelector<HTMLElement>("[data-first], button, a[href]");
    (first ?? this.panel).focus({ preventScroll: true });
  }

  close(): void {
    if (this.isOpen) this.panel.hidePopover();
  }

  private toggled(open: boolean): void {
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.events.opened?.();
    else {
      const inside = this.panel.contains(document.activeElement) || document.activeElement === document.body;
      render(null, this.panel);
      if (inside) this.button.focus({ preventScroll: true });
      this.events.closed?.();
    }
  }

  private place(): void {
    const box = this.button.getBoundingClientRect();
    const width = this.panel.offsetWidth;
    const left = Math.min(Math.max(8, box.right - width), innerWidth - width - 8);
    this.panel.style.left = `${left}px`;
    this.panel.style.top = `${box.bottom + 6}px`;
  }
}
