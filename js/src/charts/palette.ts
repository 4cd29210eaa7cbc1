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
    // The red of the brand comes late: a first series in red reads as a failure.
    series: [2, 3, 4, 5, 6, 7, 1, 8].map((at) => token(`chart-${at}`)),
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
