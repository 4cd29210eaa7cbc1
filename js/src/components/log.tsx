import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Components } from "../contract.gen";
import { bytes, clock, dateOf, duration } from "../runtime/format";
import { CopyButton, save } from "./actions";
import { Picture } from "./primitives";

interface Line {
  readonly seq?: number;
  readonly ts?: unknown;
  readonly level?: string;
  readonly object?: string | null;
  readonly message?: string;
  readonly bytes?: number;
  readonly seconds?: number;
}

const ICON: Record<string, readonly [tone: string, icon: string]> = {
  error: ["danger", "circle-x"],
  warn: ["warning", "triangle-alert"],
  warning: ["warning", "triangle-alert"],
};

const figures = (line: Line): string =>
  [
    typeof line.bytes === "number" && bytes(line.bytes),
    typeof line.seconds === "number" && duration(line.seconds),
  ]
    .filter(Boolean)
    .join(", ");

const asText = (line: Line): string => {
  const date = dateOf(line.ts);
  return [date?.toISOString(), line.level, line.object, line.message, figures(line)]
    .filter(Boolean)
    .join(" ");
};

export function Log({ lines, label, height, keep, on_load }: Components["Log"]) {
  const [only, setOnly] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const all = ((lines ?? []) as readonly Line[]).slice(-keep);
  const grave = all.filter((line) => line.level && line.level in ICON);
  const shown = only ? grave : all;
  useLayoutEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [shown.length, shown.at(-1)?.seq]);
  const onScroll = () => {
    const element = box.current;
    if (element) follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
  };
  const whole = async () => (on_load ? String(await on_load()) : all.map(asText).join("\n"));
  return (
    <div class="cx-log">
      <div class="cx-log-head">
        <span class="cx-strong">{label}</span>
        <label class="cx-check-inline">
          <input type="checkbox" checked={only} onChange={() => setOnly(!only)} />
          Problems only ({grave.length})
        </label>
        <span class="cx-push" />
        <CopyButton label="Copy log" look="ghost" iconOnly text={whole} />
        <button
          type="button"
          class="cx-button cx-button-ghost cx-button-icon cx-button-small"
          aria-label="Download log"
          title="Download log"
          onClick={async () => save("log.txt", await whole(), "text/plain")}
        >
          <Picture name="download" size={14} />
        </button>
      </div>
      <div
        class="cx-log-lines"
        ref={box}
        onScroll={onScroll}
        style={{ height: `${height}px` }}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
      >
        {shown.length === 0 && <p class="cx-muted">{only ? "No problems" : "Nothing yet"}</p>}
        {shown.map((line, at) => {
          const date = dateOf(line.ts);
          const [tone, icon] = ICON[line.level ?? ""] ?? ["", ""];
          return (
            <div key={line.seq ?? at} class="cx-log-line">
              {date && (
                <time class="cx-muted" dateTime={date.toISOString()} title={date.toISOString()}>
                  {clock(date)}
                </time>
              )}
              <span class={tone && `cx-tone-${tone}`}>
                {icon && (
                  <>
                    <Picture name={icon} size={12} /> {line.level}{" "}
                  </>
                )}
                {line.object && <span class="cx-strong">{line.object} </span>}
                <span>{line.message}</span>
                {figures(line) && <span class="cx-muted"> {figures(line)}</span>}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
