import type { Components } from "../../contract.gen";
import { attributes, Frame, useField } from "./frame";

export function DateField(field: Components["DateField"]) {
  const { value, with_time, min, max } = field;
  const wired = useField(field);
  const shared = {
    ...attributes(wired),
    class: "cx-input cx-num",
    value: String(value.value ?? ""),
    min: min || undefined,
    max: max || undefined,
    onChange: (event: Event) => value.set((event.currentTarget as HTMLInputElement).value),
  };
  return (
    <Frame field={field} wired={wired}>
      {with_time ? <input {...shared} type="datetime-local" step={1} /> : <input {...shared} type="date" />}
    </Frame>
  );
}
