"""The process of one attempt: started with what to do, ended with everything it started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from clonexs.local.process import inherited
from clonexs.local.runs.handles import Ended, broken, failed
from clonexs.local.runs.records import Output

_LARGEST = 5 * 1024 * 1024


class Child:
    """An attempt in a process of its own.

    Args:
        folder: The attempt's folder: its working directory, log and result.
        work: What the process is told, see :mod:`clonexs.local.runs.host`.
        changed: Called when the process has ended.
        shows_logs: Whether its log is part of its output (a script's is, a notebook's is not).
    """

    def __init__(
        self,
        folder: Path,
        work: dict[str, Any],
        changed: Callable[[], None],
        *,
        shows_logs: bool,
    ) -> None:
        self._log, self._result = folder / "output.log", folder / "result.json"
        self._changed, self._shows_logs = changed, shows_logs
        handle = os.open(self._log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            self._process = subprocess.Popen(
                # Its working directory is no place to import this package from.
                [sys.executable, "-P", "-u", "-m", "clonexs.local.runs.host"],
                stdin=subprocess.PIPE,
                stdout=handle,
                stderr=handle,
                cwd=folder / "files",
                env=inherited(),
                start_new_session=True,
            )
        finally:
            os.close(handle)
        # Held open: when this process ends, the child's standard input closes, and it ends too.
        assert self._process.stdin is not None
        self._lifeline: IO[bytes] = self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            told = {**work, "result": str(self._result)}
            self._lifeline.write(json.dumps(told).encode() + b"\n")
            self._lifeline.flush()
        self._over = threading.Event()
        self._reaping = threading.Lock()
        threading.Thread(target=self._wait, name=f"run-{folder.name}", daemon=True).start()

    def poll(self) -> Ended | None:
        """How it ended; ``None`` while it goes on."""
        if not self._over.is_set():
            return None
        with contextlib.suppress(OSError):
            self._lifeline.close()
        try:
            found: dict[str, Any] = json.loads(self._result.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            code = self._process.returncode
            ended = broken("DRIVER_ERROR", f"The process of the task ended with code {code}.")
            ended.output = self._with_logs(ended.output)
            return ended
        return self._ended(found)

    def stop(self) -> None:
        """End the process and all that it started."""
        with self._reaping:
            if self._process.returncode is None:
                self._end_group()

    def _ended(self, found: dict[str, Any]) -> Ended:
        if found["status"] == "library":
            return broken("LIBRARY_INSTALLATION_ERROR", str(found["error"]))
        output = self._with_logs(Output(cells=found.get("cells") or []))
        if found.get("exit") is not None:
            output.exit, is_cut = _cut(str(found["exit"]))
            output.truncated = output.truncated or is_cut
        values = found.get("values") or {}
        if found["status"] == "failed":
            ended = failed(str(found["error"]), trace=found.get("trace"), output=output)
            ended.values = values
            return ended
        return Ended(output=output, values=values)

    def _with_logs(self, output: Output) -> Output:
        if self._shows_logs:
            size = self._log.stat().st_size
            with self._log.open("rb") as file:
                file.seek(max(0, size - _LARGEST))
                output.logs = file.read().decode("utf-8", "replace")
            output.truncated = size > _LARGEST
        return output

    def _wait(self) -> None:
        if hasattr(os, "waitid"):
            # Not reaped yet: its number still names its group, and nobody else's.
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            self._end_group()
            with self._reaping:
                self._process.wait()
        else:
            self._process.wait()
        self._over.set()
        self._changed()

    def _end_group(self) -> None:
        # The group lives on as long as anything that the task started does.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _cut(text: str) -> tuple[str, bool]:
    raw = text.encode()
    if len(raw) <= _LARGEST:
        return text, False
    return raw[:_LARGEST].decode("utf-8", "ignore"), True
