import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Picture, TONE_ICONS } from "../components/primitives";
import type { Tone } from "../contract.gen";
import type { Instance } from "./instance";
import { Render, type Scope, ScopeProvider } from "./render";
import type { Session, ToastItem } from "./session";

export interface AppProps {
  readonly session: Session;
  readonly root: HTMLElement;
  readonly heading: number;
  readonly load: (chunk: string) => Promise<unknown>;
  /** In a notebook the widget routes by itself, shows the way it came, and says when its line is down. */
  readonly alone: boolean;
}

export function App({ session, root, heading, load, alone }: AppProps) {
  const polite = useRef<HTMLDivElement>(null);
  const urgent = useRef<HTMLDivElement>(null);
  const instance = session.current.value;
  const announce = useMemo(
    () =>
      (text: string, isUrgent = false) => {
        const region = (isUrgent ? urgent : polite).current;
        if (region) region.textContent = text;
      },
    [],
  );
  return (
    <>
      {alone && session.line.value === "down" && (
        <p class="cx-line-down" role="status">
          <Picture name="unplug" size={14} /> The connection is lost; trying again. Jobs go on.
        </p>
      )}
      {instance ? (
        <Shown key={instance.inst} {...{ instance, root, heading, load, announce, alone }} />
      ) : (
        <div class="cx-page" aria-busy="true">
          <div class="cx-skeleton cx-skeleton-lines" role="status" aria-label="Loading the page">
            <span class="cx-bone" />
            <span class="cx-bone" />
            <span class="cx-bone" />
          </div>
        </div>
      )}
      <Toasts session={session} />
      <div class="cx-hidden" aria-live="polite" ref={polite} />
      <div class="cx-hidden" aria-live="assertive" ref={urgent} />
    </>
  );
}

function Shown({ alone, ...scope }: Scope & { readonly alone: boolean }) {
  const { instance } = scope;
  const value = useMemo(() => scope, [instance]);
  const tree = instance.tree.value;
  return (
    <ScopeProvider value={value}>
      {alone && <Trail instance={instance} />}
      {tree && <Render node={tree} />}
    </ScopeProvider>
  );
}

/** Where a link inside a cell led to, the way back, and the line that opens the page directly. */
function Trail({ instance }: { readonly instance: Instance }) {
  const { session } = instance;
  const from = session.trail.value;
  if (from.length === 0) return null;
  const given = Object.entries(instance.params).map(([key, value]) => `, ${key}=${JSON.stringify(value)}`);
  return (
    <nav class="cx-trail" aria-label="Pages opened in this cell">
      <button type="button" class="cx-link" onClick={() => session.back()}>
        <Picture name="arrow-left" size={14} /> {from.at(-1)?.title.value}
      </button>
      <code class="cx-code-inline">
        clonexs.open_page("{instance.page}"{given.join("")})
      </code>
    </nav>
  );
}

function Toasts({ session }: { readonly session: Session }) {
  return (
    <div class="cx-toasts">
      {session.toasts.value.map((item) => (
        <Toast key={item.id} item={item} onClose={() => session.dismiss(item.id)} />
      ))}
    </div>
  );
}

function toneOf(word: string): Tone {
  if (word === "error") return "danger";
  return word in TONE_ICONS ? (word as Tone) : "info";
}

function Toast({ item, onClose }: { readonly item: ToastItem; readonly onClose: () => void }) {
  const [held, hold] = useState(false);
  const tone = toneOf(item.tone);
  const stays = tone === "danger" || held;
  useEffect(() => {
    if (stays) return;
    const timer = setTimeout(onClose, 5000);
    return () => clearTimeout(timer);
  }, [stays]);
  return (
    <div
      class={`cx-toast cx-alert-${tone}`}
      role={tone === "danger" ? "alert" : "status"}
      onMouseEnter={() => hold(true)}
      onMouseLeave={() => hold(false)}
      onFocusCapture={() => hold(true)}
    >
      <span class={`cx-tone-${tone}`}>
        <Picture name={TONE_ICONS[tone]} />
      </span>
      <div class="cx-alert-body">
        <p class="cx-wrap-text">{item.text}</p>
        {item.hint && <p class="cx-muted">{item.hint}</p>}
      </div>
      <button
        type="button"
        class="cx-button cx-button-ghost cx-button-icon cx-button-small"
        aria-label="Dismiss"
        onClick={onClose}
      >
        <Picture name="x" size={14} />
      </button>
    </div>
  );
}
