import { h } from "preact";
import type { Components } from "../contract.gen";
import { Nodes, type Slot, useScope } from "../runtime/render";
import { useLooks } from "../runtime/ui_state";
import { Age, Anchor, Figure, Picture, StatusWord, useBusy, useId } from "./primitives";

export function Page({ width, busy, children }: Components["Page"] & Slot) {
  return (
    <div class={`cx-page cx-page-${width}`} aria-busy={busy}>
      {children}
    </div>
  );
}

export function Header({
  title,
  subtitle,
  as_of,
  on_refresh,
  status,
  children,
}: Components["Header"] & Slot) {
  const { heading } = useScope();
  const [busy, run] = useBusy();
  return (
    <div class="cx-header">
      <div class="cx-header-text">
        <div class="cx-row cx-gap-small cx-align-center">
          {h(`h${heading}`, { class: "cx-h1" }, title)}
          {status && <StatusWord value={status} />}
        </div>
        {subtitle && <p class="cx-muted">{subtitle}</p>}
      </div>
      <div class="cx-header-end">
        {as_of !== null && (
          <span class="cx-small cx-muted">
            as of <Age value={as_of} />
          </span>
        )}
        {on_refresh && (
          <button
            type="button"
            class="cx-button cx-button-ghost cx-button-icon"
            aria-label="Refresh"
            title="Refresh"
            aria-busy={busy}
            onClick={() => run(() => on_refresh())}
          >
            <Picture name="refresh-cw" />
          </button>
        )}
        {children}
      </div>
    </div>
  );
}

export function Stack({ direction, gap, align, justify, wrap, children }: Components["Stack"] & Slot) {
  const name = `cx-${direction} cx-gap-${gap} cx-align-${align} cx-justify-${justify}${wrap ? " cx-wrap" : ""}`;
  return <div class={name}>{children}</div>;
}

export function Grid({ min_width, max_columns, gap, children }: Components["Grid"] & Slot) {
  const least = `min(100%, max(${min_width}px, (100% - ${max_columns - 1} * 16px) / ${max_columns}))`;
  const column = max_columns > 0 ? least : `min(100%, ${min_width}px)`;
  return (
    <div
      class={`cx-grid cx-gap-${gap}`}
      style={{ gridTemplateColumns: `repeat(auto-fill, minmax(${column}, 1fr))` }}
    >
      {children}
    </div>
  );
}

export function Card(props: Components["Card"] & Slot) {
  const { title, subtitle, actions, tone, padding, collapsible, badge, node, children } = props;
  const { heading } = useScope();
  const [open, setOpen] = useLooks(`card:${node.k ?? title}`, props.open);
  const body = useId("card");
  const label = useId("card-title");
  const shown = !collapsible || open;
  const text = (
    <>
      {title}
      {badge !== null && (
        <span class="cx-badge">
          <Figure value={badge} />
        </span>
      )}
    </>
  );
  return (
    <section class={`cx-card cx-card-${tone}`} aria-labelledby={title ? label : undefined}>
      {(title || actions.length > 0) && (
        <header class="cx-card-head">
          {h(
            `h${Math.min(heading + 1, 6)}`,
            { class: "cx-h2", id: label },
            collapsible ? (
              <button
                type="button"
                class="cx-fold"
                aria-expanded={open}
                aria-controls={body}
                onClick={() => setOpen(!open)}
              >
                <Picture name={open ? "chevron-down" : "chevron-right"} />
                {text}
              </button>
            ) : (
              text
            ),
          )}
          {subtitle && !(collapsible && open) && (
            <span class="cx-muted cx-small cx-card-note" title={subtitle}>
              {subtitle}
            </span>
          )}
          <span class="cx-card-actions">
            <Nodes nodes={actions} />
          </span>
        </header>
      )}
      <div id={body} class={`cx-card-body cx-pad-${padding}`} hidden={!shown}>
        {shown && children}
      </div>
    </section>
  );
}

export function Toolbar({ end, label, children }: Components["Toolbar"] & Slot) {
  return (
    <div class="cx-toolbar" role="group" aria-label={label}>
      <div class="cx-toolbar-start">{children}</div>
      {end.length > 0 && (
        <div class="cx-toolbar-end">
          <Nodes nodes={end} />
        </div>
      )}
    </div>
  );
}

export function Show({ when, negate, children }: Components["Show"] & Slot) {
  return when !== negate ? <>{children}</> : null;
}

export function Disclosure({ label, open: initial, badge, node, children }: Components["Disclosure"] & Slot) {
  const [open, setOpen] = useLooks(`fold:${node.k ?? label}`, initial);
  const body = useId("fold");
  return (
    <div class="cx-disclosure">
      <button
        type="button"
        class="cx-fold"
        aria-expanded={open}
        aria-controls={body}
        onClick={() => setOpen(!open)}
      >
        <Picture name={open ? "chevron-down" : "chevron-right"} />
        {label}
        {badge !== null && (
          <span class="cx-badge">
            <Figure value={badge} />
          </span>
        )}
      </button>
      <div id={body} class="cx-disclosure-body" hidden={!open}>
        {open && children}
      </div>
    </div>
  );
}

export function Link({ label, to, href, icon }: Components["Link"]) {
  const inside = (
    <>
      {icon && <Picture name={icon} size={14} />}
      {label}
    </>
  );
  if (to) return <Anchor to={to}>{inside}</Anchor>;
  const safe = /^https?:\/\//i.test(href) ? href : undefined;
  return (
    <a class="cx-link" href={safe} target="_blank" rel="noopener noreferrer">
      {inside}
      <Picture name="external-link" size={12} />
    </a>
  );
}
