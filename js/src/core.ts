// The kit: one module per browser page, however many widgets it serves.
import { mount } from "./mount";
import type { Boot, Transport, Wire } from "./runtime/transport";

interface Model {
  get(name: string): unknown;
  send(content: unknown, callbacks?: unknown, buffers?: unknown): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
}

/** A widget's model as a transport. */
export function modelTransport(model: Model): Transport {
  return {
    send: (message, buffers) => model.send(message, undefined, buffers),
    onMessage: (callback) => {
      const heard = (message: Wire, buffers?: DataView[]) => callback(message, buffers ?? []);
      model.on("msg:custom", heard);
      return () => model.off("msg:custom", heard);
    },
  };
}

/** What the stub calls: draw the page that came with the widget, in a shadow root of its own. */
export function mountWidget(
  model: Model,
  el: HTMLElement,
  load: (chunk: string) => Promise<unknown>,
): () => void {
  const boot = (model.get("boot") ?? {}) as Boot;
  const mounted = mount(el, modelTransport(model), { boot, load, shadow: true, heading: 3 });
  return mounted.close;
}

export { mount };
