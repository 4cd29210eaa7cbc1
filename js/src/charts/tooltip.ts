import type { Format } from "../contract.gen";
import { words } from "../runtime/format";

interface Param {
  readonly seriesName?: string;
  readonly name?: string;
  readonly axisValueLabel?: string;
  readonly color?: unknown;
  readonly value?: unknown;
  readonly dataType?: string;
}

const numberOf = (value: unknown): unknown => (Array.isArray(value) ? value.at(-1) : value);

/** The box beside the pointer, made of nodes: names from a workspace never become markup. */
export function tooltipOf(format: Format, unit: string) {
  return (given: unknown): HTMLElement => {
    const params = (Array.isArray(given) ? given : [given]) as readonly Param[];
    const box = document.createElement("div");
    const title = document.createElement("strong");
    title.textContent = params[0]?.axisValueLabel ?? params[0]?.name ?? "";
    box.append(title);
    for (const param of params) {
      const line = document.createElement("div");
      const mark = document.createElement("span");
      mark.className = "cx-mark";
      if (typeof param.color === "string") mark.style.background = param.color;
      const label = param.seriesName && !param.seriesName.startsWith("series") ? param.seriesName : "";
      line.append(mark, `${label}${label ? " " : ""}`, shownValue(param, format, unit));
      box.append(line);
    }
    return box;
  };
}

function shownValue({ value }: Param, format: Format, unit: string): HTMLElement {
  const strong = document.createElement("b");
  strong.textContent = words(numberOf(value), format, unit);
  return strong;
}
