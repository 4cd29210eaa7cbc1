"""What the engine refuses, in the platform's words."""

from __future__ import annotations

import re
from typing import Any

from clonexs.local.errors import LocalError

_CLASS = re.compile(r"\s*\[([A-Z][A-Z0-9_.]*)\]\s*(.*)", re.DOTALL)
_STATE = re.compile(r"\s*SQLSTATE: \w{5}\s*$")
_OVERFLOW = re.compile(
    r"can't cast value .* to type|numeric field overflow|out of range", re.DOTALL
)
# The engine gives no class: its wording decides, the first that fits.
_WORDINGS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"no space left"), "NO_SPACE_LEFT"),
    (re.compile(r"missing commit file: expected final version"), "DELTA_VERSION_NOT_FOUND"),
    (
        re.compile(r"no version of the delta table exists at or before"),
        "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION",
    ),
    (re.compile(r"divide by zero|division by zero"), "DIVIDE_BY_ZERO"),
    (re.compile(r"operation not found"), "OPERATION_CANCELED"),
    (re.compile(r"invalid argument: found|sql parser"), "PARSE_SYNTAX_ERROR"),
    (
        re.compile(r"cannot find column|cannot resolve|no field named"),
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
    ),
    (re.compile(r"out of memory|resources exhausted"), "RESOURCE_EXHAUSTED"),
    (re.compile(r"(arithmetic|integer) overflow|overflow happened"), "ARITHMETIC_OVERFLOW"),
    # Checked sums of integers go by way of decimals.
    (re.compile(r"value of -?\d+ is out of range int"), "ARITHMETIC_OVERFLOW"),
    (_OVERFLOW, "CAST_OVERFLOW"),
    (re.compile(r"cast.*(error|cannot)|(error|cannot).*cast", re.DOTALL), "CAST_INVALID_INPUT"),
)
_PLAIN = {
    "DIVIDE_BY_ZERO": "Division by zero.",
    "OPERATION_CANCELED": "Operation has been canceled.",
}


def engine_error(error: Any) -> LocalError:
    """A failed call of the engine as a refusal.

    Args:
        error: What the call raised.
    """
    status = getattr(error.code(), "name", "") if hasattr(error, "code") else ""
    text = str(error.details() if hasattr(error, "details") else error)
    if status == "UNAVAILABLE":
        return LocalError("ENGINE_LOST", "The query engine ended while the statement ran.")
    if status == "CANCELLED":
        return LocalError("OPERATION_CANCELED", _PLAIN["OPERATION_CANCELED"])
    found = _CLASS.match(text)
    if found:
        return LocalError(found.group(1), _STATE.sub("", found.group(2)))
    lowered = text.lower()
    for wording, error_class in _WORDINGS:
        if wording.search(lowered):
            return LocalError(error_class, _PLAIN.get(error_class, text))
    return LocalError("ENGINE_ERROR", text)
