import { h, render } from "preact";
import { Picture } from "../components/primitives";
import type { Connection } from "./connection";
import type { KernelLine } from "./line";
import { byId } from "./sidebar";

const PATIENCE_MS = 1500;
let patience: ReturnType<typeof setTimeout> | undefined;

interface Notice {
  readonly tone: "warning" | "danger";
  readonly text: string;
  readonly button: string;
  readonly act: () => void;
}

/** One strip above the page says that something is broken, and offers the one thing to do about it. */
export function showStrip(line: KernelLine, connection: Connection): void {
  const notice = noticeOf(line, connection);
  clearTimeout(patience);
  // A short break mends itself; saying so would only flicker.
  if (notice && line.state.value.is === "down") patience = setTimeout(() => draw(notice), PATIENCE_MS);
  else draw(notice);
}

function noticeOf(line: KernelLine, connection: Connection): Notice | undefined {
  const state = line.state.value;
  const status = connection.status.value;
  if (state.is === "refused" && state.code === "SIGNED_OUT") {
    const text = "You are signed out: the server was started anew, or twelve hours have passed.";
    return { tone: "danger", text, button: "Sign in", act: () => location.reload() };
  }
  if (state.is === "refused")
    return { tone: "danger", text: state.message, button: "Try again", act: () => line.retry() };
  if (state.is === "down") {
    const text = "The connection is lost. What runs goes on; this page reconnects by itself.";
    return { tone: "warning", text, button: "Try now", act: () => line.retry() };
  }
  if (status?.state === "off") {
    const text =
      `Not connected to ${status.place || "a workspace"}. ${status.reason ?? ""} ${status.hint ?? ""}`.trim();
    return { tone: "danger", text, button: "Try again", act: () => connection.retry() };
  }
  return undefined;
}

function draw(notice: Notice | undefined): void {
  const strip = byId("sh-strip");
  strip.hidden = !notice;
  strip.dataset.tone = notice?.tone ?? "";
  render(
    notice
      ? [
          h(
            "span",
            { class: "sh-icon" },
            h(Picture, { name: notice.tone === "danger" ? "octagon-alert" : "triangle-alert" }),
          ),
          h("p", null, notice.text),
          h("button", { type: "button", class: "sh-button", onClick: notice.act }, notice.button),
        ]
      : null,
    strip,
  );
}
