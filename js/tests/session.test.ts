import { beforeEach, describe, expect, it } from "vitest";
import { Session } from "../src/runtime/session";
import type { Transport, Wire } from "../src/runtime/transport";

/** The other end of the line, which says what the test wants. */
class Line implements Transport {
  readonly sent: Wire[] = [];
  private heard: (message: Wire, buffers: readonly ArrayBuffer[]) => void = () => {};
  private status: (status: "up" | "down") => void = () => {};

  send(message: Wire) {
    this.sent.push(message);
  }
  onMessage(callback: (message: Wire, buffers: readonly ArrayBuffer[]) => void) {
    this.heard = callback;
    return () => {};
  }
  onStatus(callback: (status: "up" | "down") => void) {
    this.status = callback;
    return () => {};
  }
  say(message: Wire) {
    this.heard(message, []);
  }
  isNow(status: "up" | "down") {
    this.status(status);
  }
  opened(page: string): Wire[] {
    return this.sent.filter((each) => each.t === "open" && each.page === page);
  }
  show(question: Wire | undefined, inst: string) {
    this.say({
      t: "page",
      re: question?.id,
      inst,
      page: question?.page,
      tree: { c: "Text" },
      state: {},
      rev: 0,
    });
  }
}

describe("opening pages", () => {
  let line: Line;
  let session: Session;
  const settled = () => new Promise((resolve) => setTimeout(resolve));

  beforeEach(() => {
    line = new Line();
    session = new Session(line, {}, "tab");
  });

  it("shows the page asked for last, whichever answer comes last", async () => {
    void session.open("clone");
    void session.open("dashboard");
    line.show(line.opened("dashboard")[0], "i2");
    line.show(line.opened("clone")[0], "i1");
    await settled();
    expect(session.current.value?.page).toBe("dashboard");
  });

  it("goes on to the next page after the kernel was lost on the way, and not back", async () => {
    void session.open("clone");
    line.show(line.opened("clone")[0], "i1");
    await settled();
    void session.open("dashboard");
    line.isNow("down");
    line.isNow("up");
    line.say({ t: "hello", known: [] });
    await settled();
    expect(line.opened("dashboard")).toHaveLength(2);
    expect(line.opened("clone")).toHaveLength(1);
  });

  it("opens the shown page again in a new kernel", async () => {
    void session.open("clone");
    line.show(line.opened("clone")[0], "i1");
    await settled();
    line.isNow("down");
    line.isNow("up");
    line.say({ t: "hello", known: [] });
    await settled();
    expect(line.opened("clone")).toHaveLength(2);
  });
});
