import { Age, Picture } from "../components/primitives";
import type { Connection } from "./connection";
import { type Jobs, percentOf, progressOf, toneOf } from "./jobs";
import type { KernelLine } from "./line";
import type { JobLine } from "./server";

interface ConnectionProps {
  readonly connection: Connection;
  readonly line: KernelLine;
  readonly signOut: () => void;
}

/** What stands behind the pill: where we are connected to, as whom, and what to do when we are not. */
export function ConnectionPanel({ connection, line, signOut }: ConnectionProps) {
  const state = line.state.value;
  const status = connection.status.value;
  const facts: [string, string | undefined][] = [
    ["Workspace", status?.place],
    ["Host", status?.host],
    ["User", status?.user],
    ["Compute", [status?.compute_name, status?.compute].filter(Boolean).join(" · ")],
    ["Answered in", status?.ms === undefined ? undefined : `${status.ms} ms`],
  ];
  return (
    <>
      <h2>{connection.pill.value.word}</h2>
      {state.is === "refused" && <p class="sh-note">{state.message}</p>}
      {status?.state === "off" && (
        <p class="sh-note">
          {status.reason} {status.hint}
        </p>
      )}
      <dl class="sh-facts">
        {facts.map(([name, value]) =>
          value ? (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ) : null,
        )}
        {connection.checkedAt.value && (
          <>
            <dt>Checked</dt>
            <dd>
              <Age value={connection.checkedAt.value.toISOString()} />
            </dd>
          </>
        )}
      </dl>
      <div class="sh-actions">
        {status?.state === "stopped" && (
          <button type="button" class="sh-button" onClick={() => connection.startCompute()}>
            <Picture name="play" />
            Start compute
          </button>
        )}
        <button
          type="button"
          class="sh-button"
          data-first=""
          onClick={() => (state.is === "up" ? connection.retry() : line.retry())}
        >
          <Picture name="refresh-cw" />
          {connection.asking.value ? "Checking" : "Check now"}
        </button>
        <button type="button" class="sh-button" onClick={signOut}>
          <Picture name="log-out" />
          Sign out
        </button>
      </div>
    </>
  );
}

interface TrayProps {
  readonly jobs: Jobs;
  readonly open: (job: JobLine) => void;
  readonly opens: (job: JobLine) => boolean;
}

/** Jobs that run and those that ran last. */
export function JobTray({ jobs, open, opens }: TrayProps) {
  const list = jobs.list.value;
  return (
    <>
      <h2>Jobs</h2>
      {jobs.problem.value && <p class="sh-note">{jobs.problem.value}</p>}
      {!jobs.problem.value && list.length === 0 && (
        <p class="sh-note">
          Nothing has run yet. What you start keeps running when you leave its page or this app.
        </p>
      )}
      {list.map((job) => (
        <JobRow key={job.id} job={job} jobs={jobs} {...(opens(job) ? { open } : {})} />
      ))}
    </>
  );
}

interface RowProps {
  readonly job: JobLine;
  readonly jobs: Jobs;
  readonly open?: (job: JobLine) => void;
}

function JobRow({ job, jobs, open }: RowProps) {
  const percent = percentOf(job);
  return (
    <div class="sh-job">
      <div class="sh-job-line">
        <span class="sh-grow" title={job.title}>
          {job.title}
        </span>
        <span class="sh-word" data-tone={toneOf(job)}>
          {job.status.replaceAll("_", " ")}
        </span>
      </div>
      {job.live && (
        <progress
          max={100}
          {...(percent === undefined ? {} : { value: percent })}
          aria-label={`Progress of ${job.title}`}
        />
      )}
      <div class="sh-job-line">
        <small class="sh-grow" style="font-weight:400">
          {job.live ? progressOf(job) : <Age value={job.ended_at ?? job.started_at} />}
        </small>
        {job.live && (
          <button type="button" class="sh-button is-quiet" onClick={() => void jobs.cancel(job)}>
            Cancel
          </button>
        )}
        {open && (
          <button type="button" class="sh-button is-quiet" onClick={() => open(job)}>
            Open
          </button>
        )}
      </div>
    </div>
  );
}
