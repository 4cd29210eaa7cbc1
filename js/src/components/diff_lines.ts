/** One line of a comparison: where it stands on either side, and whether it changed. */
export interface DiffLine {
  readonly before?: number;
  readonly after?: number;
  readonly text: string;
  readonly kind: "same" | "removed" | "added";
}

const LIMIT = 4_000_000;

/** Lines of two texts, by their longest common subsequence. Very long texts are compared as two blocks. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [before.split("\n"), after.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const same = (from: number, to: number, shift: number): DiffLine[] =>
    a
      .slice(from, to)
      .map((text, at) => ({ before: from + at, after: from + at + shift, text, kind: "same" }));
  const middle = between(a.slice(start, endA), b.slice(start, endB), start);
  return [...same(0, start, 0), ...middle, ...same(endA, a.length, endB - endA)];
}

function between(a: readonly string[], b: readonly string[], shift: number): DiffLine[] {
  const found: DiffLine[] = [];
  const width = b.length + 1;
  const lengths = a.length * b.length <= LIMIT ? new Uint32Array((a.length + 1) * width) : undefined;
  if (lengths) {
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        lengths[i * width + j] =
          a[i] === b[j]
            ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
            : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
      }
    }
  }
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const isSame = lengths && i < a.length && j < b.length && a[i] === b[j];
    if (isSame) {
      found.push({ before: shift + i++, after: shift + j++, text: b[j - 1] ?? "", kind: "same" });
    } else if (
      i < a.length &&
      (j >= b.length || !lengths || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    ) {
      found.push({ before: shift + i, text: a[i++] ?? "", kind: "removed" });
    } else {
      found.push({ after: shift + j, text: b[j++] ?? "", kind: "added" });
    }
  }
  return found;
}

/** Stretches without a change become one gap, with some lines kept around each change. */
export function folded(lines: readonly DiffLine[], context: number): (DiffLine | { readonly gap: number })[] {
  const near = new Uint8Array(lines.length);
  lines.forEach((line, at) => {
    if (line.kind !== "same") near.fill(1, Math.max(0, at - context), at + context + 1);
  });
  const found: (DiffLine | { gap: number })[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at];
    const last = found.at(-1);
    if (line && near[at]) found.push(line);
    else if (last && "gap" in last) last.gap++;
    else found.push({ gap: 1 });
  }
  return found;
}
