"""Expressions that give equal values equal hashes, whatever engine computes them.

NULL leaves no trace in ``xxhash64``, maps have no order, and a float has two zeros and many NaNs:
each of these is written so that what is equal hashes equal and nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from clonexs.names import quote

_FLOATS = frozenset({"float", "double", "real"})
_SPELLED = re.compile(r"^(?:interval|variant|object)\b", re.IGNORECASE)
_FIELD = re.compile(r"\s*(?:`((?:[^`]|``)*)`|([^:\s]+))\s*:?\s*", re.DOTALL)


def canonical(expression: str, type_text: str, depth: int = 0) -> str:
    """The value as the hash takes it.

    Args:
        expression: SQL of the value.
        type_text: Its type, as the catalog writes it.
        depth: How deep inside lambdas it stands; keeps their names apart.
    """
    kind = type_text.strip()
    lowered = kind.lower()
    if lowered in _FLOATS:
        # 0.0 and -0.0 are one value, and so are all NaNs.
        return f"(nanvl({expression}, CAST('NaN' AS {lowered})) + CAST(0 AS {lowered}))"
    if lowered.startswith("array<"):
        inner = canonical(f"e{depth}", _inside(kind), depth + 1)
        return f"transform({expression}, e{depth} -> struct(e{depth} IS NULL, {inner}))"
    if lowered.startswith("map<"):
        _, value = _two(_inside(kind))
        inner = canonical(f"{expression}[k{depth}]", value, depth + 1)
        return (
            f"transform(array_sort(map_keys({expression})), "
            f"k{depth} -> struct(k{depth}, {expression}[k{depth}] IS NULL, {inner}))"
        )
    if lowered.startswith("struct<"):
        parts = []
        for name, inner_type in fields_of(kind):
            field = f"{expression}.{quote(name)}"
            parts += [f"{field} IS NULL", canonical(field, inner_type, depth)]
        return f"struct({', '.join(parts)})" if parts else "CAST(NULL AS STRING)"
    if _SPELLED.match(lowered):
        # These have no hash of their own.
        return f"CAST({expression} AS STRING)"
    return expression


def fields_of(struct: str) -> Iterator[tuple[str, str]]:
    """Names and types of a struct's fields."""
    for part in _split(_inside(struct)):
        found = _FIELD.match(part)
        if found is None:
            continue
        quoted, bare = found.groups()
        rest = part[found.end() :]
        name = quoted.replace("``", "`") if quoted is not None else bare
        yield name, re.sub(r"\s+(?:NOT NULL|COMMENT\s.*)$", "", rest, flags=re.I | re.S).strip()


def _inside(text: str) -> str:
    return text[text.index("<") + 1 : text.rindex(">")]


def _two(text: str) -> tuple[str, str]:
    key, value = _split(text)
    return key.strip(), value.strip()


def _split(text: str) -> list[str]:
    """Split at the commas that stand outside of brackets and back-ticks."""
    parts, depth, start, quoted = [], 0, 0, False
    for index, char in enumerate(text):
        if char == "`":
            quoted = not quoted
        elif quoted:
            continue
        elif char in "<(":
            depth += 1
        elif char in ">)":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    if text[start:].strip():
        parts.append(text[start:])
    return parts
