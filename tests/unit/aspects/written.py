"""What the gateway would send for changes."""

from __future__ import annotations

from collections.abc import Iterable

from clonexs.aspects.base import Change, Statement
from clonexs.workspace.gateway import render


def sql(changes: Iterable[Change]) -> list[str]:
    made = []
    for change in changes:
        assert isinstance(change, Statement)
        made.append(render(change.sql, change.names))
    return made


def back(change: Change) -> list[str]:
    return sql(change.reverse)
