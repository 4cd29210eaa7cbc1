"""What the engine would answer wrongly without saying so."""

from __future__ import annotations

from clonexs.local.engine.nodes import Nodes
from clonexs.local.errors import LocalError


def refuse_wrong_answers(nodes: Nodes) -> None:
    """Refuse a text that holds something of this kind.

    Raises:
        LocalError: naming what is not supported.
    """
    from sqlglot import exp

    for spec in nodes.of(exp.WindowSpec):
        if str(spec.args.get("kind", "")).upper() == "RANGE" and list(spec.find_all(exp.Interval)):
            raise LocalError(
                "UNSUPPORTED_FEATURE.RANGE_INTERVAL",
                "RANGE frames over an INTERVAL are not supported by the local workspace.",
            )
    for call in nodes.of(exp.Anonymous):
        if call.name.lower() == "bround":
            raise LocalError(
                "UNSUPPORTED_FEATURE.FUNCTION", "bround is not supported by the local workspace."
            )
    for part in nodes.of(exp.Extract):
        if str(part.this.name).upper() in {"DOW", "DAYOFWEEK"}:
            raise LocalError(
                "UNSUPPORTED_FEATURE.FUNCTION",
                "extract(DOW …) is not supported by the local workspace; use dayofweek().",
            )
