// Serves the development page: node dev/serve.mjs [port]. Built anew at every load.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, CHUNKS } from "../build.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const port = Number(process.argv[2] ?? 8765);

createServer(async ({ url }, response) => {
  const path = new URL(url ?? "/", "http://localhost").pathname;
  const chunk = /^\/chunk\/(\w+)\.js$/.exec(path)?.[1];
  try {
    const script = path === "/main.js" ? await bundle("dev/main.ts", { dev: true }) : undefined;
    const late = chunk ? await bundle(CHUNKS[chunk], { splitRuntime: true, dev: true }) : undefined;
    response.setHeader("content-type", script || late ? "text/javascript" : "text/html");
    response.end(script ?? late ?? readFileSync(join(HERE, "index.html")));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
}).listen(port, "127.0.0.1", () =>
  process.stdout.write(`http://127.0.0.1:${port}/?sample=clone&theme=light\n`),
);
