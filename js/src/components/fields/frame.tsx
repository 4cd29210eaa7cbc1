import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Handle } from "../../contract.gen";
import { Picture, useId } from "../primitives";

/** What a form tells its fields. */
export interface FormScope {
  readonly disabled: boolean;
  readonly errors: Readonly<Record<string, string>>;
}

export const FormContext = createContext<FormScope>({ disabled: false, errors: {} });

export interface FieldProps {
  readonly value: Handle;
  readonly label: string;
  readonly help: string;
  readonly required: boolean;
  readonly disabled: boolean;
  readonly disabled_reason: string;
  readonly error: string | null;
  readonly changed: boolean;
  readonly span: 1 | 2 | 3;
  readonly transient: boolean;
}

export interface Wired {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
  readonly disabled: boolean;
  readonly required: boolean;
}

export function useField(
  field: FieldProps,
): Wired & { readonly problem: string; readonly descriptionId: string } {
  const form = useContext(FormContext);
  const id = useId("field");
  const descriptionId = `${id}-about`;
  const { path } = field.value;
  // A form's errors are keyed by path or by the field's own name.
  const problem =
    field.error || form.errors[path] || form.errors[path.slice(path.lastIndexOf(".") + 1)] || "";
  const disabled = field.disabled || form.disabled;
  const isDescribed = Boolean(problem || field.help || (disabled && field.disabled_reason));
  return {
    id,
    descriptionId,
    describedBy: isDescribed ? descriptionId : undefined,
    invalid: Boolean(problem),
    disabled,
    required: field.required,
    problem,
  };
}

interface FrameProps {
  readonly field: FieldProps;
  readonly wired: ReturnType<typeof useField>;
  readonly children: ComponentChildren;
  /** A group of controls is named by a legend, a single one by its label. */
  readonly group?: boolean;
  /** The control brings its own label (check boxes). */
  readonly bare?: boolean;
}

export function Frame({ field, wired, children, group, bare }: FrameProps) {
  const { problem, id, descriptionId, disabled } = wired;
  const words = (
    <>
      {field.label}
      {field.required && (
        <span class="cx-required" aria-hidden="true">
          *
        </span>
      )}
      {field.changed && (
        <span class="cx-changed" title="Not the default" role="img" aria-label="changed from the default" />
      )}
    </>
  );
  const about = problem || (disabled && field.disabled_reason) || field.help;
  const note = about && (
    <p id={descriptionId} class={problem ? "cx-error" : "cx-help"}>
      {problem && <Picture name="circle-alert" size={13} />}
      {about}
    </p>
  );
  const name = `cx-field cx-span-${field.span}${problem ? " cx-invalid" : ""}`;
  if (group) {
    return (
      <fieldset class={name} data-field={field.value.path} aria-describedby={wired.describedBy}>
        <legend class="cx-label">{words}</legend>
        {children}
        {note}
      </fieldset>
    );
  }
  return (
    <div class={name} data-field={field.value.path}>
      {!bare && (
        <label class="cx-label" for={id}>
          {words}
        </label>
      )}
      {children}
      {note}
    </div>
  );
}

/** Attributes that every control of a field carries. */
export function attributes(wired: Wired) {
  return {
    id: wired.id,
    disabled: wired.disabled,
    "aria-invalid": wired.invalid || undefined,
    "aria-describedby": wired.describedBy,
    "aria-required": wired.required || undefined,
  };
}
