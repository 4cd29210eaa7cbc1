"""Checkpoints of a log, as other writers leave them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.\d{10}\.\d{10}|\.[0-9a-f-]{36})?\.parquet$")


def checkpoint_before(folder: Path, version: int) -> int | None:
    """The newest checkpoint of a log up to a version."""
    found = [
        int(match.group(1))
        for name in os.listdir(folder)
        if (match := _CHECKPOINT.match(name)) and int(match.group(1)) <= version
    ]
    return max(found, default=None)


def read_checkpoint(folder: Path, version: int) -> Iterator[dict[str, Any]]:
    """The actions of a checkpoint."""
    import pyarrow.parquet as pq

    names = [
        name
        for name in os.listdir(folder)
        if (match := _CHECKPOINT.match(name)) and int(match.group(1)) == version
    ]
    for name in sorted(names):
        for row in pq.read_table(folder / name).to_pylist():
            yield {kind: _tidy(body) for kind, body in row.items() if body is not None}


def _tidy(body: Any) -> Any:
    # A checkpoint spells maps as lists of pairs and absent fields as nulls.
    made = {}
    for key, value in body.items():
        if value is None:
            continue
        if isinstance(value, list) and value and isinstance(value[0], tuple):
            value = dict(value)
        elif key in {"partitionValues", "configuration", "options", "tags"} and value == []:
            value = {}
        elif isinstance(value, dict):
            value = _tidy(value)
        made[key] = value
    return made
