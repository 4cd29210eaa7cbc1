import {
  type ComponentName,
  type DataRef,
  DEFAULTS,
  NESTED,
  SHAPES,
  TWO_WAY,
  type WireNode,
} from "../contract.gen";
import type { Instance } from "./instance";

type Props = Record<string, unknown>;
const shapes = SHAPES as Record<string, Props>;
const nested = NESTED as Record<string, Record<string, string>>;
const twoWay = TWO_WAY as Record<string, readonly string[]>;

/** Properties as a component takes them: defaults filled in, bindings followed. Reading them follows signals. */
export function resolve(node: WireNode, instance: Instance): Props {
  const name = node.c as ComponentName;
  const props: Props = { ...DEFAULTS[name] };
  for (const [key, given] of Object.entries(node.p ?? {})) {
    const path = (given as { $s?: string } | null)?.$s;
    if (path !== undefined && twoWay[name]?.includes(key)) props[key] = instance.handle(path);
    else props[key] = filled(follow(given, instance), nested[name]?.[key]);
  }
  return props;
}

const plainValues = new WeakSet<object>();

function follow(value: unknown, instance: Instance): unknown {
  if (value === null || typeof value !== "object" || plainValues.has(value)) return value;
  const bound = value as { $s?: string; $a?: string; args?: Props; $d?: string; $go?: [string, Props?] };
  if (typeof bound.$s === "string") return instance.store.read(bound.$s);
  if (typeof bound.$a === "string") return instance.press(bound.$a, bound.args);
  if (typeof bound.$d === "string") return { ref: bound.$d } satisfies DataRef;
  if (Array.isArray(bound.$go)) return instance.link(bound.$go[0], bound.$go[1] ?? {});
  if (isNode(value)) return value;
  const isPlain = Object.values(value).every((item) => follow(item, instance) === item);
  if (isPlain) {
    // Long lists of rows are walked once, not at every render.
    plainValues.add(value);
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => follow(item, instance));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, follow(item, instance)]));
}

function isNode(value: object): value is WireNode {
  return typeof (value as WireNode).c === "string" && (value as WireNode).c in DEFAULTS;
}

const filledLists = new WeakMap<object, unknown>();

/** Items of a known shape with the defaults that did not travel. */
export function filled<T>(items: T, shape: string | undefined): T {
  if (!shape || !Array.isArray(items)) return items;
  const kept = filledLists.get(items);
  if (kept) return kept as T;
  const made = items.map((item) => fill(item, shape));
  filledLists.set(items, made);
  return made as T;
}

function fill(item: unknown, shape: string): unknown {
  const whole: Props = { ...shapes[shape], ...(item as Props) };
  if (Array.isArray(whole.children)) whole.children = filled(whole.children, shape);
  return whole;
}
