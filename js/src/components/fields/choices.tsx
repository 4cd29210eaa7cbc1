import type { Components } from "../../contract.gen";

export function TableChoices({ items, options, value, label }: Components["TableChoices"]) {
  const chosen = (value.value ?? {}) as Record<string, string>;
  const all = (choice: string) =>
    value.set(Object.fromEntries((items ?? []).map((item) => [String(item.id), choice])));
  return (
    <div class="cx-choices" role="group" aria-label={label}>
      {items.length > 1 && (
        <div class="cx-choice cx-choice-all">
          <span class="cx-muted">All {items.length}</span>
          <select
            class="cx-input cx-select-small"
            aria-label={`${label}: all`}
            value=""
            onChange={(event) => all(event.currentTarget.value)}
          >
            <option value="" disabled>
              Set all to…
            </option>
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label || option.value}
              </option>
            ))}
          </select>
        </div>
      )}
      {items.map((item) => (
        <div key={item.id} class="cx-choice">
          <span class="cx-choice-text">
            <span class="cx-mono">{item.label || item.id}</span>
            {item.note && <span class="cx-help">{item.note}</span>}
          </span>
          <select
            class="cx-input cx-select-small"
            aria-label={`${label}: ${item.label || item.id}`}
            value={chosen[String(item.id)] ?? ""}
            onChange={(event) => value.set({ ...chosen, [String(item.id)]: event.currentTarget.value })}
          >
            {!(String(item.id) in chosen) && <option value="">Choose…</option>}
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label || option.value}
              </option>
            ))}
          </select>
        </div>
      ))}
    </div>
  );
}
