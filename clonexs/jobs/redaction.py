"""Keeps secrets out of whatever is stored or logged: by the name of a key, and by its value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from clonexs.workspace.explain import redacted as redacted_text

HIDDEN = "***"
_KEYS = re.compile(
    r"token|secret|password|passwd|pwd|credential|api[_-]?key|private|sas$|connection_string|webhook",
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"AKIA[0-9A-Z]{16}|https://hooks\.[^\s\"']+|dapi[0-9a-f]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def redact(data: Any) -> Any:
    """A copy of plain data without secrets. References such as ``{"secret": "scope/key"}`` stay."""
    if isinstance(data, Mapping):
        if set(data) == {"secret"}:
            return dict(data)
        return {key: _value(str(key), value) for key, value in data.items()}
    if isinstance(data, str):
        return _VALUES.sub(HIDDEN, redacted_text(data))
    if isinstance(data, Sequence):
        return [redact(item) for item in data]
    return data


def _value(key: str, value: Any) -> Any:
    if isinstance(value, str) and value and _KEYS.search(key):
        return HIDDEN
    return redact(value)
