"""Runs that outlive a page: submitted once, done by a worker, followed from anywhere."""

from __future__ import annotations

from clonexs.jobs.run import Jobs, Run
from clonexs.jobs.runner import DurableRunner, JobRunner, ThreadRunner, open_runner
from clonexs.jobs.status import FINISHED, LIVE, RunStatus

__all__ = [
    "FINISHED",
    "LIVE",
    "DurableRunner",
    "JobRunner",
    "Jobs",
    "Run",
    "RunStatus",
    "ThreadRunner",
    "open_runner",
]
