// Writes src/style/themes.gen.css from themes.json; with --check says whether it is fresh and readable.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { failures } from "./contrast.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const TARGET = join(HERE, "../src/style/themes.gen.css");
const themes = JSON.parse(readFileSync(join(HERE, "themes.json"), "utf8"));

const rules = Object.entries(themes).map(([name, { scheme, tokens }]) => {
  const shade = scheme === "light" ? "0.14" : "0.5";
  const lines = [
    `  color-scheme: ${scheme};`,
    ...Object.entries(tokens).map(([token, value]) => `  --cx-${token}: ${value.toLowerCase()};`),
    `  --cx-shadow: 0 1px 3px rgb(0 0 0 / ${shade});`,
    `  --cx-shadow-high: 0 6px 24px rgb(0 0 0 / ${scheme === "light" ? "0.18" : "0.6"});`,
  ];
  return `[data-cx-theme="${name}"] {\n${lines.join("\n")}\n}`;
});
const text = `/* Written from themes.json by themes/write.mjs. */\n${rules.join("\n")}\n`;
const bad = failures(themes);
if (bad.length > 0) process.stderr.write(`${bad.join("\n")}\n`);
if (process.argv.includes("--check")) {
  const stale = !existsSync(TARGET) || readFileSync(TARGET, "utf8") !== text;
  if (stale) process.stderr.write("themes.gen.css is stale: run npm run themes\n");
  process.exitCode = stale || bad.length > 0 ? 1 : 0;
} else {
  writeFileSync(TARGET, text);
  process.exitCode = bad.length > 0 ? 1 : 0;
}
