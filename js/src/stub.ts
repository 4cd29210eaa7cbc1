// Finds the kit once per browser page and hands the widget to it. Sent with every widget, so it stays small.

interface Model {
  get(name: string): unknown;
  send(content: unknown, callbacks?: unknown, buffers?: unknown): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
}
interface Chunk {
  mountWidget(model: Model, el: HTMLElement, load: (name: string) => Promise<unknown>): () => void;
}
type Answer = { t?: string; re?: string; ok?: boolean; b64?: string };

const root = globalThis as { __clonexs__?: { kits: Record<string, Promise<unknown>> } };
root.__clonexs__ ??= { kits: {} };
const { kits } = root.__clonexs__;

const fromText = async (text: string): Promise<unknown> => {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
};

/** JupyterLab, Notebook and Voila say where extensions lie; another version there answers 404. */
const fromServer = (file: string): Promise<unknown> => {
  const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent || "{}");
  const base = config.fullLabextensionsUrl;
  if (!base) throw new Error("no server");
  return import(new URL(`${base}/clonexs/static/${file}`, location.href).href);
};

const cache = async (): Promise<Cache | undefined> => {
  try {
    return await caches.open("clonexs");
  } catch {
    return undefined; // not a secure context, or storage is refused
  }
};

/** Ask Python; hosts that drop binary buffers are asked again for text. */
const fromComm = (model: Model, name: string, enc: "gzip" | "base64"): Promise<string> =>
  new Promise((resolve, reject) => {
    const id = `${name}${Math.random()}`;
    const heard = (answer: Answer, buffers: DataView[] = []) => {
      if (answer.t !== "kit" || answer.re !== id) return;
      model.off("msg:custom", heard);
      const bytes = answer.b64 ? Uint8Array.from(atob(answer.b64), (c) => c.charCodeAt(0)) : buffers[0];
      if (!answer.ok) reject(new Error(`clonexs: no chunk ${name}`));
      else if (!bytes) resolve(fromComm(model, name, "base64"));
      else {
        const unzipped = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
        resolve(new Response(unzipped).text());
      }
    };
    model.on("msg:custom", heard);
    model.send({ v: 1, t: "kit", name, enc, id });
  });

const find = async (model: Model, name: string, file: string): Promise<unknown> => {
  try {
    return await fromServer(file);
  } catch {
    const store = await cache();
    const key = `/clonexs-kit/${file}`;
    const kept = await store?.match(key);
    if (kept) return fromText(await kept.text());
    const text = await fromComm(model, name, "gzip");
    await store?.put(key, new Response(text));
    return fromText(text);
  }
};

const load = (model: Model, name: string): Promise<unknown> => {
  const file = `${name}-${(model.get("kit") as Record<string, string>)[name]}.js`;
  kits[file] ??= find(model, name, file).catch((error) => {
    delete kits[file];
    throw error;
  });
  return kits[file];
};

export default {
  // The host gives up on a widget whose initialize takes two seconds: loading belongs in render.
  initialize() {},
  async render({ model, el }: { model: Model; el: HTMLElement }) {
    try {
      const core = (await load(model, "core")) as Chunk;
      return core.mountWidget(model, el, (name) => load(model, name));
    } catch (error) {
      el.textContent = `clonexs could not load its interface: ${(error as Error).message}`;
    }
  },
};
