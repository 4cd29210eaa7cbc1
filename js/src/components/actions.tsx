import { useEffect, useRef, useState } from "preact/hooks";
import type { Components, MenuItem } from "../contract.gen";
import { useScope } from "../runtime/render";
import { fromBase64 } from "../runtime/transport";
import { Picture, useBusy, useId } from "./primitives";

export function Button(props: Components["Button"]) {
  const { label, on_press, look, icon, icon_only, disabled, disabled_reason, primary_key, size } = props;
  const [busy, run] = useBusy();
  const reason = useId("why");
  const name = `cx-button cx-button-${look}${icon_only ? " cx-button-icon" : ""}${size === "small" ? " cx-button-small" : ""}`;
  const blocked = disabled || !on_press;
  return (
    <>
      <button
        type="button"
        class={name}
        // A disabled button with a reason stays in reach, so that the reason can be read.
        disabled={blocked && !disabled_reason}
        aria-disabled={blocked || undefined}
        aria-busy={busy || undefined}
        aria-label={icon_only ? label : undefined}
        aria-describedby={blocked && disabled_reason ? reason : undefined}
        title={blocked && disabled_reason ? disabled_reason : icon_only ? label : undefined}
        data-primary={primary_key || undefined}
        onClick={() => !blocked && on_press && run(() => on_press())}
      >
        {icon && <Picture name={icon} />}
        {!icon_only && <span>{label}</span>}
      </button>
      {blocked && disabled_reason && (
        <span id={reason} class="cx-hidden">
          {disabled_reason}
        </span>
      )}
    </>
  );
}

interface PopupProps {
  readonly items: readonly MenuItem[];
  readonly label: string;
  readonly id: string;
  readonly onClose: (refocus: boolean) => void;
}

function Popup({ items, label, id, onClose }: PopupProps) {
  const { announce, instance } = useScope();
  const copy = async (item: MenuItem, near: Element) => {
    if (!item.on_copy) return;
    try {
      const copied = await copyText(String((await item.on_copy.ask()) ?? ""), near);
      announce(copied ? "Copied" : "Copying was refused", !copied);
      instance.session.toast(copied ? `Copied: ${item.label}` : "Copying was refused");
    } catch (error) {
      instance.session.failed(error);
    }
  };
  const list = useRef<HTMLDivElement>(null);
  const entries = () => [...(list.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  useEffect(() => entries()[0]?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = entries();
    const at = all.findIndex((each) => each.matches(":focus"));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all[(next + all.length) % all.length]?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      onClose(event.key === "Escape");
    } else if (event.key.length === 1) {
      all.find((each) => each.textContent?.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  };
  return (
    <div
      class="cx-menu"
      role="menu"
      tabIndex={-1}
      id={id}
      aria-label={label}
      ref={list}
      onKeyDown={onKeyDown}
    >
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={`cx-menu-item${item.danger ? " cx-tone-danger" : ""}`}
          aria-disabled={item.disabled || undefined}
          onClick={(event) => {
            if (item.disabled) return;
            const near = event.currentTarget.closest(".cx-anchor") ?? event.currentTarget;
            onClose(true);
            if (item.on_copy) void copy(item, near);
            else void item.on_press?.();
          }}
        >
          {item.icon && <Picture name={item.icon} />}
          <span>{item.label}</span>
          {item.note && <span class="cx-muted cx-small cx-menu-note">{item.note}</span>}
        </button>
      ))}
    </div>
  );
}

export function Menu({ label, items, icon, icon_only }: Components["Menu"]) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const id = useId("menu");
  const close = (refocus: boolean) => {
    setOpen(false);
    if (refocus) box.current?.querySelector<HTMLElement>("[aria-haspopup]")?.focus();
  };
  const onFocusOut = (event: FocusEvent) => {
    if (!box.current?.contains(event.relatedTarget as Node | null)) setOpen(false);
  };
  return (
    <div class="cx-anchor" ref={box} onFocusOut={onFocusOut}>
      <button
        type="button"
        class={`cx-button cx-button-secondary${icon_only ? " cx-button-icon" : ""}`}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={icon_only ? label : undefined}
        title={icon_only ? label : undefined}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {icon && <Picture name={icon} />}
        {!icon_only && <span>{label}</span>}
        {!icon_only && <Picture name="chevron-down" size={14} />}
      </button>
      {open && <Popup items={items} label={label} id={id} onClose={close} />}
    </div>
  );
}

export function save(name: string, content: BlobPart, mime: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: mime }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

interface FileAnswer {
  readonly name: string;
  readonly mime?: string;
  readonly text?: string;
  readonly b64?: string;
}

export function Download({
  label,
  on_press,
  icon,
  disabled,
  look,
  size,
}: Omit<Components["Download"], "disabled"> & { readonly disabled?: boolean; readonly size?: "small" }) {
  const [busy, run] = useBusy();
  const fetchIt = async () => {
    const file = (await on_press()) as FileAnswer | undefined;
    if (!file) return;
    const content = file.b64 === undefined ? (file.text ?? "") : fromBase64(file.b64);
    save(file.name, content, file.mime ?? "text/plain");
  };
  return (
    <button
      type="button"
      class={`cx-button cx-button-${look}${size ? ` cx-button-${size}` : ""}`}
      disabled={disabled}
      aria-busy={busy || undefined}
      onClick={() => run(fetchIt)}
    >
      {icon && <Picture name={icon} size={size ? 14 : 16} />}
      <span>{label}</span>
    </button>
  );
}

/** Copies text, also where the clipboard's own interface is refused (frames without permission). */
export async function copyText(text: string, near: Element | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    (near?.parentElement ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export interface CopyButtonProps {
  readonly label: string;
  readonly text: () => Promise<string> | string;
  readonly look?: string;
  readonly iconOnly?: boolean;
}

export function CopyButton({ label, text, look = "secondary", iconOnly = false }: CopyButtonProps) {
  const { announce } = useScope();
  const [done, setDone] = useState<boolean | undefined>();
  const button = useRef<HTMLButtonElement>(null);
  const copy = async () => {
    const copied = await copyText(await text(), button.current);
    setDone(copied);
    announce(copied ? "Copied" : "Copying was refused", !copied);
    setTimeout(() => setDone(undefined), 2000);
  };
  return (
    <button
      type="button"
      ref={button}
      class={`cx-button cx-button-${look}${iconOnly ? " cx-button-icon cx-button-small" : ""}`}
      aria-label={iconOnly ? label : undefined}
      title={iconOnly ? label : undefined}
      onClick={() => void copy()}
    >
      <Picture name={done === undefined ? "copy" : done ? "check" : "x"} size={iconOnly ? 14 : 16} />
      {!iconOnly && <span>{done ? "Copied" : label}</span>}
    </button>
  );
}

export function Copy({ label, text, on_load, look }: Components["Copy"]) {
  return (
    <CopyButton
      label={label}
      look={look}
      text={async () => (on_load ? String((await on_load()) ?? "") : text)}
    />
  );
}
