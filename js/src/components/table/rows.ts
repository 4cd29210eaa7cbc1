import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DataRef } from "../../contract.gen";
import { useScope } from "../../runtime/render";
import { NO_ROWS, type Rows, rowsOf, type Window } from "../../runtime/rows";
import { CallError } from "../../runtime/transport";

export interface Loaded {
  readonly rows: Rows;
  readonly state: "loading" | "ready" | "failed";
  readonly message: string;
  readonly reload: () => void;
}

const isRef = (value: unknown): value is DataRef => typeof (value as DataRef | null)?.ref === "string";
const sayWhy = (error: Error): string => (error instanceof CallError ? error.failure.message : error.message);

/** Rows whole: given with the tree, or asked for by reference. Old rows stay until new ones are there. */
export function useRows(source: unknown): Loaded {
  const { instance } = useScope();
  const ref = isRef(source) ? source.ref : undefined;
  const given = useMemo(() => (Array.isArray(source) ? rowsOf(source) : undefined), [source]);
  const [found, setFound] = useState<Omit<Loaded, "reload">>({
    rows: NO_ROWS,
    state: "loading",
    message: "",
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (ref === undefined) return;
    let alive = true;
    setFound((old) => (old.state === "ready" ? old : { ...old, state: "loading" }));
    instance.rows({ ref }).then(
      (rows) => alive && setFound({ rows, state: "ready", message: "" }),
      (error: Error) => alive && setFound({ rows: NO_ROWS, state: "failed", message: sayWhy(error) }),
    );
    return () => {
      alive = false;
    };
  }, [ref, instance, turn]);
  const reload = () => setTurn(turn + 1);
  if (ref !== undefined) return { ...found, reload };
  return {
    rows: given ?? NO_ROWS,
    state: source === undefined || source === null ? "loading" : "ready",
    message: "",
    reload,
  };
}

const SIZE = 200;

/** Rows in windows: those near the eye are asked for, the rest stays with Python. */
export function useWindows(
  source: unknown,
  sort: Window["sort"],
  filter: string,
): Loaded & { readonly see: (first: number, last: number) => void } {
  const { instance } = useScope();
  const ref = isRef(source) ? source.ref : "";
  const question = JSON.stringify([ref, sort, filter]);
  const pages = useRef(new Map<number, Rows | undefined>());
  const asked = useRef("");
  const [total, setTotal] = useState<number | undefined>();
  const [message, setMessage] = useState("");
  const [, redraw] = useState(0);

  const fetchPage = (page: number) => {
    if (pages.current.has(page) || !ref) return;
    pages.current.set(page, undefined);
    const win: Window = { off: page * SIZE, n: SIZE, sort, ...(filter ? { filter: { text: filter } } : {}) };
    instance.rows({ ref }, win).then(
      (rows) => {
        if (asked.current !== question) return;
        pages.current.set(page, rows);
        setTotal(rows.total);
        setMessage("");
        redraw((n) => n + 1);
      },
      (error: Error) => asked.current === question && setMessage(sayWhy(error)),
    );
  };
  useEffect(() => {
    asked.current = question;
    pages.current = new Map();
    fetchPage(0);
  }, [question]);

  const length = total ?? 0;
  const rows: Rows = {
    length,
    total: length,
    columns: pages.current.get(0)?.columns ?? [],
    get: (row, column) => pages.current.get(Math.floor(row / SIZE))?.get(row % SIZE, column),
  };
  const see = (first: number, last: number) => {
    for (let page = Math.floor(first / SIZE); page <= Math.floor(last / SIZE); page++) fetchPage(page);
  };
  const reload = () => {
    pages.current = new Map();
    fetchPage(0);
  };
  return {
    rows,
    state: message ? "failed" : total === undefined ? "loading" : "ready",
    message,
    reload,
    see,
  };
}
