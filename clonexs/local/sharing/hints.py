"""What a reader says of the rows it wants: files that surely hold none of them are left out.

Hints are only that: whatever is not understood leaves the file in, and the reader filters itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from clonexs.local.delta.log import Snapshot
from clonexs.local.sharing.shareable import invalid

_EQUAL = re.compile(r"\s*`?(\w+)`?\s*=\s*(?:'((?:[^'\\]|'')*)'|(-?[\w.]+))\s*$")


@dataclass(frozen=True, slots=True)
class Hints:
    """What a reader wants.

    Attributes:
        limit: How many rows are enough.
        equal: Values that columns must have, as texts.
    """

    limit: int | None = None
    equal: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, body: Mapping[str, Any]) -> Hints:
        """Read the hints of a query.

        Raises:
            LocalError: if they are of another type than the protocol says.
        """
        limit, texts = body.get("limitHint"), body.get("predicateHints") or []
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
            raise invalid("limitHint must be a whole number.")
        if not isinstance(texts, list):
            raise invalid("predicateHints must be a list of texts.")
        equal: dict[str, str] = {}
        for text in texts:
            found = _EQUAL.match(str(text))
            if found is not None:
                value = found.group(2) if found.group(2) is not None else found.group(3)
                equal[found.group(1).lower()] = value.replace("''", "'")
        equal.update(_from_json(body.get("jsonPredicateHints")))
        return cls(limit, equal)

    def may_hold(self, add: Mapping[str, Any], snapshot: Snapshot) -> bool:
        """Whether a file may hold a row that is wanted, by the values of its partition."""
        if not self.equal:
            return True
        values = add.get("partitionValues") or {}
        names = {each.lower(): each for each in snapshot.partitions}
        for column, wanted in self.equal.items():
            name = names.get(column)
            there = values.get(name) if name is not None else None
            if there is not None and unquote(str(there)) != wanted:
                return False
        return True


def _from_json(text: Any) -> dict[str, str]:
    if not text:
        return {}
    try:
        tree = json.loads(text)
    except (TypeError, ValueError):
        return {}
    made: dict[str, str] = {}
    pending = [tree]
    while pending:
        node = pending.pop()
        if not isinstance(node, dict):
            continue
        children = node.get("children") or []
        if node.get("op") == "and":
            pending += children
        elif node.get("op") == "equal" and len(children) == 2:
            column: dict[str, Any] = next((c for c in children if c.get("op") == "column"), {})
            literal: dict[str, Any] = next((c for c in children if c.get("op") == "literal"), {})
            if column.get("name") and literal.get("value") is not None:
                made[str(column["name"]).lower()] = str(literal["value"])
    return made
