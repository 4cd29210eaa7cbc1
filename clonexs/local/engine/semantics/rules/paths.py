"""``value:a.b[0]``: a path into a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import STRING, VARIANT, Kind
from clonexs.local.engine.semantics.node import Node, call, literal
from clonexs.local.engine.semantics.rules.basics import refuse

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer


def path(typer: Typer, node: Node, scope: Scope) -> Kind:
    """The type of a path's value; the path becomes a call."""
    (what,) = node.args
    kind = typer.known(what, scope)
    text = literal(_quoted(_json_path(node.more["steps"])), STRING)
    if kind == STRING:
        node.made = call("get_json_object", what, text, kind=STRING)
        return STRING
    if kind == VARIANT:
        node.made = call("variant_get", what, text, literal("'variant'", STRING), kind=VARIANT)
        return VARIANT
    raise refuse(
        f"A path reads a STRING or VARIANT, not {kind.sql.upper()}.",
        "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
    )


def _json_path(steps: list[str | int]) -> str:
    made = "$"
    for step in steps:
        if isinstance(step, int):
            made += f"[{step}]"
        else:
            made += f".{step}" if step.isidentifier() else f"['{step}']"
    return made


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
