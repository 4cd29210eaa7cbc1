/** Themes one may choose; two have a second base, chosen by the light or dark of the surroundings. */
export const THEMES = [
  "light",
  "dark",
  "midnight",
  "sunset",
  "high-contrast",
  "ocean",
  "forest",
  "solarized",
  "rose",
  "slate",
] as const; // prettier-ignore
export type ThemeName = (typeof THEMES)[number] | "auto" | "rose-dark" | "solarized-light";

/** Whether what surrounds the widget is light: the host says, else the colour behind it, else the system. */
export function hostIsLight(element: Element): boolean {
  const lab = document.body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "true";
  const names = document.body.classList;
  if (names.contains("vscode-light") || names.contains("vscode-high-contrast-light")) return true;
  if (names.contains("vscode-dark") || names.contains("vscode-high-contrast")) return false;
  for (let at: Element | null = element; at; at = at.parentElement) {
    const parts = /rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)/.exec(getComputedStyle(at).backgroundColor);
    if (!parts || Number(parts[4] ?? 1) < 0.5) continue;
    return 0.2126 * Number(parts[1]) + 0.7152 * Number(parts[2]) + 0.0722 * Number(parts[3]) > 127;
  }
  return !matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The sheet to use for a wished theme. */
export function sheetFor(theme: string | undefined, isLight: boolean): string {
  const known = (THEMES as readonly string[]).includes(theme ?? "") ? theme : undefined;
  if (known === "rose" && !isLight) return "rose-dark";
  if (known === "solarized" && isLight) return "solarized-light";
  if (known) return known;
  if (theme === "rose-dark" || theme === "solarized-light") return theme;
  return isLight ? "light" : "dark";
}

/** Keep the element's theme as wished while the host changes; the answer stops it. */
export function followTheme(
  element: HTMLElement,
  outside: Element,
  wished: () => string | undefined,
): { refresh: () => void; stop: () => void } {
  const refresh = () => {
    const sheet = sheetFor(wished(), hostIsLight(outside));
    if (element.dataset.cxTheme === sheet) return;
    element.dataset.cxTheme = sheet;
    element.dispatchEvent(new CustomEvent("cx-theme", { bubbles: true }));
  };
  refresh();
  const observer = new MutationObserver(refresh);
  const watched = {
    attributes: true,
    attributeFilter: ["class", "style", "data-jp-theme-light", "data-theme"],
  };
  observer.observe(document.body, watched);
  observer.observe(document.documentElement, watched);
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", refresh);
  return {
    refresh,
    stop: () => {
      observer.disconnect();
      system.removeEventListener("change", refresh);
    },
  };
}
