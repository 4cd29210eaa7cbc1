"""Files that are made ready beside a table, before it has them."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Any

from clonexs.local.delta.log import Action
from clonexs.local.delta.schema import columns_of, struct
from clonexs.local.statements.intents import STAGING

Fields = list[dict[str, Any]]


def staging(path: Path) -> Path:
    """A folder beside the files of a table in which new ones are made ready."""
    return path / f"{STAGING}{uuid.uuid4()}"


def move_files(source: Path, target: Path, adds: list[Action]) -> None:
    """Move data files of a staging folder into a table, under the names they have."""
    from urllib.parse import unquote

    for add in adds:
        name = unquote(add["path"])
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).replace(target / name)
    shutil.rmtree(source, ignore_errors=True)


def columns_for_fill(fields: Fields, partitions: list[str]) -> list[dict[str, Any]]:
    """Columns as the engine's writer wants them."""
    return columns_of(struct(fields), partitions)
