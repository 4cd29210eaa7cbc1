"""Jobs and runs in the catalog's file: they survive the server, whatever ends it.

``job_changes`` keeps every version of every job, for the tables that tell their history.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.records import ENDED, Job, Output, Run

if TYPE_CHECKING:
    from clonexs.local.server import Server

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS jobs (
  job_id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_at INTEGER NOT NULL, body TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS job_changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL, changed_at INTEGER NOT NULL,
  is_deleted INTEGER NOT NULL, body TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS job_runs (
  run_id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL, kind TEXT NOT NULL, created_at INTEGER NOT NULL,
  ended_at INTEGER, state TEXT NOT NULL, body TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS job_runs_by_job ON job_runs (job_id, created_at)",
    "CREATE INDEX IF NOT EXISTS job_runs_by_time ON job_runs (created_at)",
    """CREATE TABLE IF NOT EXISTS job_attempts (
  run_id INTEGER PRIMARY KEY, job_run_id INTEGER NOT NULL, output TEXT)""",
    """CREATE TABLE IF NOT EXISTS job_requests (
  token TEXT NOT NULL, principal TEXT NOT NULL, run_id INTEGER NOT NULL,
  PRIMARY KEY (token, principal))""",
)
_ORDER = "ORDER BY created_at DESC, {0} DESC"


class JobStore:
    """All jobs and runs of one workspace.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._database = server.catalog.database
        self._clock = server.clock
        # Attempts that are written down already.
        self._known: set[int] = set()
        for each in _SCHEMA:
            self._database.execute(each)

    # Jobs.

    def save_job(self, job: Job) -> None:
        """Write a job, new or changed."""
        body = json.dumps(asdict(job))
        with self._database.transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)",
                (job.job_id, job.name, job.created_at, body),
            )
            self._changed(job, body, is_deleted=False)

    def delete_job(self, job: Job) -> None:
        """Remove a job; its runs stay."""
        with self._database.transaction():
            self._database.execute("DELETE FROM jobs WHERE job_id = ?", (job.job_id,))
            self._changed(job, json.dumps(asdict(job)), is_deleted=True)

    def job(self, job_id: int) -> Job:
        """A job.

        Raises:
            LocalError: if there is none with this number.
        """
        rows = self._database.execute("SELECT body FROM jobs WHERE job_id = ?", (job_id,))
        if not rows:
            raise LocalError("INVALID_PARAMETER_VALUE", f"Job {job_id} does not exist.")
        return Job(**json.loads(rows[0][0]))

    def jobs(self, name: str | None = None) -> list[Job]:
        """All jobs, or those with a name whatever its case, newest first."""
        where, values = ("WHERE lower(name) = lower(?)", (name,)) if name else ("", ())
        rows = self._database.execute(
            f"SELECT body FROM jobs {where} {_ORDER.format('job_id')}", values
        )
        return [Job(**json.loads(body)) for (body,) in rows]

    def _changed(self, job: Job, body: str, *, is_deleted: bool) -> None:
        self._database.execute(
            "INSERT INTO job_changes (job_id, changed_at, is_deleted, body) VALUES (?, ?, ?, ?)",
            (job.job_id, int(self._clock() * 1000), int(is_deleted), body),
        )

    # Runs.

    def save_run(self, run: Run) -> None:
        """Write a run, new or changed."""
        with self._database.transaction():
            self._database.execute(
                "INSERT OR REPLACE INTO job_runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    run.run_id,
                    run.job_id,
                    run.kind,
                    run.created_at,
                    run.ended_at,
                    run.state,
                    json.dumps(run.to_dict()),
                ),
            )
            fresh = {each.run_id for each in run.attempts} - self._known
            for attempt_id in fresh:
                self._database.execute(
                    "INSERT OR IGNORE INTO job_attempts VALUES (?, ?, NULL)",
                    (attempt_id, run.run_id),
                )
        self._known |= fresh

    def run(self, run_id: int) -> Run:
        """The run with a number, or the one that the attempt with this number belongs to.

        Raises:
            LocalError: if there is none.
        """
        rows = self._database.execute(
            "SELECT body FROM job_runs WHERE run_id = ? OR run_id ="
            " (SELECT job_run_id FROM job_attempts WHERE run_id = ?)",
            (run_id, run_id),
        )
        if not rows:
            raise LocalError("INVALID_PARAMETER_VALUE", f"Run {run_id} does not exist.")
        return Run.from_dict(json.loads(rows[0][0]))

    def runs(
        self,
        *,
        job_id: int | None = None,
        kind: str | None = None,
        active: bool | None = None,
        since: int = 0,
        until: int | None = None,
    ) -> list[Run]:
        """Runs, newest first.

        Args:
            job_id: Only those of this job.
            kind: Only those of this kind.
            active: Only those that have not ended, or only those that have.
            since: Only those that were asked for at or after this moment.
            until: Only those that were asked for at or before this moment.
        """
        tests: list[tuple[str, Any]] = [("created_at >= ?", since)]
        if until is not None:
            tests.append(("created_at <= ?", until))
        if job_id is not None:
            tests.append(("job_id = ?", job_id))
        if kind is not None:
            tests.append(("kind = ?", kind))
        ended = ", ".join(f"'{state}'" for state in sorted(ENDED))
        where = " AND ".join(test for test, _ in tests)
        if active is not None:
            where += f" AND state {'NOT ' if active else ''}IN ({ended})"
        rows = self._database.execute(
            f"SELECT body FROM job_runs WHERE {where} {_ORDER.format('run_id')}",
            tuple(value for _, value in tests),
        )
        return [Run.from_dict(json.loads(body)) for (body,) in rows]

    def delete_run(self, run: Run) -> None:
        """Remove a run and what it left behind."""
        with self._database.transaction():
            self._database.execute("DELETE FROM job_runs WHERE run_id = ?", (run.run_id,))
            self._database.execute("DELETE FROM job_attempts WHERE job_run_id = ?", (run.run_id,))
            self._database.execute("DELETE FROM job_requests WHERE run_id = ?", (run.run_id,))

    def expire(self, moment: int) -> None:
        """Remove runs that ended before a moment."""
        rows = self._database.execute("SELECT body FROM job_runs WHERE ended_at < ?", (moment,))
        for (body,) in rows:
            self.delete_run(Run.from_dict(json.loads(body)))

    # What runs leave behind, and who asked for them.

    def save_output(self, attempt_id: int, output: Output) -> None:
        """Write what an attempt left behind."""
        self._database.execute(
            "UPDATE job_attempts SET output = ? WHERE run_id = ?",
            (json.dumps(asdict(output)), attempt_id),
        )

    def output(self, attempt_id: int) -> Output:
        """What an attempt left behind."""
        rows = self._database.execute(
            "SELECT output FROM job_attempts WHERE run_id = ?", (attempt_id,)
        )
        return Output(**json.loads(rows[0][0])) if rows and rows[0][0] else Output()

    def asked(self, token: str, principal: str) -> int | None:
        """The run that a principal's request with this idempotency token got."""
        rows = self._database.execute(
            "SELECT run_id FROM job_requests WHERE token = ? AND principal = ?", (token, principal)
        )
        return int(rows[0][0]) if rows else None

    def remember(self, token: str, principal: str, run_id: int) -> None:
        """Remember which run a request got."""
        self._database.execute(
            "INSERT INTO job_requests VALUES (?, ?, ?)", (token, principal, run_id)
        )
