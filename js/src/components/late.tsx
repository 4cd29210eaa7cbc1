import type { ComponentType, VNode } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ComponentName, Components } from "../contract.gen";
import { type Slot, useScope } from "../runtime/render";
import { Problem, Skeleton } from "./feedback";

type Look = Components["Skeleton"]["look"];
let data: Record<string, ComponentType<unknown>> | undefined;

/** A component of the chunk that follows the first paint; its shape stands in until then. */
export function late<N extends ComponentName>(
  name: N,
  look: Look,
): (props: Components[N] & Slot) => VNode | null {
  return function Late(props) {
    const { load } = useScope();
    const [, redraw] = useState(0);
    const [failed, setFailed] = useState(false);
    useEffect(() => {
      if (data) return;
      let alive = true;
      load("data").then(
        (chunk) => {
          data = chunk as Record<string, ComponentType<unknown>>;
          if (alive) redraw(1);
        },
        () => alive && setFailed(true),
      );
      return () => {
        alive = false;
      };
    }, [failed]);
    const Component = data?.[name] as ComponentType<Components[N] & Slot> | undefined;
    if (Component) return <Component {...(props as Components[N] & Slot & object)} />;
    if (!failed) return <Skeleton look={look} count={3} label="Loading" />;
    const retry = async () => setFailed(false);
    return (
      <Problem
        message="A part of this page could not be loaded."
        code=""
        object=""
        hint="The server may have been updated: reload the page."
        details=""
        trace=""
        on_retry={Object.assign(retry, { ask: retry })}
      />
    );
  };
}
