import { signal } from "@preact/signals";
import { type ComponentChildren, Fragment, h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Format, Press, Tone } from "../contract.gen";
import { ICONS } from "../icons";
import { DASH, dateOf, exact, isNumeric, relative, words } from "../runtime/format";
import { useScope } from "../runtime/render";

export function Picture({ name, size = 16 }: { readonly name: string; readonly size?: number }) {
  const shape = ICONS[name];
  if (!shape) return null;
  return (
    <svg
      class="cx-icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {shape.map(([tag, attributes], at) => h(tag, { key: at, ...attributes }))}
    </svg>
  );
}

export const TONE_ICONS: Record<Tone, string> = {
  neutral: "circle",
  success: "circle-check",
  warning: "triangle-alert",
  danger: "octagon-alert",
  info: "info",
};

const ticks = signal(0);
let ticking = false;

/** Ages grow by themselves; one clock serves all of them. */
function tick(): void {
  if (ticking) return;
  ticking = true;
  setInterval(() => {
    ticks.value++;
  }, 30_000);
}

export function Age({ value }: { readonly value: unknown }) {
  useEffect(tick, []);
  ticks.value;
  const date = dateOf(value);
  if (!date) return <>{DASH}</>;
  return (
    <time dateTime={date.toISOString()} title={exact(date)}>
      {relative(date)}
    </time>
  );
}

/** A value in its format: ages with the exact time on hover, states with their icon. */
export function Figure({
  value,
  format = "text",
  unit = "",
}: {
  readonly value: unknown;
  readonly format?: Format;
  readonly unit?: string;
}) {
  if (format === "relative" && dateOf(value)) return <Age value={value} />;
  if (format === "status" && value) return <StatusWord value={String(value)} />;
  if (format === "code" && value) return <code class="cx-code-inline">{words(value)}</code>;
  const shown = words(value, format, unit);
  return isNumeric(format) ? <span class="cx-num">{shown}</span> : <>{shown}</>;
}

const STATES: Record<string, readonly [tone: Tone, icon: string]> = {
  succeeded: ["success", "circle-check"],
  done: ["success", "circle-check"],
  equal: ["success", "circle-check"],
  verified: ["success", "shield-check"],
  healthy: ["success", "circle-check"],
  created: ["success", "plus"],
  running: ["info", "play"],
  verifying: ["info", "shield"],
  planned: ["info", "list-checks"],
  queued: ["neutral", "hourglass"],
  pending: ["neutral", "circle-dashed"],
  paused: ["neutral", "circle-pause"],
  skipped: ["neutral", "skip-forward"],
  excluded: ["neutral", "minus"],
  cancelled: ["neutral", "ban"],
  cancelling: ["warning", "ban"],
  partial: ["warning", "triangle-alert"],
  interrupted: ["warning", "unplug"],
  unable: ["warning", "triangle-alert"],
  unknown: ["warning", "circle-help"],
  blocked: ["warning", "lock"],
  stopped: ["neutral", "square"],
  differs: ["danger", "git-compare"],
  different: ["danger", "git-compare"],
  failed: ["danger", "circle-x"],
  error: ["danger", "circle-x"],
};

export function isStatus(value: string): boolean {
  return value.toLowerCase() in STATES;
}

export function toneOfStatus(value: string): Tone {
  return statusOf(value)[0];
}

function statusOf(value: string): readonly [Tone, string] {
  const word = value.toLowerCase();
  return STATES[word] ?? (word.startsWith("waiting") ? ["warning", "hourglass"] : ["neutral", "circle"]);
}

export function StatusWord({ value, note }: { readonly value: string; readonly note?: string }) {
  const [tone, icon] = statusOf(value);
  return (
    <span class={`cx-status cx-tone-${tone}`} title={note || undefined}>
      <Picture name={icon} size={14} />
      {value.replaceAll("_", " ")}
    </span>
  );
}

/** Runs one thing at a time and says that it does. */
export function useBusy(): [boolean, (work: () => Promise<unknown>) => Promise<void>] {
  const [busy, setBusy] = useState(false);
  const running = useRef(false);
  const alive = useRef(true);
  useEffect(
    () => () => {
      alive.current = false;
    },
    [],
  );
  const run = async (work: () => Promise<unknown>) => {
    if (running.current) return;
    running.current = true;
    // A quick answer must not make the button flicker.
    const timer = setTimeout(() => alive.current && setBusy(true), 150);
    try {
      await work();
    } finally {
      clearTimeout(timer);
      running.current = false;
      if (alive.current) setBusy(false);
    }
  };
  return [busy, run];
}

/** A link to a page keeps an address where the host has one, so that it can be opened in another tab. */
export function Anchor({
  to,
  class: name,
  children,
  args,
}: {
  readonly to: Press;
  readonly class?: string;
  readonly children: ComponentChildren;
  readonly args?: Record<string, unknown>;
}) {
  const { instance } = useScope();
  const address = to.go ? instance.session.options.href?.(to.go[0], { ...to.go[1], ...args }) : undefined;
  const follow = (event: MouseEvent) => {
    if (address && (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0)) return;
    event.preventDefault();
    event.stopPropagation();
    void to(args);
  };
  if (!address) {
    return (
      <button type="button" class={`cx-link ${name ?? ""}`} onClick={follow}>
        {children}
      </button>
    );
  }
  return (
    <a class={`cx-link ${name ?? ""}`} href={address} onClick={follow}>
      {children}
    </a>
  );
}

let ids = 0;
/** An id for label and description links; unique in the page, as shadow roots do not share ids. */
export function useId(prefix: string): string {
  const [id] = useState(() => `cx-${prefix}-${++ids}`);
  return id;
}

/** Text with the parts that match a search marked. */
export function Marked({ text, search }: { readonly text: string; readonly search: string }) {
  const at = search ? text.toLowerCase().indexOf(search.toLowerCase()) : -1;
  if (at < 0) return <>{text}</>;
  return (
    <Fragment>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </Fragment>
  );
}
