/** Something the palette can find. */
export interface Entry {
  readonly id: string;
  readonly group: "Pages" | "Actions" | "Themes" | "Jobs";
  readonly title: string;
  readonly note: string;
  readonly icon: string;
  readonly keywords: readonly string[];
  readonly portal?: string;
  /** Address for "in a new tab". */
  readonly href?: string;
  readonly run: () => void;
}

export interface Bias {
  readonly recent: readonly string[];
  readonly portal: string;
}

export const SHOWN = 12;

/** How well a title and its keywords answer what was typed; 0 is not at all. */
export function score(entry: Entry, typed: string): number {
  const title = entry.title.toLowerCase();
  if (title.startsWith(typed)) return 100;
  if (title.split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(typed))) return 80;
  if (entry.keywords.some((word) => word.toLowerCase().startsWith(typed))) return 70;
  if (title.includes(typed)) return 50;
  return isSubsequence(typed, title) ? 30 : 0;
}

function isSubsequence(typed: string, title: string): boolean {
  let at = 0;
  for (const letter of typed) {
    at = title.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** What the palette shows for what was typed: `>` asks for actions and themes, `#` for jobs. */
export function ranked(entries: readonly Entry[], input: string, bias: Bias): readonly Entry[] {
  const text = input.trim().toLowerCase();
  const wanted = text.startsWith(">") ? ["Actions", "Themes"] : text.startsWith("#") ? ["Jobs"] : undefined;
  const typed = wanted ? text.slice(1).trim() : text;
  const asked = wanted ? entries.filter((entry) => wanted.includes(entry.group)) : entries;
  if (typed === "") return wanted ? asked.slice(0, SHOWN) : suggested(asked, bias);
  return asked
    .map((entry) => [score(entry, typed), entry] as const)
    .filter(([points]) => points > 0)
    .map(([points, entry]) => [points + extra(entry, bias), entry] as const)
    .sort(([a, one], [b, other]) => b - a || one.title.localeCompare(other.title))
    .slice(0, SHOWN)
    .map(([, entry]) => entry);
}

function extra(entry: Entry, { recent, portal }: Bias): number {
  return (recent.includes(entry.id) ? 15 : 0) + (entry.portal === portal ? 10 : 0);
}

/** Before anything is typed: pages seen lately, then the others of this portal, then running jobs and actions. */
function suggested(entries: readonly Entry[], { recent, portal }: Bias): readonly Entry[] {
  const pages = entries.filter((entry) => entry.group === "Pages");
  const lately = recent.flatMap((id) => pages.find((entry) => entry.id === id) ?? []);
  const near = pages.filter((entry) => entry.portal === portal && !lately.includes(entry));
  const rest = entries.filter((entry) => entry.group === "Jobs" || entry.group === "Actions");
  return [...lately, ...near.slice(0, 6), ...rest].slice(0, SHOWN);
}
