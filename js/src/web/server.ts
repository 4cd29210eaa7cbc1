import type { KernelAddress } from "./line";

export interface PageEntry {
  readonly slug: string;
  readonly route: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly portal: string;
  readonly group: string;
  readonly icon: string;
  readonly keywords: readonly string[];
  readonly summary: string;
}

export interface Portal {
  readonly portal: string;
  readonly title: string;
  readonly route: string;
  readonly icon: string;
  readonly line: string;
}

export interface JobLine {
  readonly id: string;
  readonly title: string;
  readonly operation: string;
  readonly status: string;
  readonly live: boolean;
  readonly page: string;
  readonly started_at: string | number | null;
  readonly ended_at: string | number | null;
  readonly done: number | null;
  readonly total: number | null;
  readonly unit: string;
  readonly pct: number | null;
  readonly eta_s: number | null;
  readonly stage: string;
}

/** What the server put into the first answer. */
export interface Boot {
  readonly pages: readonly PageEntry[];
  readonly portals: readonly Portal[];
  readonly page: string | null;
  readonly params: Record<string, unknown>;
  readonly themes: readonly string[];
  readonly xsrf: string;
  readonly place: string;
  readonly version: string;
  readonly kernel: KernelAddress | null;
}

/** An answer that says no; without a code the server could not be reached. */
export class ServerProblem extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The few questions that go to the server and not to the kernel. */
export class Server {
  constructor(private readonly xsrf: string) {}

  attach(lost: string): Promise<KernelAddress> {
    return this.post("/api/attach", { lost });
  }

  async jobs(): Promise<readonly JobLine[]> {
    return (await this.read<{ jobs: readonly JobLine[] }>("/api/jobs", {})).jobs;
  }

  cancel(job: string): Promise<unknown> {
    return this.post(`/api/jobs/${encodeURIComponent(job)}/cancel`, {});
  }

  signOut(): Promise<unknown> {
    return this.post("/api/signout", {});
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    const headers = { "Content-Type": "application/json", "X-XSRFToken": this.xsrf };
    return this.read(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  private async read<T>(path: string, init: RequestInit): Promise<T> {
    let answer: Response;
    try {
      answer = await fetch(path, init);
    } catch {
      throw new ServerProblem("", "The server does not answer.");
    }
    const content = (await answer.json().catch(() => ({}))) as { error?: { code: string; message: string } };
    if (answer.ok) return content as T;
    const code =
      answer.status === 401 || answer.status === 403 ? "SIGNED_OUT" : (content.error?.code ?? "FAILED");
    throw new ServerProblem(code, content.error?.message ?? `The server answered ${answer.status}.`);
  }
}
