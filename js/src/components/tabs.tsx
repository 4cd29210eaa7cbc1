import { useRef } from "preact/hooks";
import type { Components } from "../contract.gen";
import { Render, type Slot } from "../runtime/render";
import { useLooks } from "../runtime/ui_state";
import { Figure, Picture, TONE_ICONS, useId } from "./primitives";

export function Tabs({ tabs, value, label, node }: Components["Tabs"] & Slot) {
  const [kept, setKept] = useLooks(`tabs:${node.k ?? label}`, tabs[0]?.id ?? "");
  const list = useRef<HTMLDivElement>(null);
  const id = useId("tab");
  const wanted = value ? String(value.value ?? "") : kept;
  const current = tabs.find((tab) => tab.id === wanted) ?? tabs[0];
  const choose = (tab: string) => (value ? value.set(tab) : setKept(tab));
  const onKeyDown = (event: KeyboardEvent) => {
    const at = current ? tabs.indexOf(current) : -1;
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const tab = next === undefined ? undefined : tabs[(next + tabs.length) % tabs.length];
    if (!tab) return;
    event.preventDefault();
    choose(tab.id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[tabs.indexOf(tab)]?.focus();
  };
  const panel = node.ch?.find((child) => child.k === current?.id);
  return (
    <div class="cx-tabs">
      <div class="cx-tablist" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            class="cx-tab"
            aria-selected={tab === current}
            aria-controls={tab === current ? `${id}-panel` : undefined}
            tabIndex={tab === current ? 0 : -1}
            onClick={() => choose(tab.id)}
          >
            {tab.tone !== "neutral" && (
              <span class={`cx-tone-${tab.tone}`}>
                <Picture name={TONE_ICONS[tab.tone]} size={14} />
              </span>
            )}
            {tab.label}
            {tab.badge !== null && (
              <span class="cx-badge">
                <Figure value={tab.badge} />
              </span>
            )}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id={`${id}-panel`}
        class="cx-tabpanel"
        aria-labelledby={current && `${id}-${current.id}`}
        tabIndex={0}
      >
        {panel && <Render key={panel.k} node={panel} />}
      </div>
    </div>
  );
}
