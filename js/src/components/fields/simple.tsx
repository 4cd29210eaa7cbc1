import { useEffect, useState } from "preact/hooks";
import type { Components, Option } from "../../contract.gen";
import { Picture } from "../primitives";
import { attributes, Frame, useField } from "./frame";

const textOf = (value: unknown): string => (value === null || value === undefined ? "" : String(value));

export function TextField(field: Components["TextField"]) {
  const { value, placeholder, lines, mono, secret, max_length, clearable, transient } = field;
  const wired = useField(field);
  const [isShown, setShown] = useState(false);
  const shared = {
    ...attributes(wired),
    class: `cx-input${mono ? " cx-mono" : ""}`,
    placeholder,
    value: textOf(value.value),
    spellcheck: false,
    maxLength: max_length || undefined,
    onInput: (event: Event) => {
      const given = (event.currentTarget as HTMLInputElement).value;
      value.set(given, { silent: transient, secret });
    },
    onBlur: () => transient && !secret && value.commit(),
  };
  return (
    <Frame field={field} wired={wired}>
      {lines > 1 ? (
        <textarea {...shared} rows={lines} />
      ) : (
        <div class="cx-input-box">
          {secret && !isShown ? (
            <input {...shared} type="password" autocomplete="new-password" />
          ) : (
            <input {...shared} type="text" autocomplete="off" />
          )}
          {secret && (
            <button
              type="button"
              class="cx-input-end"
              aria-label={isShown ? "Hide" : "Show"}
              aria-pressed={isShown}
              onClick={() => setShown(!isShown)}
            >
              <Picture name={isShown ? "lock" : "eye"} />
            </button>
          )}
          {clearable && textOf(value.value) && !wired.disabled && (
            <button
              type="button"
              class="cx-input-end"
              aria-label={`Clear ${field.label}`}
              onClick={() => value.set("")}
            >
              <Picture name="x" />
            </button>
          )}
        </div>
      )}
    </Frame>
  );
}

export function NumberField(field: Components["NumberField"]) {
  const { value, min, max, step, whole, unit, placeholder } = field;
  const wired = useField(field);
  // What is typed may not be a number yet ("1e", "-"): the text stays as typed, Python says what is wrong.
  const [typed, setTyped] = useState(textOf(value.value));
  const current = textOf(value.value);
  useEffect(() => {
    if (Number(typed) !== Number(current) || (current === "") !== (typed === "")) setTyped(current);
  }, [current]);
  const take = (text: string) => {
    setTyped(text);
    const number = Number(text);
    value.set(text.trim() === "" ? null : Number.isFinite(number) ? number : text);
  };
  const move = (direction: number) => {
    const next = (Number(typed) || 0) + direction * (step ?? 1);
    take(String(Math.min(Math.max(next, min ?? -Infinity), max ?? Infinity)));
  };
  return (
    <Frame field={field} wired={wired}>
      <div class="cx-input-box cx-number">
        <input
          {...attributes(wired)}
          class="cx-input cx-num"
          type="text"
          inputMode={whole ? "numeric" : "decimal"}
          role="spinbutton"
          aria-valuenow={typed === "" || Number.isNaN(Number(typed)) ? undefined : Number(typed)}
          aria-valuemin={min ?? undefined}
          aria-valuemax={max ?? undefined}
          autocomplete="off"
          placeholder={placeholder}
          value={typed}
          onInput={(event) => take(event.currentTarget.value)}
          onKeyDown={(event) => {
            const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
            if (!direction) return;
            event.preventDefault();
            move(direction);
          }}
        />
        {unit && <span class="cx-unit">{unit}</span>}
      </div>
    </Frame>
  );
}

const nameOf = (option: Option): string => option.label || option.value;

export function SelectField(field: Components["SelectField"]) {
  const { value, options, placeholder } = field;
  const wired = useField(field);
  const current = textOf(value.value);
  const isListed = options.some((option) => option.value === current);
  return (
    <Frame field={field} wired={wired}>
      <div class="cx-input-box">
        <select
          {...attributes(wired)}
          class="cx-input cx-select"
          value={current}
          onChange={(event) => value.set(event.currentTarget.value)}
        >
          {!isListed && <option value={current}>{current || placeholder || "Choose…"}</option>}
          {options.map((option) => (
            <option key={option.value} value={option.value} disabled={option.disabled}>
              {nameOf(option)}
              {option.hint && ` – ${option.hint}`}
            </option>
          ))}
        </select>
        <span class="cx-input-end cx-static" aria-hidden="true">
          <Picture name="chevron-down" size={14} />
        </span>
      </div>
    </Frame>
  );
}

export function CheckField(field: Components["CheckField"]) {
  const wired = useField(field);
  return (
    <Frame field={field} wired={wired} bare>
      <label class="cx-check">
        <input
          {...attributes(wired)}
          type="checkbox"
          checked={field.value.value === true}
          onChange={(event) => field.value.set(event.currentTarget.checked)}
        />
        <span>{field.label}</span>
        {field.changed && (
          <span class="cx-changed" title="Not the default" role="img" aria-label="changed from the default" />
        )}
      </label>
    </Frame>
  );
}

export function SwitchField(field: Components["SwitchField"]) {
  const wired = useField(field);
  return (
    <Frame field={field} wired={wired} bare>
      <label class="cx-check">
        <input
          {...attributes(wired)}
          type="checkbox"
          role="switch"
          class="cx-switch"
          checked={field.value.value === true}
          onChange={(event) => field.value.set(event.currentTarget.checked)}
        />
        <span>{field.label}</span>
        {field.changed && (
          <span class="cx-changed" title="Not the default" role="img" aria-label="changed from the default" />
        )}
      </label>
    </Frame>
  );
}

export function RadioField(field: Components["RadioField"]) {
  const { value, options, look } = field;
  const wired = useField(field);
  const current = textOf(value.value);
  return (
    <Frame field={field} wired={wired} group>
      <div class={`cx-radios cx-radios-${look}`}>
        {options.map((option) => (
          <label key={option.value} class={`cx-radio${option.value === current ? " cx-on" : ""}`}>
            <input
              type="radio"
              name={wired.id}
              value={option.value}
              checked={option.value === current}
              disabled={wired.disabled || option.disabled}
              onChange={() => value.set(option.value)}
            />
            <span class="cx-radio-text">
              <span>
                {option.icon && <Picture name={option.icon} size={14} />} {nameOf(option)}
              </span>
              {option.hint && look !== "segments" && <span class="cx-help">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </Frame>
  );
}

export function ChecksField(field: Components["ChecksField"]) {
  const { value, options } = field;
  const wired = useField(field);
  const chosen = Array.isArray(value.value) ? value.value.map(String) : [];
  const toggle = (item: string) =>
    value.set(chosen.includes(item) ? chosen.filter((each) => each !== item) : [...chosen, item]);
  return (
    <Frame field={field} wired={wired} group>
      <div class="cx-radios">
        {options.map((option) => (
          <label key={option.value} class="cx-radio">
            <input
              type="checkbox"
              checked={chosen.includes(option.value)}
              disabled={wired.disabled || option.disabled}
              onChange={() => toggle(option.value)}
            />
            <span class="cx-radio-text">
              <span>{nameOf(option)}</span>
              {option.hint && <span class="cx-help">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </Frame>
  );
}
