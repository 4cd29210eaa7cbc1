import { signal } from "@preact/signals";
import type { DataRef, Handle, Press, WireNode } from "../contract.gen";
import type { Rows, Window } from "./rows";
import type { Session } from "./session";
import { Store } from "./store";
import type { Boot, Wire } from "./transport";

const DEBOUNCE_MS = 250;

/** One open page: its tree, its values, and the ways back to Python. */
export class Instance {
  readonly inst: string;
  readonly page: string;
  readonly params: Record<string, unknown>;
  readonly tree = signal<WireNode | undefined>(undefined);
  readonly title = signal("");
  readonly store = new Store();
  rev = -1;
  private readonly unsent = new Map<string, unknown>();
  private readonly secrets = new Map<string, unknown>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly session: Session,
    boot: Boot & { inst: string },
  ) {
    this.inst = boot.inst;
    this.page = boot.page ?? "";
    this.params = boot.params ?? {};
    this.renew(boot);
  }

  renew(boot: Boot): void {
    if (boot.state) this.merge({ kv: boot.state });
    if (boot.title) this.title.value = boot.title;
    if (boot.tree) {
      this.rev = boot.rev ?? this.rev;
      this.tree.value = boot.tree as WireNode;
    }
  }

  merge(message: Wire): void {
    const values = { ...((message.kv ?? {}) as Record<string, unknown>) };
    // What the user is typing right now is newer than what Python knows.
    for (const path of this.unsent.keys()) delete values[path];
    this.store.merge(values, (message.append ?? {}) as Record<string, unknown[]>);
  }

  /** A value the user changed: shown at once, sent when typing pauses. */
  set(path: string, value: unknown, options: { silent?: boolean; secret?: boolean } = {}): void {
    this.store.write(path, value);
    if (options.secret) this.secrets.set(path, value);
    if (options.silent || options.secret) return;
    this.unsent.set(path, value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), DEBOUNCE_MS);
  }

  flush(): void {
    clearTimeout(this.timer);
    if (this.unsent.size === 0) return;
    const kv = Object.fromEntries(this.unsent);
    this.unsent.clear();
    this.session.post({ t: "set", inst: this.inst, kv });
  }

  /** A text field may hold its value back until it is left; then it must still be sent. */
  commit(path: string): void {
    this.set(path, this.store.read(path));
    this.flush();
  }

  call(action: string, args: Record<string, unknown>): Promise<unknown> {
    this.flush();
    const secrets = this.secrets.size > 0 ? { secrets: Object.fromEntries(this.secrets) } : {};
    return this.session.ask({ t: "call", inst: this.inst, action, args: { ...args, ...secrets } });
  }

  rows(ref: DataRef, win?: Window): Promise<Rows> {
    return this.session.rows(this.inst, ref.ref, win);
  }

  handle(path: string): Handle {
    const { store } = this;
    return {
      path,
      get value() {
        return store.read(path);
      },
      set: (value, options) => this.set(path, value, options),
      commit: () => this.commit(path),
    };
  }

  /** A call that shows its own failure and never throws; `ask` throws, for those who show it better. */
  press(action: string, bound: Record<string, unknown> = {}): Press {
    const ask = (args: Record<string, unknown> = {}) => this.call(action, { ...bound, ...args });
    const press = (args?: Record<string, unknown>) => ask(args).catch((error) => this.session.failed(error));
    return Object.assign(press, { ask });
  }

  link(page: string, params: Record<string, unknown>): Press {
    const ask = async (args: Record<string, unknown> = {}) => this.session.go(page, { ...params, ...args });
    return Object.assign((args?: Record<string, unknown>) => ask(args), { ask, go: [page, params] as const });
  }
}
