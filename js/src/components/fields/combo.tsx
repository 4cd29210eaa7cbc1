import { useRef, useState } from "preact/hooks";
import type { Components, Option } from "../../contract.gen";
import { Picture } from "../primitives";
import { attributes, Frame, useField } from "./frame";
import { OptionList, stepOver, useOptions } from "./options";

/** One of many. What is typed is kept even when it is not listed: Python then says what is wrong with it. */
export function ComboField(field: Components["ComboField"]) {
  const { value, options, on_search, placeholder, icon, create, mono, label } = field;
  const wired = useField(field);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<string | undefined>();
  const [active, setActive] = useState(-1);
  const box = useRef<HTMLDivElement>(null);
  const current = String(value.value ?? "");
  const listed = options.find((option) => option.value === current);
  // Until something is typed, the whole list is offered, not only what equals the current value.
  const found = useOptions(options, on_search, typed ?? "", open);
  const listId = `${wired.id}-list`;
  const isNew =
    create !== "" &&
    typed !== undefined &&
    typed.trim() !== "" &&
    !found.options.some((each) => each.value === typed.trim());

  const close = () => {
    setOpen(false);
    setTyped(undefined);
    setActive(-1);
  };
  const pick = (option: Option) => {
    value.set(option.value);
    close();
  };
  const keepTyped = () => {
    if (typed === undefined) return close();
    const text = typed.trim();
    const exact = found.options.find(
      (each) => (each.label || each.value).toLowerCase() === text.toLowerCase(),
    );
    if (text !== current) value.set(exact && !create ? exact.value : text);
    close();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = stepOver(event.key, active, found.options.length);
    if (next !== undefined) {
      event.preventDefault();
      if (open) setActive(next);
      else setOpen(true);
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      const option = found.options[active];
      if (option && !option.disabled) pick(option);
      else keepTyped();
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };
  const onFocusOut = (event: FocusEvent) => {
    if (!box.current?.contains(event.relatedTarget as Node | null)) keepTyped();
  };
  return (
    <Frame field={field} wired={wired}>
      <div class="cx-input-box cx-anchor" ref={box} onFocusOut={onFocusOut}>
        {icon && (
          <span class="cx-input-start" aria-hidden="true">
            <Picture name={icon} size={14} />
          </span>
        )}
        <input
          {...attributes(wired)}
          class={`cx-input${mono ? " cx-mono" : ""}${icon ? " cx-with-start" : ""}`}
          type="text"
          role="combobox"
          aria-expanded={open}
          aria-autocomplete="list"
          aria-controls={open ? listId : undefined}
          aria-activedescendant={open && active >= 0 ? `${listId}-${active}` : undefined}
          autocomplete="off"
          spellcheck={false}
          placeholder={placeholder}
          value={typed ?? (listed?.label || current)}
          onFocus={(event) => event.currentTarget.select()}
          onClick={() => setOpen(true)}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setActive(-1);
            setOpen(true);
          }}
          onKeyDown={onKeyDown}
        />
        <button
          type="button"
          class="cx-input-end"
          tabIndex={-1}
          aria-label={`Choices for ${label}`}
          disabled={wired.disabled}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => {
            box.current?.querySelector("input")?.focus();
            setOpen(!open);
          }}
        >
          <Picture name="chevrons-up-down" size={14} />
        </button>
        {open && (
          <div class="cx-popover">
            <OptionList
              id={listId}
              label={label}
              found={found}
              active={active}
              search={typed ?? ""}
              chosen={[current]}
              onPick={pick}
              empty={create ? "None yet" : "Nothing fits"}
            />
            {isNew && (
              <button
                type="button"
                class="cx-menu-item cx-create"
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => pick({ value: typed?.trim() ?? "" } as Option)}
              >
                <Picture name="plus" size={14} />
                {create} <strong>{typed?.trim()}</strong>
              </button>
            )}
          </div>
        )}
      </div>
    </Frame>
  );
}
