"""What the web app runs inside a kernel: the connection's state, and imports made ahead of time."""

from __future__ import annotations

import importlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from clonexs.widgets.services import Services

_LOG = logging.getLogger(__name__)
TARGET = "clonexs.status"
_AHEAD = (
    "databricks.sdk",
    "pyarrow",
    "pandas",
    "clonexs.session",
    "clonexs.workspace.connect",
    "clonexs.jobs",
)


def arrive() -> None:
    """Open the status channel, name it to the server, and begin to import ahead."""
    from comm import create_comm
    from IPython.display import publish_display_data

    from clonexs.widgets.services import open_services

    comm = create_comm(target_name=TARGET)
    answering = StatusLine(open_services())
    comm.on_msg(lambda message: answering.heard(comm, message["content"]["data"]))
    # The comm lives as long as somebody holds it.
    _KEPT.append(comm)
    publish_display_data({"application/vnd.clonexs.comm+json": {"comm_id": comm.comm_id}})
    threading.Thread(target=_import_ahead, name="clonexs-ahead", daemon=True).start()


_KEPT: list[Any] = []


def _import_ahead() -> None:
    from clonexs.operations.base import find_operation
    from clonexs.widgets.pages._index import PAGES

    # The pages first: one of them is what the tab asks for in a moment.
    steps: list[tuple[Callable[[str], object], str]] = []
    for page in PAGES:
        steps += [(importlib.import_module, page.module), (find_operation, page.operation)]
    steps += [(importlib.import_module, name) for name in _AHEAD]
    for load, name in steps:
        try:
            load(name)
        except Exception as error:  # noqa: BLE001 - the page that needs it will say so
            _LOG.info("%s was not imported ahead: %s", name, error)
        # Between two imports a message of a page may take its turn.
        time.sleep(0.01)


class StatusLine:
    """Answers how the connection to the workspace stands; never by SQL, which could start compute.

    Args:
        services: The workspace as pages see it.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._asking = threading.Lock()

    def heard(self, comm: Any, question: dict[str, Any]) -> None:
        """Answer in a thread of its own: a dead host must not hold up the pages."""
        if question.get("t") == "status":
            threading.Thread(
                target=self._answer, args=(comm, question.get("id")), daemon=True
            ).start()
        elif question.get("t") in ("start", "retry"):
            threading.Thread(
                target=self._mend, args=(comm, question.get("id"), question["t"]), daemon=True
            ).start()

    def _answer(self, comm: Any, re: object) -> None:
        # One question at a time; the answer serves every tab that listens.
        if not self._asking.acquire(blocking=False):
            return
        try:
            comm.send({"t": "status", "re": re, **self.status()})
        finally:
            self._asking.release()

    def _mend(self, comm: Any, re: object, how: str) -> None:
        try:
            if how == "start":
                self._services.start_compute()
            else:
                self._services.reconnect()
        except Exception as error:  # noqa: BLE001 - becomes what the pill says
            comm.send({"t": "status", "re": re, **self._failed(error)})
        else:
            self._answer(comm, re)

    def status(self) -> dict[str, Any]:
        """State, place, and what the pop-over shows."""
        began = time.perf_counter()
        try:
            compute = self._services.compute_state()
            target = self._services.target()
        except Exception as error:  # noqa: BLE001 - not being connected is an answer
            return self._failed(error)
        scope = self._services.scope()
        running = str(getattr(compute, "state", compute)).lower()
        return {
            "state": "stopped" if running in ("stopped", "stopping") else "connected",
            "compute": running,
            "compute_name": str(getattr(compute, "name", "") or ""),
            "place": self._services.place() or target.label,
            "host": scope[0] if scope else "",
            "user": scope[1] if scope else "",
            "ms": round((time.perf_counter() - began) * 1000),
        }

    def _failed(self, error: Exception) -> dict[str, Any]:
        from clonexs.workspace.explain import explain

        explained = explain(error)
        return {
            "state": "off",
            "place": self._services.place(),
            "reason": explained.message,
            "hint": explained.hint or "",
        }
