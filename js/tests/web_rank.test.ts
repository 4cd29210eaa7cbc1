import { describe, expect, it } from "vitest";
import { type Entry, ranked, score } from "../src/web/rank";

const entry = (title: string, more: Partial<Entry> = {}): Entry => ({
  id: title,
  group: "Pages",
  title,
  note: "",
  icon: "copy",
  keywords: [],
  portal: "main",
  run: () => undefined,
  ...more,
});
const nobody = { recent: [], portal: "" };
const titles = (found: readonly Entry[]) => found.map(({ title }) => title);

describe("the palette's order", () => {
  it("puts prefix before word, keyword, inside and scattered letters", () => {
    const entries = [
      entry("Incremental Sync"),
      entry("Sync"),
      entry("Pipelines", { keywords: ["syncopate"] }),
      entry("Desyncing"),
      entry("Storage by nanosecond"),
      entry("Budgets"),
    ];
    const found = ranked(entries, "sync", nobody);
    expect(titles(found)).toEqual([
      "Sync",
      "Incremental Sync",
      "Pipelines",
      "Desyncing",
      "Storage by nanosecond",
    ]);
    expect(score(entry("Schema Drift"), "smd")).toBe(30);
    expect(score(entry("Schema Drift"), "dms")).toBe(0);
  });

  it("prefers what was used lately and what is near", () => {
    const entries = [
      entry("Reports", { id: "a" }),
      entry("Results", { id: "b" }),
      entry("Recents", { id: "c", portal: "dq" }),
    ];
    expect(titles(ranked(entries, "re", nobody))).toEqual(["Recents", "Reports", "Results"]);
    expect(titles(ranked(entries, "re", { recent: ["b"], portal: "dq" }))).toEqual([
      "Results",
      "Recents",
      "Reports",
    ]);
  });

  it("asks for actions and jobs by a first letter", () => {
    const entries = [
      entry("Clone"),
      entry("Toggle the sidebar", { group: "Actions" }),
      entry("Theme: Dark", { group: "Themes" }),
      entry("Clone retail", { group: "Jobs" }),
    ];
    expect(titles(ranked(entries, ">", nobody))).toEqual(["Toggle the sidebar", "Theme: Dark"]);
    expect(titles(ranked(entries, "> da", nobody))).toEqual(["Theme: Dark", "Toggle the sidebar"]);
    expect(titles(ranked(entries, "#clone", nobody))).toEqual(["Clone retail"]);
  });

  it("suggests pages seen lately before anything is typed", () => {
    const entries = [entry("Clone"), entry("Dashboard"), entry("Show jobs", { group: "Actions" })];
    expect(titles(ranked(entries, " ", { recent: ["Dashboard"], portal: "main" }))).toEqual([
      "Dashboard",
      "Clone",
      "Show jobs",
    ]);
  });

  it("ranks three hundred entries well within a frame", () => {
    const entries = Array.from({ length: 300 }, (_, at) =>
      entry(`Page ${at} of many words`, { keywords: ["x", "y"] }),
    );
    const began = performance.now();
    expect(ranked(entries, "many", nobody)).toHaveLength(12);
    expect(performance.now() - began).toBeLessThan(30);
  });
});
