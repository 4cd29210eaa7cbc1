import { useState } from "preact/hooks";
import type { Components } from "../../contract.gen";
import { Picture } from "../primitives";
import { Frame, useField } from "./frame";

export function MapField(field: Components["MapField"]) {
  const { value, key_label, value_label, add_label } = field;
  const wired = useField(field);
  const pairs = Object.entries((value.value ?? {}) as Record<string, unknown>).map(
    ([key, item]) => [key, String(item)] as const,
  );
  // A row whose key is still empty, or the same as another's, cannot stand in an object: it waits here.
  const [draft, setDraft] = useState<readonly (readonly [string, string])[] | undefined>();
  const rows = draft ?? pairs;
  const change = (next: readonly (readonly [string, string])[]) => {
    const keys = next.map(([key]) => key.trim());
    const isWhole = keys.every((key, at) => key !== "" && keys.indexOf(key) === at);
    setDraft(isWhole ? undefined : next);
    value.set(
      Object.fromEntries(next.filter(([key]) => key.trim()).map(([key, item]) => [key.trim(), item])),
    );
  };
  const put = (at: number, pair: readonly [string, string]) =>
    change(rows.map((row, n) => (n === at ? pair : row)));
  return (
    <Frame field={field} wired={wired} group>
      {rows.map(([key, item], at) => (
        <div key={at} class="cx-map-row">
          <input
            class="cx-input cx-mono"
            aria-label={`${key_label} ${at + 1}`}
            placeholder={key_label}
            value={key}
            disabled={wired.disabled}
            onInput={(event) => put(at, [event.currentTarget.value, item])}
          />
          <input
            class="cx-input"
            aria-label={`${value_label} ${at + 1}`}
            placeholder={value_label}
            value={item}
            disabled={wired.disabled}
            onInput={(event) => put(at, [key, event.currentTarget.value])}
          />
          <button
            type="button"
            class="cx-button cx-button-ghost cx-button-icon"
            aria-label={`Remove ${key || `row ${at + 1}`}`}
            disabled={wired.disabled}
            onClick={() => change(rows.filter((_, n) => n !== at))}
          >
            <Picture name="x" />
          </button>
        </div>
      ))}
      <button
        type="button"
        class="cx-button cx-button-secondary cx-button-small"
        disabled={wired.disabled}
        onClick={() => setDraft([...rows, ["", ""]])}
      >
        <Picture name="plus" size={14} />
        {add_label}
      </button>
    </Frame>
  );
}
