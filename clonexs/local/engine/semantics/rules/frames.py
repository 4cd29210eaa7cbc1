"""Frames of windows that reach over intervals: the engine takes them for unbounded ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics.kinds import BIGINT, INT
from clonexs.local.engine.semantics.node import Node, call, number
from clonexs.local.engine.semantics.rules.basics import unsupported

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.scopes import Scope
    from clonexs.local.engine.semantics.typing import Typer

_MICROS = {"second": 10**6, "minute": 60 * 10**6, "hour": 3600 * 10**6, "day": 86400 * 10**6}
_SIMPLE = re.compile(r"INTERVAL\s+(-?)\s*'?(-?\d+)'?\s*([A-Za-z]+)\s*'?", re.IGNORECASE)


def frame(typer: Typer, node: Node, scope: Scope) -> None:
    """Repair a window whose frame is a RANGE over dates or timestamps.

    Raises:
        LocalError: for a reach that has no fixed length.
    """
    if node.more.get("frame") != "RANGE":
        return
    bounds = [each for each in node.more["bounds"] if each is not None and each.args]
    if not bounds or len(node.more["order"]) != 1:
        return
    (key,) = node.more["order"]
    (what,) = key.args
    kind = typer.known(what, scope)
    if kind.name not in {"date", "timestamp", "timestamp_ntz"}:
        if any(each.args[0].type.is_interval for each in bounds):
            raise unsupported("RANGE frames over an INTERVAL on values of another type")
        return
    plain = what.bare() if what.made is None else what.made
    if kind.name == "date" and not any(each.args[0].type.is_interval for each in bounds):
        what.made = call("unix_date", plain, kind=INT)
        return
    for each in bounds:
        each.args[0].made = number(_micros(each.args[0]), BIGINT)
    if kind.name == "date":
        from clonexs.local.engine.semantics.kinds import TIMESTAMP
        from clonexs.local.engine.semantics.node import cast

        plain = cast(plain, TIMESTAMP)
    what.made = call("unix_micros", plain, kind=BIGINT)


def _micros(node: Node) -> int:
    found = _SIMPLE.fullmatch(str(node.more.get("text", "")).strip())
    unit = found.group(3).lower().rstrip("s") if found else ""
    if found is None or unit not in {*_MICROS, "week"}:
        raise unsupported("RANGE frames over such an INTERVAL")
    size = _MICROS["day"] * 7 if unit == "week" else _MICROS[unit]
    return int(found.group(2)) * size * (-1 if found.group(1) else 1)
