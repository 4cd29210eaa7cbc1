import { useRef, useState } from "preact/hooks";
import type { Components, Option } from "../../contract.gen";
import { Picture } from "../primitives";
import { attributes, Frame, useField } from "./frame";
import { OptionList, stepOver, useOptions } from "./options";

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

export function ChipsField(field: Components["ChipsField"]) {
  const { value, options, on_search, placeholder, create, mono, label } = field;
  const wired = useField(field);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(-1);
  const box = useRef<HTMLDivElement>(null);
  const chosen = listOf(value.value);
  const found = useOptions(options, on_search, typed, open);
  const hasList = options.length > 0 || on_search !== null;
  const listId = `${wired.id}-list`;
  const add = (...items: string[]) => {
    const fresh = items
      .map((item) => item.trim())
      .filter((item, at, all) => item && !chosen.includes(item) && all.indexOf(item) === at);
    if (fresh.length > 0) value.set([...chosen, ...fresh]);
    setTyped("");
    setActive(-1);
  };
  const remove = (item: string) => value.set(chosen.filter((each) => each !== item));
  const toggle = (option: Option) =>
    chosen.includes(option.value) ? remove(option.value) : add(option.value);
  const take = () => {
    if (create && typed.trim()) add(...typed.split(/[,\n\t]/));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = stepOver(event.key, active, open ? found.options.length : 0);
    const option = found.options[active];
    if (next !== undefined) {
      event.preventDefault();
      setActive(next);
    } else if (event.key === "ArrowDown" && hasList) {
      setOpen(true);
    } else if (event.key === "Enter" && (option || typed)) {
      event.preventDefault();
      if (option && open) toggle(option);
      else take();
    } else if (event.key === "," && create) {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && typed === "") {
      const last = chosen.at(-1);
      if (last !== undefined) remove(last);
    } else if (event.key === "Escape" && open) {
      event.stopPropagation();
      setOpen(false);
    }
  };
  const onFocusOut = (event: FocusEvent) => {
    if (box.current?.contains(event.relatedTarget as Node | null)) return;
    take();
    setOpen(false);
  };
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!create || !/[,\n\t]/.test(text)) return;
    event.preventDefault();
    add(...text.split(/[,\n\t]/));
  };
  return (
    <Frame field={field} wired={wired}>
      <div
        class="cx-input cx-chips cx-anchor"
        ref={box}
        onFocusOut={onFocusOut}
        data-disabled={wired.disabled || undefined}
      >
        {chosen.map((item) => (
          <span key={item} class={`cx-chip${mono ? " cx-mono" : ""}`}>
            {options.find((option) => option.value === item)?.label || item}
            <button
              type="button"
              class="cx-chip-x"
              aria-label={`Remove ${item}`}
              disabled={wired.disabled}
              onClick={() => remove(item)}
            >
              <Picture name="x" size={12} />
            </button>
          </span>
        ))}
        <input
          {...attributes(wired)}
          class="cx-chips-input"
          type="text"
          role={hasList ? "combobox" : undefined}
          aria-expanded={hasList ? open : undefined}
          aria-autocomplete={hasList ? "list" : undefined}
          aria-controls={open ? listId : undefined}
          aria-activedescendant={open && active >= 0 ? `${listId}-${active}` : undefined}
          autocomplete="off"
          spellcheck={false}
          placeholder={chosen.length === 0 ? placeholder : ""}
          value={typed}
          onClick={() => hasList && setOpen(true)}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setOpen(hasList);
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        {open && (
          <div class="cx-popover">
            <OptionList
              id={listId}
              label={label}
              found={found}
              active={active}
              search={typed}
              chosen={chosen}
              onPick={toggle}
              empty={create ? "Enter adds what you typed" : "Nothing fits"}
            />
          </div>
        )}
      </div>
    </Frame>
  );
}
