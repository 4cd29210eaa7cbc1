"""Whether what the target has was made of the same text."""

from __future__ import annotations

from typing import Any

from clonexs.operations.cloning.clone.render import schema_mode
from clonexs.workspace.inventory import Function, Table


def same_view(want: Table, have: Table) -> bool:
    """Whether two views are made of the same text; comments and owner are compared apart."""
    return (
        have.is_view
        and schema_mode(have) == schema_mode(want)
        and (have.view_definition or "").strip() == (want.view_definition or "").strip()
        and [c.name for c in have.columns] == [c.name for c in want.columns]
    )


def same_function(want: Function, have: Function) -> bool:
    """Whether two functions do the same; owner and comment are compared apart."""
    return _meaning(want) == _meaning(have)


def _meaning(function: Function) -> tuple[Any, ...]:
    return (
        [(p.name.lower(), p.type_text.lower(), p.default, p.comment) for p in function.parameters],
        function.return_type.lower(),
        [(c.name.lower(), c.type_text.lower(), c.comment) for c in function.return_columns],
        function.body.upper(),
        function.language.upper(),
        (function.definition or "").strip(),
        function.is_deterministic is not False,
    )
