import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Components } from "../contract.gen";
import { counted, duration, number } from "../runtime/format";
import { type Slot, useScope } from "../runtime/render";
import { CopyButton } from "./actions";
import { Anchor, Figure, Picture, StatusWord, TONE_ICONS, useBusy } from "./primitives";

export function Text({ text, format, unit, look, tone }: Components["Text"]) {
  const { heading } = useScope();
  const name = `cx-text cx-text-${look}${tone === "neutral" ? "" : ` cx-tone-${tone}`}`;
  const inside = <Figure value={text} format={format} unit={unit} />;
  return look === "heading" ? (
    h(`h${Math.min(heading + 1, 6)}`, { class: "cx-h2" }, inside)
  ) : (
    <p class={name}>{inside}</p>
  );
}

export function Icon({ name, label, tone }: Components["Icon"]) {
  return (
    <span class={`cx-tone-${tone}`} role={label ? "img" : undefined} aria-label={label || undefined}>
      <Picture name={name} />
    </span>
  );
}

export function Status({ value, note }: Components["Status"]) {
  return <StatusWord value={value} note={note} />;
}

export function Pills({ items, label }: Components["Pills"]) {
  return (
    <ul class="cx-pills" aria-label={label || undefined}>
      {items.map((item) => {
        const inside = item.status ? (
          <StatusWord value={item.label} />
        ) : (
          <>
            {(item.icon || item.tone !== "neutral") && (
              <Picture name={item.icon || TONE_ICONS[item.tone]} size={13} />
            )}
            {item.label}
          </>
        );
        return (
          <li key={item.label} class={`cx-pill cx-pill-${item.tone}`} title={item.title || undefined}>
            {item.to ? <Anchor to={item.to}>{inside}</Anchor> : inside}
          </li>
        );
      })}
    </ul>
  );
}

export function Alert({ title, text, tone, items, dismissible, children }: Components["Alert"] & Slot) {
  const [gone, setGone] = useState(false);
  if (gone) return null;
  return (
    <div class={`cx-alert cx-alert-${tone}`} role={tone === "danger" ? "alert" : "status"}>
      <span class={`cx-tone-${tone}`}>
        <Picture name={TONE_ICONS[tone]} />
      </span>
      <div class="cx-alert-body">
        <p class="cx-strong">{title}</p>
        {text && <p>{text}</p>}
        {items.length > 0 && (
          <ul class="cx-list">
            {items.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
        )}
        {children && <div class="cx-row cx-gap-small cx-wrap">{children}</div>}
      </div>
      {dismissible && (
        <button
          type="button"
          class="cx-button cx-button-ghost cx-button-icon cx-button-small"
          aria-label="Dismiss"
          onClick={() => setGone(true)}
        >
          <Picture name="x" />
        </button>
      )}
    </div>
  );
}

export function Problem({ message, code, object, hint, details, trace, on_retry }: Components["Problem"]) {
  const [busy, run] = useBusy();
  const whole = [message, hint, object && `object: ${object}`, code, trace && `trace: ${trace}`, details];
  return (
    <div class="cx-alert cx-alert-danger" role="alert">
      <span class="cx-tone-danger">
        <Picture name="octagon-alert" />
      </span>
      <div class="cx-alert-body">
        <p class="cx-strong cx-wrap-text">{message}</p>
        {object && (
          <p>
            <code class="cx-code-inline">{object}</code>
          </p>
        )}
        {hint && <p>{hint}</p>}
        {details && (
          <details>
            <summary>Details</summary>
            <pre class="cx-pre">{details}</pre>
          </details>
        )}
        <div class="cx-row cx-gap-small cx-wrap cx-align-center">
          {on_retry && (
            <button
              type="button"
              class="cx-button cx-button-secondary"
              aria-busy={busy || undefined}
              onClick={() => run(() => on_retry())}
            >
              <Picture name="refresh-cw" />
              Try again
            </button>
          )}
          <CopyButton label="Copy" look="ghost" text={() => whole.filter(Boolean).join("\n")} />
          {(code || trace) && (
            <span class="cx-small cx-muted">
              {code}
              {trace && ` · ${trace}`}
            </span>
          )}
        </div>
      </div>
    </div>
  );
}

export function Empty({ title, text, icon, children }: Components["Empty"] & Partial<Slot>) {
  return (
    <div class="cx-empty">
      <Picture name={icon} size={28} />
      <p class="cx-strong">{title}</p>
      {text && <p class="cx-muted">{text}</p>}
      {children && <div class="cx-row cx-gap-small cx-wrap cx-justify-center">{children}</div>}
    </div>
  );
}

const WIDTHS = ["92%", "78%", "85%", "64%", "88%", "71%"];

export function Skeleton({ look, count, label }: Components["Skeleton"]) {
  return (
    <div class={`cx-skeleton cx-skeleton-${look}`} role="status" aria-label={label}>
      {Array.from({ length: look === "chart" ? 1 : count }, (_, at) => (
        <span
          key={at}
          class="cx-bone"
          style={look === "lines" ? { width: WIDTHS[at % WIDTHS.length] } : undefined}
        />
      ))}
    </div>
  );
}

export interface BarProps {
  readonly label: string;
  readonly done: number | null;
  readonly total: number | null;
  readonly tone?: string;
  readonly said?: string;
  readonly moving?: boolean;
}

export function Bar({ label, done, total, tone = "neutral", said, moving = true }: BarProps) {
  const isKnown = total !== null && total > 0 && done !== null;
  const share = isKnown ? Math.min(100, (100 * (done ?? 0)) / total) : 0;
  return (
    <div
      class={`cx-bar cx-bar-${tone}${isKnown || !moving ? "" : " cx-bar-moving"}`}
      role="progressbar"
      aria-label={label}
      aria-valuenow={isKnown ? Math.round(share) : undefined}
      aria-valuemin={isKnown ? 0 : undefined}
      aria-valuemax={isKnown ? 100 : undefined}
      aria-valuetext={said}
    >
      <span style={{ width: isKnown ? `${share}%` : undefined }} />
    </div>
  );
}

/** "41 of 100 tables, 2 min left": read aloud at most every 15 seconds. */
export function useSaid(said: string): void {
  const { announce } = useScope();
  const last = useRef(0);
  useEffect(() => {
    if (!said || Date.now() - last.current < 15_000) return;
    last.current = Date.now();
    announce(said);
  }, [said]);
}

export function progressWords(
  done: number | null,
  total: number | null,
  unit: string,
  eta: number | null,
): string {
  if (done === null) return "";
  const what = total === null ? counted(done, unit) : `${number(done)} of ${counted(total, unit)}`;
  return eta === null ? what : `${what}, ${duration(eta)} left`;
}

export function Progress({ label, done, total, unit, eta_s, tone }: Components["Progress"]) {
  const said = progressWords(done, total, unit, eta_s);
  useSaid(said);
  return (
    <div class="cx-progress">
      <div class="cx-row cx-justify-between cx-gap-small">
        <span>{label}</span>
        <span class="cx-muted cx-num">{said}</span>
      </div>
      <Bar label={label} done={done} total={total} tone={tone} said={said} />
    </div>
  );
}
