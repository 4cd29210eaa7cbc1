import { signal } from "@preact/signals";
import type { Transport, Wire } from "../runtime/transport";
import type { Server, ServerProblem } from "./server";
import { decode, encode, type KernelMessage, SUBPROTOCOL } from "./wire";

/** Where a tab's kernel is, and the two comms it speaks to. */
export interface KernelAddress {
  readonly id: string;
  readonly widget: string;
  readonly status: string;
}

export type LineState =
  | { readonly is: "starting" | "up" | "down" }
  | { readonly is: "refused"; readonly code: string; readonly message: string };

/** The socket that the page opened by itself while this script was on its way, and what it heard. */
export interface EarlyLine {
  readonly id: string;
  readonly name: string;
  readonly socket: WebSocket;
  readonly heard: readonly MessageEvent<ArrayBuffer>[];
}

type Buffers = readonly ArrayBufferView[];
const PAUSES_MS = [150, 400, 1000, 2000, 5000, 10_000];
const QUEUE = 100;

/** The tab's line to its kernel: attaches, attaches again when the socket or the kernel is lost. */
export class KernelLine {
  readonly state = signal<LineState>({ is: "starting" });
  private readonly name: string;
  private readonly listeners = new Set<(message: KernelMessage) => void>();
  private readonly lines = new Set<(status: "up" | "down") => void>();
  private address: KernelAddress | undefined;
  private socket: WebSocket | undefined;
  private queue: [Wire, Buffers][] = [];
  private wake: (() => void) | undefined;
  private lost = "";

  constructor(
    private readonly server: Server,
    private known: KernelAddress | undefined,
    private early: EarlyLine | undefined,
  ) {
    this.name = early?.name ?? crypto.randomUUID();
  }

  /** Stay connected for as long as the tab lives. */
  async run(): Promise<void> {
    addEventListener("online", () => this.retry());
    addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.retry());
    for (let failures = 0; ; failures++) {
      if (failures > 0) await this.pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1] ?? 0);
      // A kernel that came with the page is spoken to at once, while the shell is still being drawn.
      const address = this.takeKnown() ?? (await this.attach());
      if (!address) continue;
      const opened = await this.serve(address);
      if (opened) failures = -1;
      this.lost = address.id;
    }
  }

  /** Try again now instead of after the pause. */
  retry(): void {
    this.wake?.();
  }

  /** Messages of the page's widget. */
  transport(): Transport {
    return {
      send: (message, buffers = []) => this.send(message, buffers),
      onMessage: (callback) =>
        this.listen(({ content, buffers }) => {
          const data = content.data as { method?: string; content?: Wire } | undefined;
          if (content.comm_id === this.address?.widget && data?.method === "custom" && data.content) {
            callback(data.content, buffers);
          }
        }),
      onStatus: (callback) => {
        this.lines.add(callback);
        return () => this.lines.delete(callback);
      },
    };
  }

  /** What the status comm says. */
  onStatus(callback: (data: Record<string, unknown>) => void): void {
    this.listen(({ content }) => {
      if (content.comm_id === this.address?.status) callback(content.data as Record<string, unknown>);
    });
  }

  /** Ask the status comm; nothing is asked while the line is down. */
  askStatus(question: "status" | "start" | "retry"): boolean {
    if (!this.address || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.post(this.address.status, { t: question, id: crypto.randomUUID() }, []);
    return true;
  }

  private listen(callback: (message: KernelMessage) => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  private send(message: Wire, buffers: Buffers): void {
    if (this.address && this.socket?.readyState === WebSocket.OPEN) {
      this.post(this.address.widget, { method: "custom", content: message }, buffers);
    } else if (this.queue.length < QUEUE) this.queue.push([message, buffers]);
  }

  private post(comm: string, data: Record<string, unknown>, buffers: Buffers): void {
    this.socket?.send(encode("shell", "comm_msg", { comm_id: comm, data }, this.name, buffers));
  }

  private takeKnown(): KernelAddress | undefined {
    const known = this.known;
    this.known = undefined;
    return known;
  }

  private async attach(): Promise<KernelAddress | undefined> {
    try {
      return await this.server.attach(this.lost);
    } catch (error) {
      const { code, message } = error as ServerProblem;
      this.state.value = code ? { is: "refused", code, message } : { is: "down" };
      return undefined;
    }
  }

  /** Speak to a kernel until its socket closes; says whether it ever opened. */
  private serve(address: KernelAddress): Promise<boolean> {
    const early = this.early?.id === address.id ? this.early : undefined;
    this.early = undefined;
    const socket = early?.socket ?? this.dial(address);
    let opened = false;
    return new Promise((resolve) => {
      const open = () => {
        opened = true;
        this.up(socket, address);
      };
      const close = () => {
        if (this.socket === socket) this.socket = undefined;
        if (opened) for (const line of this.lines) line("down");
        this.state.value = { is: "down" };
        resolve(opened);
      };
      const hear = ({ data }: MessageEvent<ArrayBuffer>) => this.heard(decode(data), socket);
      socket.onopen = open;
      socket.onmessage = hear;
      socket.onclose = close;
      // What happened to an early socket so far has been told to nobody yet.
      if (socket.readyState === WebSocket.OPEN) open();
      for (const message of early?.heard ?? []) hear(message);
      if (socket.readyState === WebSocket.CLOSED) close();
    });
  }

  private dial(address: KernelAddress): WebSocket {
    const url = new URL(`/api/kernels/${address.id}/channels`, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("session_id", this.name);
    const socket = new WebSocket(url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    return socket;
  }

  private up(socket: WebSocket, address: KernelAddress): void {
    // What waited was meant for the kernel of that time; another one knows nothing of it.
    const waiting = !this.address || this.address.id === address.id ? this.queue : [];
    this.queue = [];
    this.address = address;
    this.socket = socket;
    this.state.value = { is: "up" };
    for (const [message, buffers] of waiting) this.send(message, buffers);
    for (const line of this.lines) line("up");
  }

  private heard(message: KernelMessage, socket: WebSocket): void {
    if (message.header.msg_type === "comm_msg") for (const listener of this.listeners) listener(message);
    else if (message.header.msg_type === "status") {
      const state = message.content.execution_state;
      if (state === "dead" || state === "restarting") socket.close();
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms * (0.8 + Math.random() * 0.4));
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
