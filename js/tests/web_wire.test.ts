import { describe, expect, it } from "vitest";
import { paramsOf, Routes } from "../src/web/router";
import type { PageEntry } from "../src/web/server";
import { decode, encode } from "../src/web/wire";

describe("the kernel's framing", () => {
  it("brings content and buffers through unharmed, whatever their offset", () => {
    const whole = new Uint8Array([9, 1, 2, 3, 4, 9]);
    const bytes = encode("shell", "comm_msg", { comm_id: "c", data: { text: "grün 🐟" } }, "s", [
      whole.subarray(1, 5),
      new Uint8Array(),
    ]);
    const message = decode(bytes);
    expect(message.channel).toBe("shell");
    expect(message.header.msg_type).toBe("comm_msg");
    expect(message.content).toEqual({ comm_id: "c", data: { text: "grün 🐟" } });
    expect(message.buffers.map((each) => [...each])).toEqual([[1, 2, 3, 4], []]);
    expect(message.buffers[0]?.byteOffset).toBe(0);
  });

  it("says where every part begins and ends", () => {
    const bytes = encode("shell", "comm_msg", {}, "s");
    const view = new DataView(bytes);
    expect(view.getBigUint64(0, true)).toBe(6n);
    expect(view.getBigUint64(8, true)).toBe(56n);
    expect(view.getBigUint64(48, true)).toBe(BigInt(bytes.byteLength));
  });
});

describe("addresses", () => {
  const page = (slug: string, route: string, aliases: string[] = []) =>
    ({ slug, route, aliases, title: slug }) as unknown as PageEntry;
  const routes = new Routes([
    page("dashboard", "/"),
    page("templates", "/templates", ["/automation/templates"]),
  ]);

  it("lead to pages, by alias and with a trailing slash too", () => {
    expect(routes.at("/")?.slug).toBe("dashboard");
    expect(routes.at("/automation/templates")?.slug).toBe("templates");
    expect(routes.at("/templates/")?.slug).toBe("templates");
    expect(routes.at("/nowhere")).toBeUndefined();
  });

  it("carry parameters there and back", () => {
    const params = { source: "a&b", schemas: ["x", "y"], empty: "", none: null };
    const url = routes.url(page("clone", "/clone"), params);
    expect(url).toBe("/clone?source=a%26b&schemas=x&schemas=y");
    expect(paramsOf(url.slice("/clone".length))).toEqual({ source: "a&b", schemas: ["x", "y"] });
  });
});
