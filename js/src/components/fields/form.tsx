import { useRef } from "preact/hooks";
import type { Components, WireNode } from "../../contract.gen";
import type { Slot } from "../../runtime/render";
import { Picture } from "../primitives";
import { FormContext } from "./frame";

/** What a field is called, found by its path or name in the form's own tree. */
function labelOf(path: string, nodes: readonly WireNode[] = []): string | undefined {
  for (const { p, ch } of nodes) {
    const bound = (p?.value as { $s?: string } | undefined)?.$s;
    if (bound === path || bound?.endsWith(`.${path}`))
      return typeof p?.label === "string" ? p.label : undefined;
    const found = labelOf(path, ch);
    if (found) return found;
  }
  return undefined;
}

export function Form({
  on_submit,
  columns,
  errors,
  summary,
  required_legend,
  disabled,
  node,
  children,
}: Components["Form"] & Slot) {
  const box = useRef<HTMLDivElement>(null);
  const found = errors ?? {};
  const list = Object.entries(found);
  const reach = (path: string) => {
    const fields = [...(box.current?.querySelectorAll<HTMLElement>("[data-field]") ?? [])];
    const field = fields.find(
      (each) => each.dataset.field === path || each.dataset.field?.endsWith(`.${path}`),
    );
    field?.scrollIntoView({ block: "center" });
    field?.querySelector<HTMLElement>("input, select, textarea, button")?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { target } = event;
    const isLine = target instanceof HTMLInputElement && target.getAttribute("aria-expanded") !== "true";
    const submits = event.key === "Enter" && !event.defaultPrevented && isLine && target.type !== "checkbox";
    if (!on_submit || !submits || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    void on_submit();
  };
  return (
    <div class={`cx-form cx-columns-${columns}`} role="group" ref={box} onKeyDown={onKeyDown}>
      {summary && list.length > 0 && (
        <div class="cx-alert cx-alert-danger cx-span-3" role="alert">
          <span class="cx-tone-danger">
            <Picture name="octagon-alert" />
          </span>
          <div class="cx-alert-body">
            <p class="cx-strong">
              {list.length === 1 ? "One field needs another look" : `${list.length} fields need another look`}
            </p>
            <ul class="cx-list">
              {list.map(([path, problem]) => (
                <li key={path}>
                  <button type="button" class="cx-link" onClick={() => reach(path)}>
                    {labelOf(path, node.ch) ?? path.slice(path.lastIndexOf(".") + 1).replaceAll("_", " ")}
                  </button>{" "}
                  {problem}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
      {required_legend && <p class="cx-small cx-muted cx-span-3">* required</p>}
      <FormContext.Provider value={{ disabled, errors: found }}>{children}</FormContext.Provider>
    </div>
  );
}

export function FieldGroup({ legend, help, columns, children }: Components["FieldGroup"] & Slot) {
  return (
    <fieldset class={`cx-group cx-span-3 cx-columns-${columns}`}>
      <legend class="cx-h3">{legend}</legend>
      {help && <p class="cx-help cx-span-3">{help}</p>}
      {children}
    </fieldset>
  );
}
