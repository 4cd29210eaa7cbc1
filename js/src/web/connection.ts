import { computed, effect, signal } from "@preact/signals";
import { whenIdle } from "./idle";
import type { KernelLine } from "./line";

/** What the workspace answered last. */
export interface Status {
  readonly state: "connected" | "stopped" | "off";
  readonly place: string;
  readonly host?: string;
  readonly user?: string;
  readonly compute?: string;
  readonly compute_name?: string;
  readonly reason?: string;
  readonly hint?: string;
  readonly ms?: number;
}

export interface Pill {
  readonly tone: "success" | "warning" | "danger" | "neutral";
  readonly word: string;
}

const VISIBLE_MS = 15_000;
const HIDDEN_MS = 60_000;
const BACK_OFF = [1, 2, 4, 8];

/** How the tab, its kernel and the workspace are connected; asks while somebody looks. */
export class Connection {
  readonly status = signal<Status | undefined>(undefined);
  readonly checkedAt = signal<Date | undefined>(undefined);
  readonly asking = signal(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;

  constructor(
    private readonly line: KernelLine,
    private readonly place: string,
  ) {
    line.onStatus((data) => this.heard(data as unknown as Status));
    effect(() => {
      if (line.state.value.is === "up") whenIdle(() => this.check());
    });
    addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.check());
  }

  readonly pill = computed<Pill>(() => {
    const line = this.line.state.value;
    const status = this.status.value;
    if (line.is === "refused") {
      return { tone: "danger", word: line.code === "SIGNED_OUT" ? "Signed out" : "Not available" };
    }
    if (line.is === "down") return { tone: "neutral", word: "Reconnecting" };
    if (line.is === "starting" || !status) return { tone: "neutral", word: "Connecting" };
    if (status.state === "off") return { tone: "danger", word: "Not connected" };
    const place = status.place || this.place;
    if (status.state === "stopped") return { tone: "warning", word: `${place} · compute stopped` };
    return { tone: "success", word: place };
  });

  /** Ask now. */
  check(): void {
    clearTimeout(this.timer);
    this.asking.value = this.line.askStatus("status");
    this.again();
  }

  /** Reach for the workspace again, which only asking does not do. */
  retry(): void {
    this.asking.value = this.line.askStatus("retry");
  }

  startCompute(): void {
    this.asking.value = this.line.askStatus("start");
  }

  private heard(status: Status): void {
    this.asking.value = false;
    this.status.value = status;
    this.checkedAt.value = new Date();
    this.failures = status.state === "off" ? this.failures + 1 : 0;
  }

  private again(): void {
    const pause = document.visibilityState === "visible" ? VISIBLE_MS : HIDDEN_MS;
    const factor = BACK_OFF[Math.min(this.failures, BACK_OFF.length - 1)] ?? 1;
    this.timer = setTimeout(() => this.check(), pause * factor);
  }
}
