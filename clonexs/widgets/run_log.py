"""Events of a run as lines that people read: what began, what ended and how, what went wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from clonexs.widgets.state import Json

# Ends of a unit that the log tells, and how gravely; "running" would only double the lines.
_LEVELS = {"done": "info", "skipped": "info", "failed": "error", "blocked": "warn"}
_KINDS = frozenset({"catalog", "schema", "table", "view", "function", "volume"})
_STATES = {
    "queued": "waiting for a worker",
    "running": "a worker has begun",
    "cancelling": "asked to stop",
    "succeeded": "the run has succeeded",
    "partial": "the run is done in part",
    "failed": "the run has failed",
    "cancelled": "the run was cancelled",
    "interrupted": "the worker is gone; the run can be resumed",
    "waiting_credentials": "the worker needs you to sign in again",
}


def log_line(event: Mapping[str, Any]) -> dict[str, Json] | None:
    """The log line of an event, if it has one: what began, ended or went wrong, and its figures."""
    kind = event.get("kind")
    line: dict[str, Json] = {"seq": event.get("seq"), "ts": event.get("ts"), "level": "info"}
    if kind == "log":
        level, message = str(event.get("level", "info")), str(event.get("message", ""))
        return {**line, "level": level, "object": event.get("object"), "message": message}
    if kind == "unit":
        return _unit_line(line, event)
    if kind == "state":
        status = str(event.get("status"))
        return {**line, "object": None, "message": _STATES.get(status, f"the run is {status}")}
    if kind == "stage":
        total = event.get("total")
        count = f": {total:,} to do" if isinstance(total, int) else ""
        return {**line, "object": None, "message": f"{event.get('name', '')}{count}"}
    return None


def _unit_line(line: dict[str, Json], event: Mapping[str, Any]) -> dict[str, Json] | None:
    state = str(event.get("state"))
    if state not in _LEVELS:
        return None
    error = event.get("error")
    said = error.get("message") if isinstance(error, Mapping) else error
    message = said or event.get("reason") or state
    if state == "failed" and said:
        message = f"failed: {said}"
    figures = {name: event[name] for name in ("bytes", "seconds") if event.get(name) is not None}
    name = spoken_key(str(event.get("object") or event.get("key") or ""))
    return {**line, "level": _LEVELS[state], "object": name, "message": str(message), **figures}


def spoken_key(key: str) -> str:
    """A unit's key as people read it: ``table:sales.orders`` is *table sales.orders*."""
    kind, mark, name = key.partition(":")
    if not mark:
        return key
    # What follows another object names its kind: ``grants:schema:sales``.
    of, mark, rest = name.partition(":")
    return f"{kind} of {of} {rest}" if mark and of in _KINDS else f"{kind} {name}"


def log_text(events: Iterable[Mapping[str, Any]]) -> str:
    """The whole log of a run as text, one line for each event that has one."""
    return "\n".join(_text(line) for event in events if (line := log_line(event)))


def _text(line: Mapping[str, Any]) -> str:
    moment = dt.datetime.fromtimestamp(float(line.get("ts") or 0), dt.UTC)
    parts = [moment.isoformat(timespec="milliseconds"), line["level"], line["object"]]
    parts.append(line["message"])
    if (copied := line.get("bytes")) is not None:
        parts.append(f"{copied} bytes")
    if (seconds := line.get("seconds")) is not None:
        parts.append(f"{seconds:g} s")
    return " ".join(str(part) for part in parts if part)
