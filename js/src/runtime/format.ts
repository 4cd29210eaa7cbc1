import type { Format } from "../contract.gen";

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const one = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const days = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const clocks = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const plurals = new Intl.PluralRules();

export const DASH = "–";

export function isNumeric(format: Format): boolean {
  return ["number", "bytes", "percent", "duration", "rate"].includes(format);
}

export function number(value: number): string {
  return (Number.isInteger(value) ? whole : short).format(value);
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let size = Math.abs(value);
  let at = 0;
  while (size >= 1000 && at < units.length - 1) {
    size /= 1000;
    at++;
  }
  const text = at === 0 || size >= 100 ? whole.format(size) : one.format(size);
  return `${value < 0 ? "-" : ""}${text} ${units[at]}`;
}

export function duration(seconds: number): string {
  if (seconds < 0.0005) return "0 ms";
  if (seconds < 1) return `${whole.format(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? one.format(seconds) : whole.format(seconds)} s`;
  const total = Math.round(seconds);
  const [h, m, s] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  if (h === 0) return s ? `${m} min ${s} s` : `${m} min`;
  return m ? `${whole.format(h)} h ${m} min` : `${whole.format(h)} h`;
}

export function counted(count: number, unit: string): string {
  // Units arrive in the plural ("tables"); one of them is said in the singular.
  const name = plurals.select(count) === "one" && unit.endsWith("s") ? unit.slice(0, -1) : unit;
  return unit ? `${number(count)} ${name}` : number(count);
}

export function dateOf(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (typeof value === "number") return new Date(value < 1e11 ? value * 1000 : value);
  if (typeof value === "string" && value) {
    const date = new Date(value);
    return Number.isNaN(date.getTime()) ? undefined : date;
  }
  return undefined;
}

export const exact = (date: Date): string => dates.format(date);
export const clock = (date: Date): string => clocks.format(date);

export function relative(date: Date, now = Date.now()): string {
  const seconds = (now - date.getTime()) / 1000;
  const past = (text: string) => (seconds < 0 ? `in ${text}` : `${text} ago`);
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  if (size < 60) return past(`${Math.round(size)} s`);
  if (size < 3600) return past(`${Math.round(size / 60)} min`);
  if (size < 86_400) return past(`${Math.round(size / 3600)} h`);
  if (size < 7 * 86_400) return past(`${Math.round(size / 86_400)} d`);
  return days.format(date);
}

/** The words of a value, without its unit's decoration. */
export function words(value: unknown, format: Format = "text", unit = ""): string {
  if (value === null || value === undefined || value === "") return DASH;
  if (typeof value === "boolean" || format === "bool") return value ? "yes" : "no";
  if (format === "time" || format === "relative") {
    const date = dateOf(value);
    return date ? (format === "time" ? exact(date) : relative(date)) : String(value);
  }
  if (typeof value === "number") return figure(value, format, unit);
  if (
    typeof value === "string" &&
    isNumeric(format) &&
    value.trim() !== "" &&
    Number.isFinite(Number(value))
  ) {
    return Number.isSafeInteger(Number(value)) || value.includes(".")
      ? figure(Number(value), format, unit)
      : value;
  }
  return text(value);
}

function figure(value: number, format: Format, unit: string): string {
  if (!Number.isFinite(value)) return DASH;
  if (format === "bytes") return bytes(value);
  if (format === "duration") return duration(value);
  if (format === "percent")
    return `${value >= 10 || Number.isInteger(value) ? number(Math.round(value * 10) / 10) : short.format(value)} %`;
  if (format === "rate") return `${number(Math.round(value * 10) / 10)}${unit ? ` ${unit}` : ""}/s`;
  return unit ? counted(value, unit) : number(value);
}

/** Anything as text: nested values as JSON, dates exactly. */
export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return exact(value);
  if (value instanceof Uint8Array) return `${bytes(value.length)} of bytes`;
  if (typeof value !== "object") return String(value);
  if (value instanceof Map) return JSON.stringify(Object.fromEntries(value));
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? item.toString() : item));
}
