import { useEffect, useRef } from "preact/hooks";
import { choices, choose, preview, type ThemeChoice, theme } from "./looks";

const AUTO: ThemeChoice = { name: "auto", title: "System", line: "Light or dark, as the system" };

/** The ten themes; moving over them shows them, choosing keeps one, Escape goes back. */
export function ThemeMenu({ shipped }: { readonly shipped: readonly string[] }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => () => preview(theme.peek()), []);
  const options = [AUTO, ...choices(shipped)];
  const chosen = options.find(({ name, other }) => name === theme.value || other === theme.value) ?? AUTO;
  const move = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>("[role=radio]") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const last = buttons.length - 1;
    const goals: Record<string, number> = {
      ArrowDown: at === last ? 0 : at + 1,
      ArrowRight: at === last ? 0 : at + 1,
      ArrowUp: at <= 0 ? last : at - 1,
      ArrowLeft: at <= 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const goal = goals[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    buttons[goal]?.focus();
  };
  return (
    <>
      <h2 id="sh-theme-title">Theme</h2>
      <div role="radiogroup" aria-labelledby="sh-theme-title" ref={list} onKeyDown={move}>
        {options.map((option) => (
          <button
            key={option.name}
            type="button"
            role="radio"
            class="sh-item"
            aria-checked={option === chosen}
            tabIndex={option === chosen ? 0 : -1}
            {...(option === chosen ? { "data-first": "" } : {})}
            onFocus={() => preview(option === chosen ? theme.value : option.name)}
            onMouseEnter={() => preview(option === chosen ? theme.value : option.name)}
            onMouseLeave={() => preview(theme.value)}
            onClick={() => choose(option.name)}
          >
            <span
              class="sh-swatch"
              {...(option.name === "auto" ? {} : { "data-cx-theme": option.name })}
              aria-hidden="true"
            />
            <span class="sh-grow">{option.title}</span>
            <small>{option === chosen ? "✓" : ""}</small>
          </button>
        ))}
      </div>
      {chosen.other && <BaseSwitch choice={chosen} other={chosen.other} />}
    </>
  );
}

/** Two themes exist on a light and on a dark base. */
function BaseSwitch({ choice, other }: { readonly choice: ThemeChoice; readonly other: string }) {
  const isLight = (name: string) => name === "rose" || name === "solarized-light";
  const next = theme.value === choice.name ? other : choice.name;
  return (
    <div class="sh-actions">
      <button type="button" class="sh-button" onClick={() => choose(next)}>
        {isLight(next) ? "Use the light base" : "Use the dark base"}
      </button>
    </div>
  );
}
