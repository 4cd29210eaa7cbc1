"""Dynamic values in the settings of a task: ``{{job.run_id}}``, ``{{tasks.t.values.k}}``, secrets."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.runs.records import Attempt, Run

_PLACE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
_SECRET = re.compile(r"secrets/([^/]+)/([^/]+)")
_LEGACY = {
    "job_id": "job.id",
    "run_id": "task.run_id",
    "parent_run_id": "job.run_id",
    "task_key": "task.name",
    "start_date": "job.start_time.iso_date",
    "start_time": "job.start_time.timestamp_ms",
    "task_retry_count": "task.execution_count",
}
_MOMENTS: dict[str, Callable[[dt.datetime], str]] = {
    "iso_date": lambda at: at.strftime("%Y-%m-%d"),
    "iso_datetime": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S"),
    "year": lambda at: str(at.year),
    "month": lambda at: str(at.month),
    "day": lambda at: str(at.day),
    "hour": lambda at: str(at.hour),
    "minute": lambda at: str(at.minute),
    "second": lambda at: str(at.second),
    "is_weekday": lambda at: str(at.isoweekday() <= 5).lower(),
    "iso_weekday": lambda at: str(at.isoweekday()),
    "timestamp_ms": lambda at: str(int(at.timestamp() * 1000)),
}


@dataclass(slots=True)
class References:
    """The values that places in one task's settings stand for.

    Args:
        run: The run.
        attempt: The attempt at the task.
        secret: Reads a secret of a scope for the principal that the run is.
        secrets: The secrets that were read.
    """

    run: Run
    attempt: Attempt
    secret: Callable[[str, str], str]
    secrets: list[str] = field(default_factory=list)

    def filled(self, value: Any) -> Any:
        """Plain data with every place filled; a place that means nothing stays as it is."""
        if isinstance(value, str):
            return _PLACE.sub(self._value, value)
        if isinstance(value, Mapping):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        return value

    def _value(self, place: re.Match[str]) -> str:
        name = place.group(1)
        if found := _SECRET.fullmatch(name):
            value = self.secret(found.group(1), found.group(2))
            self.secrets.append(value)
            return value
        known = self._named(_LEGACY.get(name, name).split("."))
        return place.group(0) if known is None else known

    def _named(self, parts: list[str]) -> str | None:
        run = self.run
        match parts:
            case ["job", "id"]:
                return str(run.job_id)
            case ["job", "run_id"]:
                return str(run.run_id)
            case ["job", "name"]:
                return run.name
            case ["job", "repair_count"]:
                return str(run.repair)
            case ["job", "trigger", "type"]:
                return run.trigger.lower()
            case ["job", "start_time", name] if name in _MOMENTS:
                moment = dt.datetime.fromtimestamp((run.started_at or 0) / 1000, dt.UTC)
                return _MOMENTS[name](moment)
            case ["job", "parameters", *rest]:
                return run.parameters.get(".".join(rest))
            case ["task", "name"]:
                return self.attempt.key
            case ["task", "run_id"]:
                return str(self.attempt.run_id)
            case ["task", "execution_count"]:
                return str(self.attempt.number + 1)
            case ["tasks", key, *rest]:
                return self._of_task(key, rest)
            case _:
                return None

    def _of_task(self, key: str, parts: list[str]) -> str | None:
        found = self.run.latest(key)
        if found is None:
            return None
        match parts:
            case ["run_id"]:
                return str(found.run_id)
            case ["result_state"]:
                return (found.result or "").lower()
            case ["execution_count"]:
                return str(found.number + 1)
            case ["values", *rest]:
                name = ".".join(rest)
                if name not in found.values:
                    raise LocalError(
                        "INVALID_PARAMETER_VALUE", f"The task {key} has set no value '{name}'."
                    )
                value = found.values[name]
                return value if isinstance(value, str) else json.dumps(value)
            case _:
                return None


def holds(left: str, op: str, right: str) -> bool:
    """What a condition task comes to: text is compared for equality, numbers for order.

    Raises:
        LocalError: if an order is asked of what is no number.
    """
    if op in {"EQUAL_TO", "NOT_EQUAL"}:
        return (left == right) == (op == "EQUAL_TO")
    try:
        first, second = float(left), float(right)
    except ValueError:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"'{left}' and '{right}' must be numbers for {op}."
        ) from None
    return {
        "GREATER_THAN": first > second,
        "GREATER_THAN_OR_EQUAL": first >= second,
        "LESS_THAN": first < second,
        "LESS_THAN_OR_EQUAL": first <= second,
    }[op]
