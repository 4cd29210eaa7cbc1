/** The theme's colours as a chart takes them. */
export interface Palette {
  readonly series: readonly string[];
  readonly text: string;
  readonly muted: string;
  readonly border: string;
  readonly surface: string;
  readonly raised: string;
  readonly primary: string;
  readonly tones: Readonly<Record<string, string>>;
  readonly font: string;
  readonly patterns: boolean;
  readonly still: boolean;
}

export function readPalette(box: Element): Palette {
  const style = getComputedStyle(box);
  const token = (name: string) => style.getPropertyValue(`--cx-${name}`).trim() || "#888888";
  return {
    series: Array.from({ length: 8 }, (_, at) => token(`chart-${at + 1}`)),
    text: token("text"),
    muted: token("text-muted"),
    border: token("border"),
    surface: token("surface"),
    raised: token("surface-2"),
    primary: token("primary"),
    tones: Object.fromEntries(["success", "warning", "danger", "info"].map((name) => [name, token(name)])),
    font: style.fontFamily,
    patterns: box.closest("[data-cx-theme]")?.getAttribute("data-cx-theme") === "high-contrast",
    still: matchMedia("(prefers-reduced-motion: reduce)").matches,
  };
}
