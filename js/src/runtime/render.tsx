import { type ComponentChildren, type ComponentType, createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { WireNode } from "../contract.gen";
import type { Instance } from "./instance";
import { resolve } from "./resolve";

/** What every component finds around it. */
export interface Scope {
  readonly instance: Instance;
  /** Where layers (menus, tips) are put, so that they keep the theme. */
  readonly root: HTMLElement;
  readonly heading: number;
  readonly load: (chunk: string) => Promise<unknown>;
  readonly announce: (text: string, urgent?: boolean) => void;
}

const ScopeContext = createContext<Scope | undefined>(undefined);
export const ScopeProvider = ScopeContext.Provider;

export function useScope(): Scope {
  const scope = useContext(ScopeContext);
  if (!scope) throw new Error("a component stands outside of a page");
  return scope;
}

type Drawn = ComponentType<Record<string, unknown> & { node: WireNode; children?: ComponentChildren }>;
let registry: Record<string, Drawn> = {};

export function register(components: Record<string, unknown>): void {
  registry = components as Record<string, Drawn>;
}

/** Children of a component: its node's own. */
export interface Slot {
  readonly node: WireNode;
  readonly children?: ComponentChildren;
}

export function Render({ node }: { readonly node: WireNode }) {
  const { instance } = useScope();
  const Component = registry[node.c];
  const props = resolve(node, instance);
  const children = useMemo(() => <Nodes nodes={node.ch} />, [node.ch]);
  if (!Component)
    return <p class="cx-unknown">This page needs a newer interface ({node.c}). Reload the page.</p>;
  return (
    <Component {...props} node={node}>
      {node.ch ? children : undefined}
    </Component>
  );
}

export function Nodes({ nodes }: { readonly nodes?: readonly WireNode[] }) {
  return (
    <>
      {nodes?.map((node, at) => (
        <Render key={node.k ?? `${node.c}${at}`} node={node} />
      ))}
    </>
  );
}
