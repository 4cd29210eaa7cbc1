import { useMemo } from "preact/hooks";
import type { Components } from "../contract.gen";
import { counted } from "../runtime/format";
import { type DiffLine, diffLines, folded } from "./diff_lines";
import { Picture } from "./primitives";

const MARKS = { same: " ", removed: "−", added: "+" } as const;

interface Pair {
  readonly left?: DiffLine;
  readonly right?: DiffLine;
}

/** Removed and added lines that stand together are shown beside one another. */
function paired(lines: readonly DiffLine[]): Pair[] {
  const found: Pair[] = [];
  let removed: DiffLine[] = [];
  const flush = () => {
    found.push(...removed.map((left) => ({ left })));
    removed = [];
  };
  for (const line of lines) {
    if (line.kind === "removed") removed.push(line);
    else if (line.kind === "added") {
      const left = removed.shift();
      found.push({ left, right: line });
    } else {
      flush();
      found.push({ left: line, right: line });
    }
  }
  flush();
  return found;
}

function Cell({ line, side }: { readonly line?: DiffLine; readonly side: "before" | "after" }) {
  const at = line?.[side];
  return (
    <>
      <td class="cx-diff-number">{at === undefined ? "" : at + 1}</td>
      <td class={`cx-diff-text cx-diff-${line?.kind ?? "none"}`}>
        {line && (
          <>
            <span class="cx-diff-mark">{MARKS[line.kind]}</span>
            {line.kind !== "same" && <span class="cx-hidden">{line.kind}: </span>}
            {line.text}
          </>
        )}
      </td>
    </>
  );
}

export function Diff({ before, after, before_label, after_label, look, context }: Components["Diff"]) {
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  const parts = useMemo(() => folded(lines, context), [lines, context]);
  if (before === after) {
    return (
      <p class="cx-tone-success">
        <Picture name="circle-check" size={14} /> {before_label} and {after_label} are equal
      </p>
    );
  }
  const groups: (DiffLine[] | number)[] = [];
  for (const part of parts) {
    const last = groups.at(-1);
    if ("gap" in part) groups.push(part.gap);
    else if (Array.isArray(last)) last.push(part);
    else groups.push([part]);
  }
  const wide = look === "split" ? 4 : 3;
  return (
    <div class="cx-diff" role="region" aria-label={`${before_label} and ${after_label}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {look === "split" ? (
              <>
                <th colSpan={2}>{before_label}</th>
                <th colSpan={2}>{after_label}</th>
              </>
            ) : (
              <th colSpan={3}>
                {before_label} → {after_label}
              </th>
            )}
          </tr>
        </thead>
        {groups.map((group, at) =>
          typeof group === "number" ? (
            <tbody key={at}>
              <tr class="cx-diff-gap">
                <td colSpan={wide}>{counted(group, "unchanged lines")}</td>
              </tr>
            </tbody>
          ) : (
            <tbody key={at}>
              {look === "split"
                ? paired(group).map(({ left, right }, row) => (
                    <tr key={row}>
                      <Cell line={left} side="before" />
                      <Cell line={right} side="after" />
                    </tr>
                  ))
                : group.map((line, row) => (
                    <tr key={row}>
                      <td class="cx-diff-number">{line.before === undefined ? "" : line.before + 1}</td>
                      <Cell line={line} side="after" />
                    </tr>
                  ))}
            </tbody>
          ),
        )}
      </table>
    </div>
  );
}
