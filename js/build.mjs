// Builds the kit: chunks first, because the core carries their hashes, then core and web, then the stub.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import esbuild from "esbuild";

const ROOT = dirname(fileURLToPath(import.meta.url));
const SHARED = ["preact", "preact/hooks", "preact/jsx-runtime", "@preact/signals"];
/** Modules of the kit that a chunk shares with the core: contexts and stores must exist once. */
const KIT =
  /src\/(runtime\/(format|render|resolve|rows|transport|ui_state)|components\/(actions|feedback|primitives))$/;
export const CHUNKS = { charts: "src/charts/main.ts", data: "src/data/main.ts" };

/** A chunk takes what the core has already loaded from a global, so that there is one Preact per page. */
const shared = {
  name: "shared",
  setup(build) {
    build.onResolve({ filter: /^(preact|@preact\/signals)(\/|$)/ }, ({ path }) =>
      SHARED.includes(path) ? { path, namespace: "shared" } : undefined,
    );
    build.onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
      const found = KIT.exec(join(resolveDir, path).replaceAll("\\", "/"));
      return found ? { path: found[1], namespace: "shared" } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "shared" }, ({ path }) => ({
      contents: `module.exports = globalThis.__clonexs_rt[${JSON.stringify(path)}]`,
      loader: "js",
    }));
  },
};

/** Style sheets become text, minified; the kit hands them to the document or to its shadow root. */
const styles = {
  name: "styles",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const result = await esbuild.build({ entryPoints: [path], bundle: true, minify: true, write: false });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

export async function bundle(entry, { plugins = [], define = {}, splitRuntime = false, dev = false }) {
  const result = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: !dev,
    legalComments: "none",
    charset: "utf8",
    write: false,
    plugins: splitRuntime ? [shared, styles, ...plugins] : [styles, ...plugins],
    define: { __CHUNKS__: "{}", ...define },
  });
  return Buffer.from(result.outputFiles[0].contents);
}

const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 12);

/** Digest of everything the kit is made from; a build is stale when it differs. */
export function sourceDigest() {
  const digest = createHash("sha256");
  const files = [...readdirSync(join(ROOT, "src"), { recursive: true })].map((name) => join("src", name));
  for (const name of [...files, "build.mjs", "package-lock.json"].sort()) {
    if (!/\.(ts|tsx|css|mjs|json)$/.test(name)) continue;
    digest.update(name.replaceAll("\\", "/")).update(readFileSync(join(ROOT, name)));
  }
  return digest.digest("hex").slice(0, 16);
}

export async function build(out, { dev = false } = {}) {
  mkdirSync(out, { recursive: true });
  const chunks = {};
  const files = {};
  const add = (name, bytes) => {
    const hash = hashOf(bytes);
    files[`${name}-${hash}.js`] = bytes;
    chunks[name] = { hash, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  };
  for (const [name, entry] of Object.entries(CHUNKS)) {
    add(name, await bundle(entry, { splitRuntime: true, dev }));
  }
  const hashes = Object.fromEntries(Object.entries(chunks).map(([name, { hash }]) => [name, hash]));
  const define = { __CHUNKS__: JSON.stringify(hashes) };
  add("core", await bundle("src/core.ts", { define, dev }));
  if (existsSync(join(ROOT, "src/web/main.ts"))) add("web", await bundle("src/web/main.ts", { define, dev }));
  const stub = await bundle("src/stub.ts", { dev });
  const themes = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ["src/style/themes.gen.css"],
    minify: true,
    write: false,
  });
  // The manifest is written last: while it is old or absent, nobody looks for the new files.
  for (const name of readdirSync(out))
    if (name !== "manifest.json" && !(name in files)) rmSync(join(out, name));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(out, name), bytes);
  writeFileSync(join(out, "stub.js"), stub);
  writeFileSync(join(out, "themes.css"), themes.outputFiles[0].text);
  const manifest = { source: sourceDigest(), stub: { bytes: stub.length }, chunks };
  writeFileSync(join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
  return manifest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--digest")) {
    process.stdout.write(`${sourceDigest()}\n`);
  } else {
    const manifest = await build(join(ROOT, "../clonexs/widgets/static"), {
      dev: process.argv.includes("--dev"),
    });
    const lines = Object.entries(manifest.chunks).map(
      ([name, { bytes, gzip }]) =>
        `${name.padEnd(8)} ${(bytes / 1024).toFixed(1)} kB, ${(gzip / 1024).toFixed(1)} kB gzip`,
    );
    process.stdout.write(`stub     ${(manifest.stub.bytes / 1024).toFixed(1)} kB\n${lines.join("\n")}\n`);
  }
}
