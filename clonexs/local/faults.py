"""Faults and latency on demand: what the server is told to do wrong, and when.

A plan is a list of rules. A rule says *where* (a statement by its text, a request by its method and
path, or a named point inside a write), *which* call (the n-th, and how many from there), *when*
(before or after the effect), and *what* happens.
"""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from clonexs.local.errors import LocalError

# Points inside writes that a rule may name.
POINTS = (
    "delta.commit",
    "delta.committed",
    "catalog.commit",
    "catalog.committed",
    "statement.done",
    "upload",
)
_BEFORE_EFFECT = {"delta.commit", "catalog.commit", "upload"}
_WHEN = ("before", "after")
_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL_ERROR",
}
_ACTIONS = ("status", "drop", "delay", "error", "no_space", "kill")


@dataclass(slots=True, kw_only=True)
class Rule:
    """One fault.

    Attributes:
        statement: Pattern that a statement's text must contain; case does not matter.
        method: Method of a REST request; empty for any.
        path: Pattern that a REST path must contain.
        point: One of :data:`POINTS`.
        when: ``before`` the effect (the default) or ``after`` it.
        nth: The first matching call it strikes, counted from 1.
        times: How many calls it strikes; 0 for all of them.
        action: ``status`` (REST answer or gRPC status), ``error`` (a statement's error class),
            ``drop`` (the connection breaks), ``delay``, ``no_space``, ``kill`` (the server dies).
        status: HTTP status of ``status``.
        retry_after: Seconds in the header ``Retry-After``.
        error_class: Class of ``error``.
        message: Its text.
        delay_ms: Length of ``delay``.
    """

    statement: str = ""
    method: str = ""
    path: str = ""
    point: str = ""
    when: str = "before"
    nth: int = 1
    times: int = 1
    action: str
    status: int = 503
    retry_after: int | None = None
    error_class: str = "INTERNAL_ERROR"
    message: str = "A fault that was asked for."
    delay_ms: float = 0.0

    def problem(self) -> str | None:
        """What is wrong with the rule, if anything."""
        if self.action not in _ACTIONS:
            return f"action must be one of {', '.join(_ACTIONS)}"
        if self.when not in _WHEN:
            return "when must be before or after"
        if self.point and self.point not in POINTS:
            return f"point must be one of {', '.join(POINTS)}"
        if self.point and self.action not in {"no_space", "kill", "delay"}:
            return "at a point only no_space, kill and delay can happen"
        if self.action == "no_space" and self.point not in _BEFORE_EFFECT:
            return f"no_space happens at {', '.join(sorted(_BEFORE_EFFECT))}"
        if sum(map(bool, (self.statement, self.path, self.point))) != 1:
            return "exactly one of statement, path and point must be given"
        for pattern in (self.statement, self.path):
            try:
                re.compile(pattern)
            except re.error as error:
                return f"{pattern!r} is no pattern: {error}"
        return None


class Faults:
    """The plan in force. Safe to share between threads.

    Args:
        latency_ms: Added to every statement and request.
    """

    def __init__(self, latency_ms: float = 0.0) -> None:
        self.latency_ms = latency_ms
        self._rules: list[Rule] = []
        self._seen: list[int] = []
        self._lock = threading.Lock()

    def replace(self, rules: list[Mapping[str, Any]]) -> None:
        """Put a new plan in force; counting starts anew.

        Raises:
            LocalError: if a rule is not understood; the old plan stays.
        """
        known = {each.name for each in fields(Rule)}
        made = []
        for index, given in enumerate(rules):
            unknown = sorted(set(given) - known)
            if unknown or "action" not in given:
                wrong: str | None = f"unknown: {', '.join(unknown)}" if unknown else "no action"
            else:
                made.append(Rule(**given))
                wrong = made[-1].problem()
            if wrong:
                raise LocalError("INVALID_PARAMETER_VALUE", f"Fault {index + 1}: {wrong}.")
        with self._lock:
            self._rules, self._seen = made, [0] * len(made)

    def load(self, path: Path) -> None:
        """Put the plan of a JSON file in force: a list of rules, or ``{latency_ms, faults}``."""
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            self.latency_ms = float(found.get("latency_ms", self.latency_ms))
            found = found.get("faults", [])
        self.replace(found)

    def described(self) -> dict[str, Any]:
        """The plan, and how often each rule was met."""
        with self._lock:
            rules = [
                {**asdict(rule), "seen": seen}
                for rule, seen in zip(self._rules, self._seen, strict=True)
            ]
        return {"latency_ms": self.latency_ms, "faults": rules}

    def statement(self, text: str, when: str) -> Rule | None:
        """The rule that strikes a statement now."""
        return self._strike(
            lambda r: (
                bool(r.statement)
                and r.when == when
                and re.search(r.statement, text, re.IGNORECASE | re.DOTALL) is not None
            )
        )

    def request(self, method: str, path: str, when: str) -> Rule | None:
        """The rule that strikes a REST request now."""
        return self._strike(
            lambda r: (
                bool(r.path)
                and r.when == when
                and r.method.upper() in {"", method.upper()}
                and re.search(r.path, path) is not None
            )
        )

    def point(self, name: str) -> Rule | None:
        """The rule that strikes a point inside a write now."""
        return self._strike(lambda r: r.point == name)

    def _strike(self, matches: Callable[[Rule], bool]) -> Rule | None:
        if not self._rules:
            return None
        struck = None
        with self._lock:
            for index, rule in enumerate(self._rules):
                if not matches(rule):
                    continue
                self._seen[index] += 1
                number = self._seen[index]
                is_over = bool(rule.times) and number >= rule.nth + rule.times
                if struck is None and number >= rule.nth and not is_over:
                    struck = rule
        return struck


class Refused(LocalError):
    """A plain status that a rule asks for.

    Args:
        status: HTTP status.
        retry_after: Seconds in ``Retry-After``.
        message: Its text.
    """

    def __init__(self, status: int, retry_after: int | None, message: str) -> None:
        code = _CODES.get(status, "TEMPORARILY_UNAVAILABLE")
        super().__init__(code, message)
        self.http_status, self.retry_after, self.error_code = status, retry_after, code


_in_force: list[Faults] = []


def put_in_force(faults: Faults) -> None:
    """Make a plan the one that :func:`reach` asks."""
    _in_force[:] = [faults]


def reach(point: str) -> None:
    """Say that a write has come to a named point; costs nothing when no plan is in force.

    Raises:
        OSError: ``ENOSPC``, when the plan says that the disk is full here.
    """
    for faults in _in_force:
        rule = faults.point(point)
        if rule is None:
            continue
        if rule.action == "kill":
            kill()
        if rule.delay_ms:
            threading.Event().wait(rule.delay_ms / 1000)
        if rule.action == "no_space":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def kill() -> None:
    """End this process at once, as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL)
