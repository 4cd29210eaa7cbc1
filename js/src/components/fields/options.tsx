import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Option, Press } from "../../contract.gen";
import { filled } from "../../runtime/resolve";
import { CallError } from "../../runtime/transport";
import { Marked, Picture } from "../primitives";

const MOST = 200;

export interface Found {
  readonly options: readonly Option[];
  readonly state: "ready" | "loading" | "failed";
  readonly message: string;
  /** How many more there are than shown. */
  readonly more: number;
}

/** Choices for what is typed: of a given list, or asked for 250 ms after the last key. */
export function useOptions(
  given: readonly Option[],
  search: Press | null,
  text: string,
  open: boolean,
): Found {
  const [answer, setAnswer] = useState<Found>({ options: [], state: "ready", message: "", more: 0 });
  const asked = useRef(0);
  const first = useRef(true);
  useEffect(() => {
    if (!open) first.current = true;
    if (!open || !search) return;
    const turn = ++asked.current;
    const ask = () => {
      setAnswer((old) => ({ ...old, state: "loading" }));
      search.ask({ text }).then(
        (value) => {
          const options = filled((Array.isArray(value) ? value : []) as readonly Option[], "Option");
          if (turn === asked.current) setAnswer({ options, state: "ready", message: "", more: 0 });
        },
        (error: Error) => {
          const message = error instanceof CallError ? error.failure.message : error.message;
          if (turn === asked.current) setAnswer({ options: [], state: "failed", message, more: 0 });
        },
      );
    };
    const timer = setTimeout(ask, first.current ? 0 : 250);
    first.current = false;
    return () => clearTimeout(timer);
  }, [open, text, search === null]);
  if (search) return answer;
  const wanted = text.toLowerCase();
  const fitting = given.filter((option) => `${option.label} ${option.value}`.toLowerCase().includes(wanted));
  return {
    options: fitting.slice(0, MOST),
    state: "ready",
    message: "",
    more: Math.max(0, fitting.length - MOST),
  };
}

interface ListProps {
  readonly id: string;
  readonly label: string;
  readonly found: Found;
  readonly active: number;
  readonly search: string;
  readonly chosen: readonly string[];
  readonly onPick: (option: Option) => void;
  readonly empty: string;
}

export function OptionList({ id, label, found, active, search, chosen, onPick, empty }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector("[data-active]")?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div class="cx-options">
      <div class="cx-option-scroll" id={id} role="listbox" aria-label={label} ref={box}>
        {found.options.map((option, at) => {
          const isNew = option.group && option.group !== found.options[at - 1]?.group;
          return (
            <Fragment key={option.value}>
              {isNew && (
                <div class="cx-option-group" role="presentation">
                  {option.group}
                </div>
              )}
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: the input drives the list by aria-activedescendant. */}
              <div
                id={`${id}-${at}`}
                class="cx-option"
                role="option"
                tabIndex={-1}
                aria-selected={chosen.includes(option.value)}
                aria-disabled={option.disabled || undefined}
                data-active={at === active || undefined}
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => !option.disabled && onPick(option)}
              >
                {option.icon && <Picture name={option.icon} size={14} />}
                <span class="cx-option-label">
                  <Marked text={option.label || option.value} search={search} />
                </span>
                {option.hint && <span class="cx-muted cx-small cx-option-hint">{option.hint}</span>}
                {chosen.includes(option.value) && <Picture name="check" size={14} />}
              </div>
            </Fragment>
          );
        })}
      </div>
      {(found.options.length === 0 || found.more > 0 || found.state !== "ready") && (
        <p
          class={`cx-option-note cx-small ${found.state === "failed" ? "cx-tone-danger" : "cx-muted"}`}
          role="status"
        >
          {found.state === "loading"
            ? "Looking…"
            : found.state === "failed"
              ? found.message
              : found.more > 0
                ? `${found.more} more: type to narrow`
                : empty}
        </p>
      )}
    </div>
  );
}

/** Arrow keys over a list of choices; gives the new place, or nothing for other keys. */
export function stepOver(key: string, active: number, count: number): number | undefined {
  if (count === 0) return undefined;
  if (key === "ArrowDown") return (active + 1) % count;
  if (key === "ArrowUp") return (active - 1 + count) % count;
  if (key === "PageDown") return Math.min(count - 1, active + 8);
  if (key === "PageUp") return Math.max(0, active - 8);
  return undefined;
}
