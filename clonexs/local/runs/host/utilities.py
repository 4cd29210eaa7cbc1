"""``dbutils``: widgets, notebook, secrets, task values, files and libraries of a notebook's run."""

from __future__ import annotations

import base64
import json
import posixpath
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

_LARGEST_VALUE = 48 * 1024


class NotebookExit(BaseException):
    """``dbutils.notebook.exit`` was called; no ``except Exception`` of a notebook stops it."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


class Utilities:
    """What a notebook knows as ``dbutils``.

    Args:
        given: The task: parameters, values of tasks before, context.
        secrets: Grows by every secret that is read.
    """

    def __init__(self, given: dict[str, Any], secrets: list[str]) -> None:
        self._given = given
        self.values: dict[str, Any] = {}
        self.widgets = Widgets(given["parameters"])
        self.secrets = SecretValues(self, secrets)
        self.notebook = NotebookControl(self)
        self.jobs = JobControl(TaskValues(given["values"], self.values))
        self.library = Library()

    @cached_property
    def client(self) -> WorkspaceClient:
        """A client of the workspace for the principal that the run is."""
        from databricks.sdk import WorkspaceClient

        return WorkspaceClient()

    @property
    def fs(self) -> Any:
        """Files of volumes."""
        return self.client.dbutils.fs

    def absolute(self, path: str) -> str:
        """A path of the tree; a relative one begins at the notebook's folder."""
        if path.startswith("/"):
            return path
        folder = posixpath.dirname(str(self._given["context"]["notebook_path"]))
        return posixpath.normpath(posixpath.join(folder, path))

    def cells(self, path: str) -> list[dict[str, str]]:
        """The cells of another notebook."""
        from databricks.sdk.service.workspace import ExportFormat

        from clonexs.local.services.notebook_text import jupyter_cells

        content = self.client.workspace.export(path, format=ExportFormat.JUPYTER).content or ""
        _, found = jupyter_cells(base64.b64decode(content))
        return [{"kind": each.kind, "text": each.text} for each in found]


class Widgets:
    """Parameters of a notebook; those of the job override defaults."""

    def __init__(self, given: dict[str, str]) -> None:
        self._given = dict(given)
        self._defaults: dict[str, str] = {}

    def text(self, name: str, defaultValue: str = "", label: str = "") -> None:
        """Define a parameter that is text."""
        self._defaults[name] = str(defaultValue)

    def dropdown(
        self,
        name: str,
        defaultValue: str,
        choices: Sequence[str],
        label: str = "",
    ) -> None:
        """Define a parameter with one of a few values."""
        if defaultValue not in choices:
            raise ValueError(f"The default value {defaultValue!r} is none of the choices.")
        self._defaults[name] = str(defaultValue)

    def combobox(
        self,
        name: str,
        defaultValue: str,
        choices: Sequence[str],
        label: str = "",
    ) -> None:
        """Define a parameter with suggestions."""
        self._defaults[name] = str(defaultValue)

    multiselect = dropdown

    def get(self, name: str) -> str:
        """Value of a parameter."""
        if name in self._given:
            return self._given[name]
        if name in self._defaults:
            return self._defaults[name]
        raise ValueError(f"InputWidgetNotDefined: No input widget named {name} is defined")

    def getAll(self) -> dict[str, str]:
        """Values of all parameters."""
        return {**self._defaults, **self._given}

    def getArgument(self, name: str, default: str = "") -> str:
        """Value of a parameter, or a default."""
        return self.getAll().get(name, default)

    def remove(self, name: str) -> None:
        """Forget the definition of a parameter."""
        self._defaults.pop(name, None)

    def removeAll(self) -> None:
        """Forget all definitions."""
        self._defaults.clear()


class SecretValues:
    """Secrets of scopes."""

    def __init__(self, utilities: Utilities, seen: list[str]) -> None:
        self._utilities, self._seen = utilities, seen

    def get(self, scope: str, key: str) -> str:
        """A secret as text."""
        return self.getBytes(scope, key).decode("utf-8")

    def getBytes(self, scope: str, key: str) -> bytes:
        """A secret as bytes."""
        found = self._utilities.client.secrets.get_secret(scope, key).value or ""
        value = base64.b64decode(found)
        self._seen.append(value.decode("utf-8", "replace"))
        return value

    def list(self, scope: str) -> Any:
        """Keys of a scope."""
        return list(self._utilities.client.secrets.list_secrets(scope))

    def listScopes(self) -> Any:
        """The scopes."""
        return list(self._utilities.client.secrets.list_scopes())


class NotebookControl:
    """Ending this notebook, and running others."""

    def __init__(self, utilities: Utilities) -> None:
        self._utilities = utilities

    def exit(self, value: Any) -> None:
        """End the notebook with a result."""
        raise NotebookExit(str(value))

    def run(
        self,
        path: str,
        timeout_seconds: int = 0,
        arguments: dict[str, str] | None = None,
    ) -> str:
        """Run another notebook as a run of its own, and give its result."""
        from databricks.sdk.service.jobs import NotebookTask, SubmitTask

        jobs = self._utilities.client.jobs
        task = NotebookTask(
            notebook_path=self._utilities.absolute(path),
            base_parameters={name: str(each) for name, each in (arguments or {}).items()},
        )
        waiting = jobs.submit(
            run_name=path,
            tasks=[SubmitTask("main", notebook_task=task, timeout_seconds=timeout_seconds)],
        )
        done = waiting.result(timedelta(days=7))
        output = jobs.get_run_output(int((done.tasks or [])[0].run_id or 0))
        if output.error:
            raise RuntimeError(f"The notebook {path} failed: {output.error}")
        found = output.notebook_output
        return (found.result if found is not None else None) or ""


class JobControl:
    """What a task of a job may say to others."""

    def __init__(self, task_values: TaskValues) -> None:
        self.taskValues = task_values


class TaskValues:
    """Values that a task sets, and those that tasks before it set."""

    def __init__(self, before: dict[str, dict[str, Any]], own: dict[str, Any]) -> None:
        self._before, self._own = before, own

    def set(self, key: str, value: Any) -> None:
        """Set a value for the tasks that depend on this one."""
        if len(json.dumps(value).encode()) > _LARGEST_VALUE:
            raise ValueError("A task value can have at most 48 KiB.")
        self._own[key] = value

    def get(
        self,
        taskKey: str,
        key: str,
        default: Any = None,
        debugValue: Any = None,
    ) -> Any:
        """A value that a task before this one set."""
        found = self._before.get(taskKey, {})
        if key in found:
            return found[key]
        if default is None:
            raise ValueError(f"The task {taskKey!r} has set no value {key!r}.")
        return default


class Library:
    """Libraries of the notebook; nothing is installed here, so that nothing needs a fresh start."""

    def restartPython(self) -> None:
        """Begin with an empty namespace of the notebook's own names."""
        from IPython import get_ipython

        shell = get_ipython()
        kept = ("spark", "dbutils", "display", "displayHTML", "getArgument")
        given = {name: shell.user_ns[name] for name in kept}
        shell.reset(new_session=False)
        shell.user_ns.update(given)
