import { h, render } from "preact";
import { CallError } from "../runtime/transport";
import type { PageEntry } from "./server";
import { byId } from "./sidebar";

/** In place of a page that did not open: why, and the way to try again. Nothing given: the page itself. */
export function showProblem(page: PageEntry | undefined, error?: unknown, again?: () => void): void {
  const place = byId("sh-problem");
  place.hidden = !page;
  byId("sh-page").hidden = Boolean(page);
  const failure = error instanceof CallError ? error.failure : undefined;
  const message = failure?.message ?? (error instanceof Error ? error.message : "");
  render(
    page
      ? [
          h("h1", null, `${page.title} could not be opened`),
          h("p", { role: "alert" }, [message, failure?.hint].filter(Boolean).join(". ")),
          h("button", { type: "button", class: "sh-primary", onClick: again }, "Try again"),
        ]
      : null,
    place,
  );
}
