"""What the engine would answer wrongly without saying so."""

from __future__ import annotations

from typing import Any

from clonexs.local.errors import LocalError


def refuse_wrong_answers(tree: Any) -> None:
    """Refuse a text that holds something of this kind.

    Raises:
        LocalError: naming what is not supported.
    """
    from sqlglot import exp

    for spec in tree.find_all(exp.WindowSpec):
        if str(spec.args.get("kind", "")).upper() == "RANGE" and list(spec.find_all(exp.Interval)):
            raise LocalError(
                "UNSUPPORTED_FEATURE.RANGE_INTERVAL",
                "RANGE frames over an INTERVAL are not supported by the local workspace.",
            )
    for call in tree.find_all(exp.Anonymous):
        if call.name.lower() == "bround":
            raise LocalError(
                "UNSUPPORTED_FEATURE.FUNCTION", "bround is not supported by the local workspace."
            )
    for part in tree.find_all(exp.Extract):
        if str(part.this.name).upper() in {"DOW", "DAYOFWEEK"}:
            raise LocalError(
                "UNSUPPORTED_FEATURE.FUNCTION",
                "extract(DOW …) is not supported by the local workspace; use dayofweek().",
            )
