import { render } from "preact";
import { REGISTRY } from "./components/registry";
import { App } from "./runtime/app";
import { register } from "./runtime/render";
import { clientId, Session, type SessionOptions } from "./runtime/session";
import { followTheme } from "./runtime/theme";
import type { Boot, Transport } from "./runtime/transport";
import "./shared";
import styles from "./style/kit.css";
import themes from "./style/themes.gen.css";

register(REGISTRY);

export interface MountOptions extends SessionOptions {
  /** The page that came along; it is drawn before anybody answers. */
  readonly boot?: Boot;
  /** A shadow root in notebooks, so that host styles stay out; light DOM in the web app. */
  readonly shadow?: boolean;
  /** Level of the page's title: 1 in the web app, 3 in a notebook, which owns the first two. */
  readonly heading?: number;
  /** How lazy chunks are found; by default beside this file. */
  readonly load?: (chunk: string) => Promise<unknown>;
}

export interface Mounted {
  readonly session: Session;
  readonly root: HTMLElement;
  setTheme(theme: string): void;
  close(): void;
}

/** A browser remembers a module that failed to load only until it is asked again under another name. */
function beside(chunk: string): Promise<unknown> {
  return import(new URL(`${chunk}-${__CHUNKS__[chunk]}.js`, import.meta.url).href);
}

const sheets = new WeakSet<Document | ShadowRoot>();

/** Adopt the kit's styles once per tree; where sheets cannot be constructed, a style element serves. */
export function adoptStyles(tree: Document | ShadowRoot): void {
  if (sheets.has(tree)) return;
  sheets.add(tree);
  const text = themes + styles;
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    tree.adoptedStyleSheets = [...tree.adoptedStyleSheets, sheet];
  } catch {
    const element = document.createElement("style");
    element.textContent = text;
    (tree instanceof Document ? tree.head : tree).append(element);
  }
}

/** Draw pages into an element. Web app and notebooks both come through here. */
export function mount(el: HTMLElement, transport: Transport, options: MountOptions = {}): Mounted {
  const tree = options.shadow ? (el.shadowRoot ?? el.attachShadow({ mode: "open" })) : el;
  adoptStyles(tree instanceof ShadowRoot ? tree : document);
  const root = document.createElement("div");
  root.className = options.shadow ? "cx cx-cell-root" : "cx";
  let wished = options.theme;
  if (options.shadow) {
    root.setAttribute("role", "region");
    root.setAttribute("aria-label", `clonexs ${options.boot?.title ?? ""}`.trim());
    // Jupyter would take single letters for its own commands ("b" adds a cell) and its own menu for ours.
    for (const element of [root, el]) {
      element.dataset.lmSuppressShortcuts = "true";
      element.dataset.jpSuppressContextMenu = "true";
    }
    root.addEventListener("keydown", contain);
  }
  root.addEventListener("keydown", pressPrimary);
  tree.append(root);
  const theme = options.shadow ? followTheme(root, el, () => wished) : undefined;
  const load = once(options.load ?? beside);
  const session = new Session(
    transport,
    {
      ...options,
      load,
      onTheme: (name) => {
        setTheme(name);
        options.onTheme?.(name);
      },
    },
    options.shadow ? `${clientId()}.${++views}` : clientId(),
  );
  const setTheme = (name: string) => {
    wished = name;
    theme?.refresh();
  };
  const app = (
    <App
      session={session}
      root={root}
      heading={options.heading ?? 1}
      load={load}
      alone={options.shadow === true}
    />
  );
  render(app, root);
  session.start(options.boot ?? {});
  // Nearly every page holds a table: its code comes while the first answer is under way.
  load("data").catch(() => undefined);
  const close = () => {
    session.close();
    theme?.stop();
    render(null, root);
    root.remove();
  };
  return { session, root, setTheme, close };
}

/** Every chunk is asked for once; one that failed may be asked for again. */
function once(load: (chunk: string) => Promise<unknown>): (chunk: string) => Promise<unknown> {
  const asked: Record<string, Promise<unknown> | undefined> = {};
  return (chunk) => {
    asked[chunk] ??= load(chunk).catch((error) => {
      asked[chunk] = undefined;
      throw error;
    });
    return asked[chunk];
  };
}

let views = 0;

function isEditor(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

/** Keys stay inside the widget, except those that leave it or run the cell. */
function contain(event: KeyboardEvent): void {
  const runsCell = event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey);
  const leaves = event.key === "Escape" || (runsCell && !isEditor(event.composedPath()[0]));
  if (!leaves) event.stopPropagation();
}

/** Ctrl+Enter presses the page's primary button. */
function pressPrimary(event: KeyboardEvent): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  const root = event.currentTarget as HTMLElement;
  const layer = root.querySelector("dialog[open]") ?? root;
  const button = layer.querySelector<HTMLElement>("[data-primary]:not([aria-disabled])");
  if (!button) return;
  event.preventDefault();
  button.click();
}
