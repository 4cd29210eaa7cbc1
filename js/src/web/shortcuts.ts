import type { Navigator } from "./navigator";
import type { Palette } from "./palette";
import type { Sidebar } from "./sidebar";

interface Parts {
  readonly palette: Palette;
  readonly sidebar: Sidebar;
  readonly navigator: Navigator;
}

/** After "g" within half a second; letters of pages that do not exist do nothing. */
const GO: Record<string, string> = {
  d: "dashboard",
  c: "clone",
  s: "sync",
  e: "explore",
  m: "monitor",
  t: "templates",
};
const WITHIN_MS = 500;

export function shortcuts({ palette, sidebar, navigator }: Parts): void {
  let asked = 0;
  addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      if (key === "k") palette.open();
      else if (key === "b") sidebar.toggle();
      else return;
      event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (key === "g") asked = event.timeStamp;
    else {
      const slug = GO[key];
      if (slug && event.timeStamp - asked < WITHIN_MS) navigator.go(slug);
      asked = 0;
    }
  });
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches("input, textarea, select, [role=combobox], [role=grid], dialog *")
  );
}
