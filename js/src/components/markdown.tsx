import { type ComponentChildren, h } from "preact";
import type { Components } from "../contract.gen";
import { useScope } from "../runtime/render";

const INLINE = /(`[^`]+`)|\*\*([^*]+)\*\*|(?<![*\w])\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)/g;

/** Emphasis, code and links; everything else, markup included, stays text. */
function inline(text: string): ComponentChildren[] {
  const found: ComponentChildren[] = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    found.push(text.slice(at, match.index));
    const [whole, code, strong, weak, label, address] = match;
    if (code) found.push(<code class="cx-code-inline">{code.slice(1, -1)}</code>);
    else if (strong) found.push(<strong>{strong}</strong>);
    else if (weak) found.push(<em>{weak}</em>);
    else
      found.push(
        <a class="cx-link" href={address} target="_blank" rel="noopener noreferrer">
          {label}
        </a>,
      );
    at = match.index + whole.length;
  }
  found.push(text.slice(at));
  return found;
}

export function Markdown({ text }: Components["Markdown"]) {
  const { heading } = useScope();
  // A heading is a block of its own even where no empty line follows it.
  const blocks = text
    .replace(/^(#{1,4}\s.*)$/gm, "\n$1\n")
    .split(/(```[\s\S]*?(?:```|$))|\n\s*\n/)
    .filter((block) => block?.trim());
  return <div class="cx-prose">{blocks.map((block, at) => drawBlock(block.trim(), at, heading))}</div>;
}

function drawBlock(block: string, at: number, heading: number) {
  if (block.startsWith("```")) {
    const body = block.replace(/^```\w*\n?/, "").replace(/\n?```$/, "");
    return (
      <pre key={at} class="cx-pre" tabIndex={0}>
        {body}
      </pre>
    );
  }
  const title = /^(#{1,4})\s+(.*)$/.exec(block);
  if (title)
    return h(
      `h${Math.min(heading + (title[1]?.length ?? 1), 6)}`,
      { key: at, class: "cx-h2" },
      inline(title[2] ?? ""),
    );
  const lines = block.split("\n");
  const isList = (mark: RegExp) => lines.every((line) => mark.test(line));
  for (const [tag, mark] of [["ul", /^\s*[-*]\s+/] as const, ["ol", /^\s*\d+[.)]\s+/] as const]) {
    if (isList(mark)) {
      const items = lines.map((line, n) => <li key={n}>{inline(line.replace(mark, ""))}</li>);
      return h(tag, { key: at, class: "cx-list" }, items);
    }
  }
  return <p key={at}>{inline(lines.join(" "))}</p>;
}
