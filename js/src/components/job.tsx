import type { Components } from "../contract.gen";
import { bytes, dateOf, duration, number } from "../runtime/format";
import { type Slot, useScope } from "../runtime/render";
import { Bar, progressWords, useSaid } from "./feedback";
import { Log } from "./log";
import { Age, Anchor, Picture, StatusWord, toneOfStatus, useBusy } from "./primitives";

interface Advance {
  readonly stage?: string;
  readonly done?: number | null;
  readonly total?: number | null;
  readonly unit?: string | null;
  readonly rate?: number | null;
  readonly eta_s?: number | null;
  readonly bytes?: number | null;
  readonly bytes_total?: number | null;
  readonly byte_rate?: number | null;
  readonly current?: readonly string[] | null;
  readonly estimate?: boolean;
}
interface Stage {
  readonly name: string;
  readonly state?: string;
  readonly done?: number | null;
  readonly total?: number | null;
}

const ENDED = new Set(["succeeded", "partial", "failed", "cancelled"]);
const LIVE = new Set(["queued", "running", "verifying", "paused", "cancelling", "waiting_approval"]);
const RESUMABLE = new Set(["interrupted", "cancelled", "failed", "paused", "waiting_credentials"]);
const STAGE_ICONS: Record<string, string> = { done: "check", running: "play", stopped: "minus" };

function useJob(path: string) {
  const { store } = useScope().instance;
  const read = <T,>(name: string): T | undefined => store.read(`${path}.${name}`) as T | undefined;
  return {
    id: read<string>("id"),
    title: read<string>("title"),
    status: read<string>("status") ?? "",
    note: read<string>("note"),
    error: read<string | { message?: string; hint?: string }>("error"),
    started: dateOf(read("started_at") ?? read("created_at")),
    ended: dateOf(read("ended_at")),
    progress: read<Advance>("progress") ?? {},
    counts: read<Record<string, number>>("counts") ?? {},
    stages: read<readonly Stage[]>("stages") ?? [],
    log: read<readonly Record<string, unknown>[]>("log") ?? [],
  };
}

function Act({
  icon,
  label,
  press,
}: {
  readonly icon: string;
  readonly label: string;
  readonly press: () => Promise<unknown>;
}) {
  const [busy, run] = useBusy();
  return (
    <button
      type="button"
      class="cx-button cx-button-secondary"
      aria-busy={busy || undefined}
      onClick={() => run(press)}
    >
      <Picture name={icon} />
      {label}
    </button>
  );
}

function Stages({ stages }: { readonly stages: readonly Stage[] }) {
  return (
    <ol class="cx-stages" aria-label="Stages">
      {stages.map((stage) => {
        const state = stage.state ?? "pending";
        return (
          <li
            key={stage.name}
            class={`cx-stage cx-stage-${state}`}
            aria-current={state === "running" ? "step" : undefined}
          >
            <span class="cx-stage-mark">
              <Picture name={STAGE_ICONS[state] ?? ""} size={12} />
            </span>
            <span>{stage.name}</span>
            {typeof stage.total === "number" && (
              <span class="cx-muted cx-small cx-num">
                {number(stage.done ?? 0)}/{number(stage.total)}
              </span>
            )}
            <span class="cx-hidden">, {state}</span>
          </li>
        );
      })}
    </ol>
  );
}

/** Objects and bytes, rate, time left: one line under the bar. */
function details(progress: Advance, isLive: boolean): string[] {
  const found: string[] = [];
  const { bytes: moved, bytes_total: all, rate, byte_rate, eta_s } = progress;
  if (typeof moved === "number" && moved > 0) {
    found.push(typeof all === "number" && all > 0 ? `${bytes(moved)} of ${bytes(all)}` : bytes(moved));
  }
  if (!isLive) return found;
  if (typeof byte_rate === "number" && byte_rate > 0) found.push(`${bytes(byte_rate)}/s`);
  if (typeof rate === "number" && rate > 0) {
    found.push(`${number(Math.round(rate * 10) / 10)} ${progress.unit ?? "objects"}/s`);
  }
  if (typeof eta_s === "number") found.push(`about ${duration(eta_s)} left`);
  return found;
}

function Advancement({ status, progress }: { readonly status: string; readonly progress: Advance }) {
  const isLive = LIVE.has(status);
  const done = progress.done ?? null;
  const total = progress.total ?? null;
  const said = progressWords(
    done,
    total,
    progress.unit ?? "objects",
    isLive ? (progress.eta_s ?? null) : null,
  );
  useSaid(isLive ? said : "");
  const share = done !== null && total ? Math.floor((100 * done) / total) : null;
  const tone = ENDED.has(status) || !isLive ? toneOfStatus(status) : "neutral";
  return (
    <div class="cx-progress">
      <div class="cx-row cx-justify-between cx-gap-small cx-wrap">
        <span class="cx-strong">
          {progressWords(done, total, progress.unit ?? "objects", null) || (isLive ? "Starting" : "")}
          {progress.estimate && <span class="cx-muted"> (total still growing)</span>}
        </span>
        <span class="cx-muted cx-num">
          {[...details(progress, isLive), share === null ? "" : `${share} %`].filter(Boolean).join(" · ")}
        </span>
      </div>
      <Bar label="Progress of the run" done={done} total={total} tone={tone} said={said} moving={isLive} />
    </div>
  );
}

export function Job({
  path,
  on_cancel,
  on_resume,
  on_retry,
  on_open,
  on_log,
  compact,
  children,
}: Components["Job"] & Slot) {
  const job = useJob(path);
  if (!job.id) return null;
  const isLive = LIVE.has(job.status);
  const failed = job.counts.failed ?? 0;
  const error = typeof job.error === "string" ? { message: job.error } : job.error;
  const current = isLive ? (job.progress.current ?? []) : [];
  const counts = Object.entries(job.counts).filter(([, count]) => count > 0);
  return (
    <section class="cx-card cx-job" aria-label={job.title || "Run"}>
      <div class="cx-job-head">
        <div class="cx-job-title">
          <div class="cx-row cx-gap-small cx-align-center cx-wrap">
            <span class="cx-h2">{job.title || "Run"}</span>
            <StatusWord value={job.status} />
          </div>
          <p class="cx-small cx-muted">
            {job.started && (
              <>
                started <Age value={job.started} />
              </>
            )}
            {job.started &&
              job.ended &&
              ` · took ${duration((job.ended.getTime() - job.started.getTime()) / 1000)}`}
            {" · "}
            <span class="cx-mono">{job.id}</span>
          </p>
        </div>
        <div class="cx-row cx-gap-small cx-wrap">
          {on_cancel && isLive && <Act icon="square" label="Cancel" press={() => on_cancel()} />}
          {on_resume && RESUMABLE.has(job.status) && (
            <Act icon="play" label="Resume" press={() => on_resume()} />
          )}
          {on_retry && !isLive && failed > 0 && (
            <Act icon="rotate-ccw" label={`Retry ${number(failed)} failed`} press={() => on_retry()} />
          )}
          {on_open && (
            <Anchor to={on_open} class="cx-button cx-button-secondary">
              Open
            </Anchor>
          )}
        </div>
      </div>
      <div class="cx-job-body">
        {job.note && (
          <p class="cx-small cx-muted">
            <Picture name="info" size={12} /> {job.note}
          </p>
        )}
        {job.stages.length > 0 && !compact && <Stages stages={job.stages} />}
        <Advancement status={job.status} progress={job.progress} />
        {error?.message && (
          <div class="cx-alert cx-alert-danger" role="alert">
            <span class="cx-tone-danger">
              <Picture name="octagon-alert" />
            </span>
            <div class="cx-alert-body">
              <p class="cx-strong cx-wrap-text">{error.message}</p>
              {error.hint && <p>{error.hint}</p>}
            </div>
          </div>
        )}
        {counts.length > 0 && (
          <ul class="cx-counts" aria-label="Objects by state">
            {counts.map(([word, count]) => (
              <li key={word}>
                <StatusWord value={word} /> <span class="cx-num cx-strong">{number(count)}</span>
              </li>
            ))}
          </ul>
        )}
        {current.length > 0 && (
          <ul class="cx-current" aria-label="In progress now">
            {current.map((name) => (
              <li key={name} class="cx-mono" title={name}>
                {name}
              </li>
            ))}
          </ul>
        )}
        {!compact && job.log.length > 0 && (
          <Log lines={job.log} label="Log" height={200} keep={300} on_load={on_log} />
        )}
        {ENDED.has(job.status) && children}
      </div>
    </section>
  );
}
