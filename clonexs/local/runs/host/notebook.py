"""Runs the cells of a notebook in an IPython shell, as the platform's driver does."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from clonexs.local.runs.host.libraries import CannotInstall, require
from clonexs.local.runs.host.utilities import NotebookExit, Utilities

_SHOWN_ROWS = 1000
_SHELL = ("/bin/bash", "-c")


class CellFailed(Exception):
    """A cell cannot run here."""


def run_notebook(given: dict[str, Any], secrets: list[str]) -> dict[str, Any]:
    """Run all cells; the first that fails ends the notebook.

    Args:
        given: ``cells``, ``parameters``, ``values`` of tasks before, and ``context``.
        secrets: Grows by what the notebook reads, so that it stays out of its output.
    """
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(colors="nocolor")
    notebook = _Notebook(shell, Utilities(given, secrets))
    notebook.begin()
    shown: list[dict[str, str]] = []
    made: dict[str, Any] = {"status": "ok"}
    for cell in given["cells"]:
        left = notebook.end_of(cell)
        shown.append({**cell, "output": _written()})
        if left is not None:
            made = left
            break
    return {**made, "values": notebook.utilities.values, "cells": shown}


def _written() -> str:
    from clonexs.local.runs.host.redaction import Redacting

    streams = (sys.stdout, sys.stderr)
    return "".join(each.taken() for each in streams if isinstance(each, Redacting))


class _Stopped(Exception):
    def __init__(self, error: str, trace: str) -> None:
        super().__init__(error)
        self.error, self.trace = error, trace


class _Notebook:
    def __init__(self, shell: Any, utilities: Utilities) -> None:
        self._shell, self.utilities = shell, utilities
        self._exit: NotebookExit | None = None
        # Notebooks that are being run inside of this one.
        self._running: list[str] = []

    def begin(self) -> None:
        """Put what the platform gives every notebook into its namespace."""
        from pyspark.sql import SparkSession

        self._shell.set_custom_exc((NotebookExit,), self._left)
        self._shell.user_ns.update(
            spark=SparkSession.builder.getOrCreate(),
            dbutils=self.utilities,
            display=_display,
            displayHTML=_display_html,
            getArgument=self.utilities.widgets.get,
        )

    def end_of(self, cell: dict[str, str]) -> dict[str, Any] | None:
        """Run a cell; give how the notebook ended with it, if it did."""
        try:
            self.run(cell)
        except NotebookExit as left:
            return {"status": "ok", "exit": left.value}
        except _Stopped as stopped:
            return {"status": "failed", "error": stopped.error, "trace": stopped.trace}
        return None

    def run(self, cell: dict[str, str]) -> None:
        """Run a cell.

        Raises:
            NotebookExit: if it ends the notebook.
            _Stopped: if it fails.
        """
        kind, text = cell["kind"], cell["text"]
        match kind:
            case "markdown":
                return
            case "PYTHON":
                self._python(text)
            case "SQL":
                self._python(f"_sqldf = spark.sql({text.strip().rstrip(';')!r})\ndisplay(_sqldf)")
            case "run":
                self._other(text.strip())
            case "pip":
                self._python_free(lambda: _pip(text))
            case "sh":
                self._python_free(lambda: _sh(text))
            case _:
                self._python_free(lambda: _refuse(kind))

    def _python(self, text: str) -> None:
        self._exit = None
        result = self._shell.run_cell(text, store_history=True)
        if self._exit is not None:
            raise self._exit
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            trace = self._shell.InteractiveTB.stb2text(
                self._shell.InteractiveTB.structured_traceback(
                    type(error), error, error.__traceback__
                )
            )
            raise _Stopped(f"{type(error).__name__}: {error}", trace)

    def _python_free(self, work: Any) -> None:
        try:
            work()
        except (CellFailed, CannotInstall, subprocess.CalledProcessError) as error:
            sys.stderr.write(f"{error}\n")
            raise _Stopped(f"{type(error).__name__}: {error}", str(error)) from None

    def _other(self, path: str) -> None:
        """Run another notebook of the tree in this namespace (``%run``)."""
        from databricks.sdk.core import DatabricksError

        path = self.utilities.absolute(path.strip("\"'"))
        if path in self._running:
            self._python_free(lambda: _fail(f"{path} runs itself."))
        try:
            cells = self.utilities.cells(path)
        except DatabricksError as error:
            text = str(error)
            self._python_free(lambda: _fail(text))
            return
        self._running.append(path)
        for cell in cells:
            self.run(cell)
        self._running.pop()

    def _left(self, shell: Any, kind: Any, value: NotebookExit, *_: Any, **__: Any) -> list[str]:
        self._exit = value
        return []


def _fail(message: str) -> None:
    raise CellFailed(message)


def _refuse(kind: str) -> None:
    raise CellFailed(f"The local workspace runs no cells of the kind %{kind.lower()}.")


def _pip(text: str) -> None:
    words = text.split()
    if words[:1] != ["install"]:
        raise CellFailed(f"The local workspace does not run 'pip {text.strip()}'.")
    for word in words[1:]:
        if not word.startswith("-"):
            require(word.strip("\"'"))


def _sh(text: str) -> None:
    done = subprocess.run([*_SHELL, text], capture_output=True, text=True, check=False)
    sys.stdout.write(done.stdout + done.stderr)
    done.check_returncode()


def _display(*objects: Any, **options: Any) -> None:
    """Show objects; a Spark frame as its first rows."""
    from IPython.display import display

    for each in objects:
        is_frame = hasattr(each, "toPandas") and hasattr(each, "limit")
        display(each.limit(_SHOWN_ROWS).toPandas() if is_frame else each, **options)


def _display_html(html: str) -> None:
    from IPython.display import HTML, display

    display(HTML(html))
