"""Carries out one task in this process, and says how it ended as plain data."""

from __future__ import annotations

import os
import runpy
import sys
import traceback
from collections.abc import Callable
from typing import Any

from clonexs.local.runs.host.libraries import CannotInstall, make_ready
from clonexs.local.runs.host.redaction import Redacting

_OWN = "clonexs"


def carry_out(given: dict[str, Any]) -> dict[str, Any]:
    """Run the task that ``given`` describes.

    Returns:
        ``status`` (``ok``, ``failed`` or ``library``), and with it ``exit``, ``error``, ``trace``
        and ``values``.
    """
    secrets: list[str] = list(given["secrets"])
    sys.stdout = Redacting(sys.stdout, secrets)
    sys.stderr = Redacting(sys.stderr, secrets)
    os.environ.update(given["environment"])
    try:
        make_ready(given["libraries"])
    except CannotInstall as error:
        return {"status": "library", "error": str(error)}
    _forget_own_package(given["libraries"])
    # Modules that lie beside the notebook or script.
    sys.path.insert(0, os.getcwd())
    work: dict[str, Callable[[dict[str, Any], list[str]], dict[str, Any]]] = {
        "notebook": _notebook,
        "python": _script,
        "wheel": _wheel,
    }
    made = work[given["kind"]](given, secrets)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, Redacting):
            stream.finish()
    clean = Redacting.cleaner(secrets)
    return {name: clean(each) if isinstance(each, str) else each for name, each in made.items()}


def _notebook(given: dict[str, Any], secrets: list[str]) -> dict[str, Any]:
    from clonexs.local.runs.host.notebook import run_notebook

    return run_notebook(given, secrets)


def _script(given: dict[str, Any], _: list[str]) -> dict[str, Any]:
    path = given["script"]
    sys.argv = [path, *given["arguments"]]
    return _ended(lambda: runpy.run_path(path, run_name="__main__"))


def _wheel(given: dict[str, Any], _: list[str]) -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, distribution

    package, name = given["package"], given["entry_point"]
    try:
        points = {each.name: each for each in distribution(package).entry_points}
    except PackageNotFoundError:
        return {"status": "library", "error": f"The package '{package}' is not installed."}
    sys.argv = [name, *given["arguments"]]

    def work() -> None:
        if name in points:
            function = points[name].load()
        else:
            module = __import__(package.replace("-", "_"))
            function = getattr(module, name)
        function()

    return _ended(work)


def _ended(work: Callable[[], object]) -> dict[str, Any]:
    try:
        work()
    except SystemExit as error:
        if error.code in (None, 0):
            return {"status": "ok"}
        return _failed(f"SystemExit: {error.code}", error)
    except BaseException as error:  # noqa: BLE001  # whatever the task raised is its end
        return _failed(f"{type(error).__name__}: {error}", error)
    return {"status": "ok"}


def _failed(text: str, error: BaseException) -> dict[str, Any]:
    trace = "".join(traceback.format_exception(error))
    sys.stderr.write(trace)
    return {"status": "failed", "error": text, "trace": trace}


def _forget_own_package(libraries: list[str]) -> None:
    # A wheel of this very package must be what the task imports, not the copy that started it.
    if not libraries:
        return
    for name in [each for each in sys.modules if each == _OWN or each.startswith(f"{_OWN}.")]:
        if not name.startswith(f"{_OWN}.local.runs"):
            del sys.modules[name]
