import type { Components } from "../contract.gen";
import { clock, dateOf } from "../runtime/format";
import { Age, Picture, TONE_ICONS } from "./primitives";

interface Event {
  readonly ts?: unknown;
  readonly title?: string;
  readonly text?: string;
  readonly tone?: keyof typeof TONE_ICONS;
  readonly icon?: string;
}

export function Timeline({ items, label }: Components["Timeline"]) {
  return (
    <ol class="cx-timeline" aria-label={label}>
      {((items ?? []) as readonly Event[]).map((item, at) => {
        const date = dateOf(item.ts);
        return (
          <li key={`${item.ts}${at}`}>
            <span class={`cx-tone-${item.tone ?? "neutral"}`}>
              <Picture name={item.icon || TONE_ICONS[item.tone ?? "neutral"]} size={14} />
            </span>
            <div>
              <p>
                <span class="cx-strong">{item.title}</span>{" "}
                {date && (
                  <span class="cx-small cx-muted" title={clock(date)}>
                    <Age value={item.ts} />
                  </span>
                )}
              </p>
              {item.text && <p class="cx-muted">{item.text}</p>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
