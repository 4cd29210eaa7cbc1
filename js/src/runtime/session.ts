import { signal } from "@preact/signals";
import type { ToPage } from "../contract.gen";
import { Instance } from "./instance";
import { fromJson, type Rows, RowsCache, type Window } from "./rows";
import {
  aligned,
  type Boot,
  CallError,
  type Failure,
  fromBase64,
  gunzip,
  type Transport,
  type Wire,
} from "./transport";

type Question = Wire & { id: string; t: string; inst?: string };
type OmitEnvelope<M> = M extends unknown ? Omit<M, "v" | "client"> : never;
export type Outgoing = OmitEnvelope<ToPage>;

interface Pending {
  readonly question: Question;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly progress?: (value: unknown) => void;
  readonly frames: Uint8Array<ArrayBuffer>[];
}

export interface ToastItem {
  readonly id: number;
  readonly text: string;
  readonly tone: string;
  readonly hint?: string;
}

export interface SessionOptions {
  /** Where the host routes by itself (the web app); otherwise pages change within the widget. */
  readonly navigate?: (page: string, params: Record<string, unknown>) => void;
  /** Address of a page, so that links can be opened in another tab; absent in notebooks. */
  readonly href?: (page: string, params: Record<string, unknown>) => string;
  readonly onTheme?: (theme: string) => void;
  readonly theme?: string;
  /** Finds a lazy chunk: the reading of Arrow comes with the chunk of tables. */
  readonly load?: (chunk: string) => Promise<unknown>;
  /** False where the host drops binary buffers. */
  readonly binary?: boolean;
}

/** The tab's name: the same after a refresh, another one in another tab. */
export function clientId(): string {
  const made = () => `c${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
  try {
    const kept = sessionStorage.getItem("cx:client") ?? made();
    sessionStorage.setItem("cx:client", kept);
    return kept;
  } catch {
    return made();
  }
}

const AFTER_LOSS: Failure = {
  code: "INTERRUPTED",
  message: "The connection was lost before the answer came.",
  hint: "Look at the page as it stands now, then try again.",
  retryable: true,
};

/** One tab's conversation with Python: questions with ids, pushes, and what happens after a lost line. */
export class Session {
  readonly client: string;
  readonly current = signal<Instance | undefined>(undefined);
  readonly toasts = signal<readonly ToastItem[]>([]);
  readonly line = signal<"up" | "down">("up");
  /** Pages one came from, within a cell. */
  readonly trail = signal<readonly Instance[]>([]);
  private readonly instances = new Map<string, Instance>();
  private readonly pending = new Map<string, Pending>();
  private readonly cache = new RowsCache();
  private readonly stops: (() => void)[] = [];
  private order: Promise<void> | undefined;
  private count = 0;
  private turn = 0;
  /** A refreshed tab keeps its name but counts anew: without this, Python would replay old answers to it. */
  private readonly nonce = crypto.getRandomValues(new Uint32Array(1)).join("");
  private wasLost = false;

  constructor(
    private readonly transport: Transport,
    readonly options: SessionOptions = {},
    client = clientId(),
  ) {
    // Two views of one widget in one tab are two readers; the suffix keeps their answers apart.
    this.client = client;
    this.stops.push(transport.onMessage((message, buffers) => this.heard(message, buffers)));
    if (transport.onStatus) this.stops.push(transport.onStatus((status) => this.lineIs(status)));
  }

  /** Draw the page that came with the widget, then make it ours. */
  start(boot: Boot): void {
    if (boot.inst && boot.tree) this.adopt(boot as Boot & { inst: string });
    this.hello();
    if (boot.page)
      void this.open(boot.page, boot.params ?? {}, boot.inst).catch((error) => this.failed(error));
  }

  async open(page: string, params: Record<string, unknown> = {}, inst?: string): Promise<Instance> {
    const turn = ++this.turn;
    const known = inst ?? this.find(page, params)?.inst;
    const shown = known ? this.instances.get(known) : undefined;
    // What was open before is drawn at once; Python then says how it stands now.
    if (shown && this.current.peek() !== shown) this.current.value = shown;
    const answer = (await this.ask({
      t: "open",
      page,
      params,
      ...(known ? { inst: known } : {}),
    })) as Boot & {
      inst: string;
    };
    if (known && known !== answer.inst) this.instances.delete(known);
    return this.adopt(answer, turn === this.turn);
  }

  /** Follow a link: the host's router where there is one, this widget otherwise. */
  go(page: string, params: Record<string, unknown>): void {
    if (this.options.navigate) return this.options.navigate(page, params);
    const from = this.current.peek();
    this.open(page, params).then(
      () => {
        if (from && from !== this.current.peek()) this.trail.value = [...this.trail.peek(), from];
      },
      (error) => this.failed(error),
    );
  }

  /** Back to the page a link of this cell came from. */
  back(): void {
    const from = this.trail.peek().at(-1);
    if (!from) return;
    this.trail.value = this.trail.peek().slice(0, -1);
    void this.open(from.page, from.params, from.inst).catch((error) => this.failed(error));
  }

  ask(message: Outgoing, progress?: (value: unknown) => void): Promise<unknown> {
    const id = `${++this.count}.${this.nonce}`;
    const question = { ...message, id } as Question;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { question, resolve, reject, progress, frames: [] });
      this.post(question);
    });
  }

  post(message: Wire | Outgoing): void {
    this.transport.send({ v: 1, client: this.client, ...(message as Wire) });
  }

  async rows(inst: string, ref: string, win: Window = {}): Promise<Rows> {
    const key = `${inst} ${ref} ${JSON.stringify(win)}`;
    const kept = ref.includes("@") ? this.cache.get(key) : undefined;
    if (kept) return kept;
    const { rows, bytes } = (await this.ask({
      t: "data",
      inst,
      ref,
      win: win as Record<string, unknown>,
    })) as {
      rows: Rows;
      bytes: number;
    };
    if (ref.includes("@")) this.cache.put(key, rows, bytes);
    return rows;
  }

  toast(text: string, tone = "info", hint?: string): void {
    const id = ++this.count;
    this.toasts.value = [...this.toasts.peek().slice(-2), { id, text, tone, hint }];
  }

  dismiss(id: number): void {
    this.toasts.value = this.toasts.peek().filter((each) => each.id !== id);
  }

  failed(error: unknown): void {
    const failure = error instanceof CallError ? error.failure : undefined;
    this.toast(failure?.message ?? String((error as Error)?.message ?? error), "danger", failure?.hint);
  }

  close(): void {
    for (const stop of this.stops) stop();
    for (const instance of this.instances.values()) instance.flush();
  }

  private find(page: string, params: Record<string, unknown>): Instance | undefined {
    const wanted = JSON.stringify(params);
    return [...this.instances.values()].find(
      (each) => each.page === page && JSON.stringify(each.params) === wanted,
    );
  }

  /** Answers may overtake one another: only the page asked for last is shown. */
  private adopt(boot: Boot & { inst: string }, isWanted = true): Instance {
    let instance = this.instances.get(boot.inst);
    if (instance) instance.renew(boot);
    else {
      instance = new Instance(this, boot);
      this.instances.set(boot.inst, instance);
    }
    if (isWanted) this.current.value = instance;
    return instance;
  }

  private hello(): void {
    const have = Object.fromEntries([...this.instances].map(([inst, each]) => [inst, each.rev]));
    this.post({
      t: "hello",
      have,
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
      theme: this.options.theme ?? "auto",
      bin: this.options.binary !== false,
    });
  }

  private lineIs(status: "up" | "down"): void {
    const was = this.line.peek();
    this.line.value = status;
    this.wasLost ||= status === "down";
    if (status === "up" && was === "down") this.hello();
  }

  /** After a lost line: questions whose page still lives are asked again under the same id, at most once done. */
  private revived(known: readonly string[]): void {
    if (!this.wasLost) return;
    this.wasLost = false;
    const alive = new Set(known);
    for (const [id, { question, reject }] of [...this.pending]) {
      if (!question.inst || alive.has(question.inst) || question.t === "open") this.post(question);
      else {
        this.pending.delete(id);
        reject(new CallError(AFTER_LOSS));
      }
    }
    const shown = this.current.peek();
    for (const inst of [...this.instances.keys()]) if (!alive.has(inst)) this.instances.delete(inst);
    const isLeaving = [...this.pending.values()].some(({ question }) => question.t === "open");
    // Whoever is on the way to another page is not called back to the one before.
    if (shown && !alive.has(shown.inst) && !isLeaving) {
      void this.open(shown.page, shown.params).catch((error) => this.failed(error));
    }
  }

  private heard(message: Wire, buffers: readonly (ArrayBuffer | ArrayBufferView)[]): void {
    if (message.client !== undefined && message.client !== this.client) return;
    const bytes = Array.isArray(message.b64)
      ? (message.b64 as string[]).map(fromBase64)
      : buffers.map((buffer) => aligned(buffer));
    if (message.t !== "gzip" && !this.order) return this.handle(message, bytes);
    // Unpacking takes a moment; what arrives meanwhile waits its turn.
    const turn = (this.order ?? Promise.resolve()).then(async () => {
      const packed = bytes[0];
      const real = message.t === "gzip" && packed ? (JSON.parse(await gunzip(packed)) as Wire) : message;
      this.handle(real, message.t === "gzip" ? [] : bytes);
    });
    this.order = turn;
    void turn
      .catch((error) => this.failed(error))
      .finally(() => {
        if (this.order === turn) this.order = undefined;
      });
  }

  private handle(message: Wire, bytes: readonly Uint8Array<ArrayBuffer>[]): void {
    const instance = this.instances.get(String(message.inst ?? ""));
    switch (message.t) {
      case "page":
        return this.answer(message, message);
      case "res":
        return this.answer(message, message.value);
      case "data":
        return this.frame(message, bytes);
      case "progress":
        this.pending.get(String(message.re))?.progress?.(message.value);
        return;
      case "tree":
        return instance?.renew(message as Boot);
      case "state":
        return instance?.merge(message);
      case "toast":
        return this.toast(String(message.text), String(message.tone ?? "info"));
      case "nav":
        return this.go(String(message.page), (message.params ?? {}) as Record<string, unknown>);
      case "theme":
        this.options.onTheme?.(String(message.theme));
        return;
      case "hello":
        return this.revived((message.known ?? []) as string[]);
    }
  }

  private answer(message: Wire, value: unknown): void {
    const waiting = this.pending.get(String(message.re));
    if (!waiting) return;
    this.pending.delete(String(message.re));
    if (message.ok === false) waiting.reject(new CallError(message.error as Failure));
    else waiting.resolve(value);
  }

  private frame(message: Wire, bytes: readonly Uint8Array<ArrayBuffer>[]): void {
    const waiting = this.pending.get(String(message.re));
    if (!waiting) return;
    // A question repeated after a lost line is answered from the first frame again.
    waiting.frames.length = Number(message.seq);
    waiting.frames.push(bytes[0] ?? new Uint8Array());
    if (!message.last) return;
    const size = waiting.frames.reduce((sum, frame) => sum + frame.length, 0);
    const whole = new Uint8Array(size);
    let at = 0;
    for (const frame of waiting.frames) {
      whole.set(frame, at);
      at += frame.length;
    }
    const total = message.total as number | null | undefined;
    this.decode(whole, String(message.enc), total).then(
      (rows) => this.answer(message, { rows, bytes: size }),
      (error: Error) => {
        this.pending.delete(String(message.re));
        waiting.reject(error);
      },
    );
  }

  private async decode(
    bytes: Uint8Array<ArrayBuffer>,
    enc: string,
    total: number | null | undefined,
  ): Promise<Rows> {
    if (enc === "json") return fromJson(bytes, total);
    const chunk = (await this.options.load?.("data")) as { fromArrow: typeof fromJson };
    return chunk.fromArrow(bytes, total);
  }
}
