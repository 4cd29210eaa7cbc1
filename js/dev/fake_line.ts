import type { Transport, Wire } from "../src/runtime/transport";
import { EXPANDED, FILES, OPTIONS, rowsFor } from "./samples";

/** Answers what a page would ask, after a moment. */
export class FakeLine implements Transport {
  readonly sent: Wire[] = [];
  private callback: (message: Wire, buffers: readonly ArrayBuffer[]) => void = () => undefined;
  private status: (status: "up" | "down") => void = () => undefined;

  constructor(private readonly boot: Wire) {}

  onMessage(callback: typeof this.callback): () => void {
    this.callback = callback;
    return () => undefined;
  }

  onStatus(callback: typeof this.status): () => void {
    this.status = callback;
    return () => undefined;
  }

  lineIs(status: "up" | "down"): void {
    this.status(status);
  }

  push(message: Wire, buffers: ArrayBuffer[] = []): void {
    this.callback({ v: 1, client: this.client, inst: "i1", ...message }, buffers);
  }

  private client = "";

  send(message: Wire): void {
    this.sent.push(message);
    this.client = String(message.client);
    const reply = (answer: Wire, buffers: ArrayBuffer[] = []) =>
      setTimeout(
        () => this.callback({ v: 1, re: message.id, client: message.client, ...answer }, buffers),
        20,
      );
    if (message.t === "open") reply({ ...this.boot, t: "page", page: message.page });
    if (message.t === "data") {
      const body = new TextEncoder().encode(
        JSON.stringify(rowsFor(String(message.ref), message.win as Wire)),
      );
      reply({ t: "data", ref: message.ref, seq: 0, last: true, enc: "json", total: 50_000 }, [
        body.buffer as ArrayBuffer,
      ]);
    }
    if (message.t !== "call") return;
    const args = message.args as Record<string, unknown>;
    if (message.action === "fail") {
      const error = {
        code: "PERMISSION_DENIED",
        message: "SELECT on retail.sales.orders is missing",
        hint: "GRANT SELECT ON TABLE retail.sales.orders TO `ana@local`",
      };
      return void reply({ t: "res", ok: false, error });
    }
    const answers: Record<string, unknown> = {
      catalogs: OPTIONS.filter((option) => option.value.includes(String(args.text ?? ""))),
      expand: EXPANDED,
      sql: FILES.sql,
      check: { ok: false, message: "1 clause is not an expression: near ';'" },
      file: { name: "report.md", mime: "text/markdown", text: "# Report" },
    };
    reply({ t: "res", ok: true, value: answers[String(message.action)] ?? null });
  }
}
