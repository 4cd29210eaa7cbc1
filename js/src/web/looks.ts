import { signal } from "@preact/signals";

/** Looks live in the browser: they decide the first paint, before anybody can be asked. */
export function recall(name: string): string {
  try {
    return localStorage.getItem(`cx:${name}`) ?? "";
  } catch {
    return "";
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`cx:${name}`, value);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

export interface ThemeChoice {
  readonly name: string;
  readonly title: string;
  readonly line: string;
  /** The same theme on the other base. */
  readonly other?: string;
}

const ALL: readonly ThemeChoice[] = [
  { name: "light", title: "Light", line: "Clean white" },
  { name: "dark", title: "Dark", line: "Muted graphite" },
  { name: "midnight", title: "Midnight", line: "Deep blue-black" },
  { name: "sunset", title: "Sunset", line: "Warm amber" },
  { name: "high-contrast", title: "High contrast", line: "Black and yellow" },
  { name: "ocean", title: "Ocean", line: "Deep blue" },
  { name: "forest", title: "Forest", line: "Dark green" },
  { name: "solarized", title: "Solarized", line: "The known base tones", other: "solarized-light" },
  { name: "rose", title: "Rose", line: "Soft pink", other: "rose-dark" },
  { name: "slate", title: "Slate", line: "Blue-gray" },
];

/** The themes that the style sheet has. */
export function choices(shipped: readonly string[]): readonly ThemeChoice[] {
  return ALL.filter((choice) => shipped.includes(choice.name));
}

/** What the user chose: a theme's name, or `auto`. */
export const theme = signal(recall("theme") || "auto");

function resolved(name: string): string {
  if (name !== "auto") return name;
  if (matchMedia("(prefers-contrast: more)").matches) return "high-contrast";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Show a theme without choosing it. */
export function preview(name: string): void {
  document.documentElement.dataset.cxTheme = resolved(name);
}

export function choose(name: string): void {
  theme.value = name;
  keep("theme", name);
  preview(name);
}

export function followSystem(): void {
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", () => preview(theme.value));
  }
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== "cx:theme" || !newValue) return;
    theme.value = newValue;
    preview(newValue);
  });
}
