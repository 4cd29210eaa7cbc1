import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Components } from "../contract.gen";
import { Nodes, type Slot } from "../runtime/render";
import { Picture, useBusy, useId } from "./primitives";

interface LayerProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly label: string;
  readonly class: string;
  readonly role?: "dialog" | "alertdialog";
  readonly style?: Record<string, string>;
  readonly children: ComponentChildren;
}

/** A modal layer on the platform's own dialog: focus is kept inside and given back when it closes. */
export function Layer({ open, onClose, label, class: name, role = "dialog", style, children }: LayerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open && !element.open) element.showModal();
    if (!open && element.open) element.close();
  }, [open]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes by the platform's cancel event.
    <dialog
      ref={dialog}
      class={name}
      style={style}
      role={role}
      aria-label={label}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      {open && children}
    </dialog>
  );
}

function CloseButton({ onClose }: { readonly onClose: () => void }) {
  return (
    <button
      type="button"
      class="cx-button cx-button-ghost cx-button-icon"
      aria-label="Close"
      title="Close"
      onClick={onClose}
    >
      <Picture name="x" />
    </button>
  );
}

export function Drawer({ open, title, width, footer, children }: Components["Drawer"] & Slot) {
  const close = () => open.set(false);
  return (
    <Layer
      open={open.value === true}
      onClose={close}
      label={title}
      class="cx-drawer"
      style={{ width: `min(${width}px, 92vw)` }}
    >
      <div class="cx-drawer-inner">
        <div class="cx-drawer-head">
          <h2 class="cx-h2">{title}</h2>
          <CloseButton onClose={close} />
        </div>
        <div class="cx-drawer-body">{children}</div>
        {footer.length > 0 && (
          <div class="cx-drawer-foot">
            <Nodes nodes={footer} />
          </div>
        )}
      </div>
    </Layer>
  );
}

export function Confirm(props: Components["Confirm"] & Slot) {
  const { open, title, text, lost, typed, confirm_label, cancel_label, danger, on_confirm, children } = props;
  const [word, setWord] = useState("");
  const [busy, run] = useBusy();
  const field = useId("typed");
  const isOpen = open.value === true;
  useEffect(() => setWord(""), [isOpen]);
  const close = () => open.set(false);
  const ready = !typed || word === typed;
  const confirm = () => {
    if (!ready) return;
    void run(async () => {
      await on_confirm(typed ? { typed: word } : undefined);
      close();
    });
  };
  return (
    <Layer open={isOpen} onClose={close} label={title} class="cx-dialog" role="alertdialog">
      <form
        class="cx-dialog-inner"
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
        }}
      >
        <h2 class="cx-h2">
          {danger && (
            <span class="cx-tone-danger">
              <Picture name="triangle-alert" />
            </span>
          )}
          {title}
        </h2>
        {text && <p>{text}</p>}
        {lost.length > 0 && (
          <ul class="cx-lost">
            {lost.map((item) => (
              <li key={item}>{item}</li>
            ))}
          </ul>
        )}
        {children}
        {typed && (
          <div class="cx-field">
            <label class="cx-label" for={field}>
              Type <code class="cx-code-inline">{typed}</code> to continue
            </label>
            <input
              id={field}
              class="cx-input cx-mono"
              autocomplete="off"
              spellcheck={false}
              value={word}
              onInput={(event) => setWord(event.currentTarget.value)}
            />
          </div>
        )}
        <div class="cx-dialog-foot">
          <button type="button" class="cx-button cx-button-secondary" onClick={close}>
            {cancel_label}
          </button>
          <button
            type="submit"
            class={`cx-button cx-button-${danger ? "danger" : "primary"}`}
            disabled={!ready}
            aria-busy={busy}
          >
            {confirm_label}
          </button>
        </div>
      </form>
    </Layer>
  );
}
