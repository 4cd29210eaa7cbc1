import { useCallback, useState } from "preact/hooks";
import { useScope } from "./render";

const LIFE_MS = 30 * 60_000;

/** A value of looks only (sort, widths, open rows): it survives a refresh of the tab for thirty minutes. */
export function useLooks<T>(name: string, initial: T): [T, (value: T) => void] {
  const { instance } = useScope();
  const key = `cx:${instance.page}:${JSON.stringify(instance.params)}:${name}`;
  const [value, setValue] = useState<T>(() => recall(key) ?? initial);
  const set = useCallback(
    (next: T) => {
      setValue(() => next);
      try {
        sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), value: next }));
      } catch {
        // Storage may be full or refused: the looks then last as long as the page.
      }
    },
    [key],
  );
  return [value, set];
}

function recall<T>(key: string): T | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null") as { at: number; value: T } | null;
    return kept && Date.now() - kept.at < LIFE_MS ? kept.value : undefined;
  } catch {
    return undefined;
  }
}
