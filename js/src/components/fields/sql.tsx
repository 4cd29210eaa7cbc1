import { useState } from "preact/hooks";
import type { Components } from "../../contract.gen";
import { Picture, useBusy } from "../primitives";
import { attributes, Frame, useField } from "./frame";

interface Checked {
  readonly ok: boolean;
  readonly message: string;
}

export function SqlField(field: Components["SqlField"]) {
  const { value, lines, placeholder, on_check } = field;
  const wired = useField(field);
  const [checked, setChecked] = useState<Checked | undefined>();
  const [busy, run] = useBusy();
  const check = async () => {
    const answer = (await on_check?.({ text: String(value.value ?? "") })) as Checked | undefined;
    setChecked(answer);
  };
  return (
    <Frame field={field} wired={wired}>
      <textarea
        {...attributes(wired)}
        class="cx-input cx-mono"
        rows={lines}
        spellcheck={false}
        placeholder={placeholder}
        value={String(value.value ?? "")}
        onInput={(event) => {
          setChecked(undefined);
          value.set(event.currentTarget.value);
        }}
      />
      {on_check && (
        <div class="cx-row cx-gap-small cx-align-center">
          <button
            type="button"
            class="cx-button cx-button-secondary cx-button-small"
            disabled={wired.disabled}
            aria-busy={busy || undefined}
            onClick={() => run(check)}
          >
            <Picture name="check-check" size={14} />
            Check
          </button>
          <span role="status" class={`cx-small cx-tone-${checked?.ok ? "success" : "danger"}`}>
            {checked && (
              <>
                <Picture name={checked.ok ? "circle-check" : "circle-x"} size={13} /> {checked.message}
              </>
            )}
          </span>
        </div>
      )}
    </Frame>
  );
}
