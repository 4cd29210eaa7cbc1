import { computed, signal } from "@preact/signals";
import type { JobLine, Server } from "./server";

const BUSY_MS = 2000;
const IDLE_MS = 15_000;

/** The tray's jobs: asked for often while one runs or somebody looks, seldom otherwise. */
export class Jobs {
  readonly list = signal<readonly JobLine[]>([]);
  readonly problem = signal("");
  readonly live = computed(() => this.list.value.filter((job) => job.live));
  watching = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pausing = 1;

  constructor(
    private readonly server: Server,
    private readonly ended: (job: JobLine) => void,
  ) {
    addEventListener("visibilitychange", () => document.visibilityState === "visible" && void this.refresh());
  }

  async refresh(): Promise<void> {
    clearTimeout(this.timer);
    try {
      const before = this.live.peek();
      const now = await this.server.jobs();
      this.list.value = now;
      this.problem.value = "";
      this.pausing = 1;
      for (const job of before) {
        const after = now.find((each) => each.id === job.id);
        if (after && !after.live) this.ended(after);
      }
    } catch (error) {
      this.problem.value = (error as Error).message;
      this.pausing = Math.min(this.pausing * 2, 8);
    }
    const pause = this.live.peek().length > 0 || this.watching ? BUSY_MS : IDLE_MS;
    this.timer = setTimeout(() => void this.refresh(), pause * this.pausing);
  }

  async cancel(job: JobLine): Promise<void> {
    await this.server.cancel(job.id);
    await this.refresh();
  }
}

const TONES: Record<string, "success" | "warning" | "danger" | "info"> = {
  succeeded: "success",
  partial: "warning",
  interrupted: "warning",
  waiting_credentials: "warning",
  failed: "danger",
  cancelled: "warning",
};

export function toneOf(job: JobLine): "success" | "warning" | "danger" | "info" {
  return TONES[job.status] ?? "info";
}

/** "41 of 100 tables, 2 min left". */
export function progressOf(job: JobLine): string {
  const count = job.total ? `${job.done ?? 0} of ${job.total} ${job.unit}`.trim() : job.stage;
  const left = job.live && job.eta_s ? `, ${durationOf(job.eta_s)} left` : "";
  return `${count}${left}`;
}

export function percentOf(job: JobLine): number | undefined {
  if (job.pct !== null && job.pct !== undefined) return Math.min(100, Math.max(0, job.pct));
  return job.total ? Math.min(100, (100 * (job.done ?? 0)) / job.total) : undefined;
}

function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
