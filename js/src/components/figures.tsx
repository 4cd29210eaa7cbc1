import type { Components } from "../contract.gen";
import { DASH, number, words } from "../runtime/format";
import type { Slot } from "../runtime/render";
import { CopyButton } from "./actions";
import { Anchor, Figure, Picture } from "./primitives";

export function StatCards({ label, children }: Components["StatCards"] & Slot) {
  return (
    <div class="cx-stats" role="group" aria-label={label}>
      {children}
    </div>
  );
}

/** The unit stands smaller beside its number, as the eye wants the figure first. */
function Split({ shown }: { readonly shown: string }) {
  const parts = /^([<>]?-?[\d.,\u202f\u00a0'’]+)\s*(\D+)$/.exec(shown);
  if (!parts) return <>{shown}</>;
  return (
    <>
      {parts[1]}
      <span class="cx-stat-unit">&nbsp;{parts[2]}</span>
    </>
  );
}

function Delta({ delta, good }: { readonly delta: unknown; readonly good: string }) {
  if (typeof delta !== "number") return <span class="cx-small cx-muted">{words(delta)}</span>;
  const isUp = delta > 0;
  const tone = delta === 0 || good === "none" ? "neutral" : isUp === (good === "up") ? "success" : "danger";
  return (
    <span class={`cx-delta cx-small cx-tone-${tone}`}>
      {delta !== 0 && <Picture name={isUp ? "arrow-up" : "arrow-down"} size={12} />}
      {number(Math.abs(Math.round(delta * 10) / 10))} %
      <span class="cx-hidden">{isUp ? " more" : " less"} than before</span>
    </span>
  );
}

function Spark({ values }: { readonly values: readonly number[] }) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const height = (value: number) => 22 - ((value - least) / (most - least || 1)) * 20;
  const points = values
    .map((value, at) => `${(at * 80) / (values.length - 1)},${height(value).toFixed(1)}`)
    .join(" ");
  return (
    <svg class="cx-spark" viewBox="0 0 80 24" preserveAspectRatio="none" aria-hidden="true">
      <polyline
        points={points}
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  );
}

export function Stat(props: Components["Stat"]) {
  const { label, value, format, unit, note, delta, delta_good, tone, icon, missing, loading, to, spark } =
    props;
  const isMissing = value === null || value === undefined;
  const shown = words(value, format, format === "rate" ? unit : "");
  return (
    <div class={`cx-stat cx-stat-${tone}`} aria-busy={loading || undefined}>
      <p class="cx-stat-label">
        {icon && <Picture name={icon} size={14} />}
        {to ? <Anchor to={to}>{label}</Anchor> : label}
      </p>
      {loading ? (
        <p class="cx-stat-value">
          <span class="cx-bone" />
          <span class="cx-hidden">Loading</span>
        </p>
      ) : (
        <p
          class={`cx-stat-value${tone === "neutral" ? "" : ` cx-tone-${tone}`}`}
          title={isMissing ? missing : undefined}
        >
          {isMissing ? <span class="cx-muted">{DASH}</span> : <Split shown={shown} />}
          {unit && !isMissing && format !== "rate" && <span class="cx-stat-unit">&nbsp;{unit}</span>}
        </p>
      )}
      <p class="cx-stat-note">
        {!loading && delta !== null && delta !== undefined && <Delta delta={delta} good={delta_good} />}
        {!loading && <span class="cx-small cx-muted">{isMissing ? missing : note}</span>}
      </p>
      {spark.length > 1 && !loading && <Spark values={spark} />}
    </div>
  );
}

export function KeyValue({ items, columns }: Components["KeyValue"]) {
  return (
    <dl class={`cx-pairs cx-pairs-${columns}`}>
      {items.map((item) => (
        <div key={item.label} class="cx-pair">
          <dt title={item.help || undefined}>{item.label}</dt>
          <dd>
            {item.to && item.value !== null ? (
              <Anchor to={item.to}>
                <Figure value={item.value} format={item.format} unit={item.unit} />
              </Anchor>
            ) : (
              <Figure value={item.value} format={item.format} unit={item.unit} />
            )}
            {item.copy && item.value !== null && (
              <CopyButton label={`Copy ${item.label}`} look="ghost" iconOnly text={() => words(item.value)} />
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
