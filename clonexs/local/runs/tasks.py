"""Beginning an attempt at a task: what its kind needs is read, filled in, and put to work."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from clonexs.local.catalog import Principal
from clonexs.local.errors import LocalError
from clonexs.local.runs.child import Child
from clonexs.local.runs.handles import Done, Ended, Handle, broken, refused
from clonexs.local.runs.records import Attempt, Run
from clonexs.local.runs.references import References, holds
from clonexs.local.runs.settings import kinds_of
from clonexs.local.runs.sources import Sources
from clonexs.local.runs.sql_files import SqlFile, statements_of
from clonexs.local.services.acls import Acls
from clonexs.local.services.cluster_pool import KIND as CLUSTERS
from clonexs.local.services.cluster_pool import Clusters
from clonexs.local.services.secret_store import READ, Secrets
from clonexs.local.services.warehouse_pool import KIND, Warehouses
from clonexs.local.system.sources import TokenSources

if TYPE_CHECKING:
    from clonexs.local.server import Server

# What the platform calls the newest runtime that a client of this age is told of.
RUNTIME_VERSION = "16.4"
_Settings = dict[str, Any]


@dataclass(slots=True)
class Tasks:
    """Begins attempts.

    Args:
        server: The server.
        changed: Called when an attempt has ended.
        start_job: Begins a run of another job for an attempt.
    """

    server: Server
    changed: Callable[[], None]
    start_job: Callable[[Run, Attempt, _Settings], Handle]

    def begin(self, run: Run, attempt: Attempt, task: _Settings) -> Handle:
        """Put a task to work; what cannot be run has ended when this returns."""
        try:
            return self._begin(run, attempt, task)
        except LocalError as error:
            ended = refused(error)
        except Exception as error:  # noqa: BLE001  # whatever failed, the attempt has an end
            ended = broken(
                "INTERNAL_ERROR", f"The task cannot begin: {type(error).__name__}: {error}"
            )
        self.clean(attempt)
        return Done(ended)

    def clean(self, attempt: Attempt) -> None:
        """Remove what an attempt needed while it ran, and make its token worth nothing."""
        self.server.service(RunTokens).revoke(attempt.run_id)
        shutil.rmtree(self.server.folder.runs / str(attempt.run_id), ignore_errors=True)

    def _begin(self, run: Run, attempt: Attempt, task: _Settings) -> Handle:
        who = self._principal(run.run_as)
        references = References(run, attempt, lambda scope, key: self._secret(who, scope, key))
        kind = kinds_of(task)[0]
        settings = references.filled(task[kind])
        match kind:
            case "condition_task":
                met = holds(settings["left"], settings["op"], settings["right"])
                return Done(Ended(outcome=str(met).lower()))
            case "run_job_task":
                return self.start_job(run, attempt, settings)
            case "sql_task":
                return self._sql(run, attempt, who, settings)
            case "notebook_task" | "spark_python_task" | "python_wheel_task":
                return self._process(run, attempt, task, kind, settings, references, who)
            case _:
                raise LocalError(
                    "NOT_IMPLEMENTED", f"The local workspace does not run tasks of kind {kind}."
                )

    def _principal(self, name: str) -> Principal:
        people = self.server.catalog.people
        if people.find(name) is None:
            raise LocalError("PERMISSION_DENIED", f"The principal {name} no longer exists.")
        return people.principal(name)

    def _secret(self, who: Principal, scope: str, key: str) -> str:
        secrets = self.server.service(Secrets)
        secrets.require(who, scope, READ)
        return secrets.value(scope, key).decode("utf-8", "replace")

    # Statements.

    def _sql(self, run: Run, attempt: Attempt, who: Principal, settings: _Settings) -> Handle:
        file = settings.get("file")
        if file is None:
            raise LocalError(
                "NOT_IMPLEMENTED", "The local workspace runs SQL tasks with a file only."
            )
        _check_source(file)
        text = Sources(self.server, who).content(file["path"]).decode("utf-8", "replace")
        warehouse = self.server.service(Warehouses).get(settings["warehouse_id"])
        shown = f"the SQL warehouse '{warehouse.name}'"
        self.server.service(Acls).require(who, KIND, warehouse.id, "CAN_USE", shown)
        overrides = run.overrides.get("sql_params") or {}
        parameters = {**(settings.get("parameters") or {}), **run.parameters, **overrides}
        source = source_of(run, attempt)
        statements = statements_of(text)
        return SqlFile(self.server, who, warehouse, statements, parameters, self.changed, source)

    # Processes.

    def _process(
        self,
        run: Run,
        attempt: Attempt,
        task: _Settings,
        kind: str,
        settings: _Settings,
        references: References,
        who: Principal,
    ) -> Handle:
        _check_source(settings)
        if cluster := task.get("existing_cluster_id"):
            shown = f"cluster {cluster}"
            clusters = self.server.service(Clusters)
            clusters.get(cluster)
            self.server.service(Acls).require(who, CLUSTERS, cluster, "CAN_ATTACH_TO", shown)
            clusters.use(cluster, who.name)
        folder = self.server.folder.runs / str(attempt.run_id)
        files = folder / "files"
        files.mkdir(parents=True, mode=0o700)
        sources = Sources(self.server, who)
        work = _WORK[kind](run, settings, references, sources, files)
        environments = run.settings.get("environments") or []
        token = self.server.service(RunTokens).make(attempt.run_id, run.run_as)
        self.server.service(TokenSources).add(token, source_of(run, attempt))
        work |= {
            "libraries": sources.libraries(task, environments, folder),
            "secrets": [*references.secrets, token],
            "environment": self._environment(token),
            "values": {each.key: each.values for each in run.attempts if each.values},
            "context": {
                "job_id": run.job_id,
                "run_id": run.run_id,
                "task_key": attempt.key,
                "notebook_path": settings.get("notebook_path", "/"),
            },
        }
        is_notebook = kind == "notebook_task"
        return Child(folder, work, self.changed, shows_logs=not is_notebook)

    def _environment(self, token: str) -> dict[str, str]:
        authorization = quote(f"Bearer {token}")
        return {
            "DATABRICKS_RUNTIME_VERSION": RUNTIME_VERSION,
            "DATABRICKS_HOST": self.server.http_url,
            "DATABRICKS_TOKEN": token,
            "SPARK_REMOTE": f"sc://127.0.0.1:{self.server.grpc_port}/;authorization={authorization}",
        }


def source_of(run: Run, attempt: Attempt) -> dict[str, str]:
    """What the history and lineage say the statements of an attempt belong to."""
    made = {"job_run_id": str(run.run_id), "job_task_run_id": str(attempt.run_id)}
    return {"job_id": str(run.job_id), **made} if run.kind == "JOB_RUN" else made


class RunTokens:
    """The tokens of the attempts at work. What a killed server leaves of them ends with its days.

    Args:
        server: The server.
    """

    _LIFETIME_S = 7 * 86_400.0

    def __init__(self, server: Server) -> None:
        self._people = server.catalog.people
        self._held: dict[int, str] = {}

    def make(self, attempt_id: int, name: str) -> str:
        """A token for an attempt."""
        self._held[attempt_id] = self._people.mint(name, self._LIFETIME_S)
        return self._held[attempt_id]

    def revoke(self, attempt_id: int) -> None:
        """Make an attempt's token worth nothing."""
        token = self._held.pop(attempt_id, None)
        if token is not None:
            self._people.revoke(token)


def _notebook(
    run: Run, settings: _Settings, references: References, sources: Sources, files: Path
) -> _Settings:
    path = settings["notebook_path"]
    sources.beside(path, files)
    overrides = references.filled(run.overrides.get("notebook_params") or {})
    base = settings.get("base_parameters") or {}
    given = {**base, **references.filled(run.parameters), **overrides}
    return {
        "kind": "notebook",
        "cells": sources.notebook(path),
        "parameters": {name: str(value) for name, value in given.items()},
    }


def _script(
    run: Run, settings: _Settings, references: References, sources: Sources, files: Path
) -> _Settings:
    path = settings["python_file"]
    sources.beside(path, files)
    script = files / path.rpartition("/")[2]
    script.write_bytes(sources.content(path))
    arguments = run.overrides.get("python_params") or settings.get("parameters") or []
    return {"kind": "python", "script": str(script), "arguments": references.filled(arguments)}


def _wheel(
    run: Run, settings: _Settings, references: References, sources: Sources, files: Path
) -> _Settings:
    arguments = run.overrides.get("python_params") or settings.get("parameters") or []
    named = {
        **(settings.get("named_parameters") or {}),
        **(run.parameters if not arguments else {}),
        **(run.overrides.get("python_named_params") or {}),
    }
    arguments = [*arguments, *(f"--{name}={value}" for name, value in named.items())]
    return {
        "kind": "wheel",
        "package": settings["package_name"],
        "entry_point": settings["entry_point"],
        "arguments": references.filled(arguments),
    }


_WORK = {"notebook_task": _notebook, "spark_python_task": _script, "python_wheel_task": _wheel}


def _check_source(settings: _Settings) -> None:
    if settings.get("source") == "GIT":
        raise LocalError("NOT_IMPLEMENTED", "The local workspace runs nothing from Git.")
