"""Pieces of statements that several aspects write: names by marker, literals escaped in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clonexs.names import (
    CatalogName,
    ColumnName,
    FunctionName,
    Name,
    SchemaName,
    ViewName,
    VolumeName,
    text_literal,
)
from clonexs.workspace.gateway import escape_braces
from clonexs.workspace.inventory import Argument


@dataclass(slots=True)
class Markers:
    """Hands out ``{n0}`` markers for names and remembers what they stand for."""

    names: dict[str, Name] = field(default_factory=dict)

    def of(self, name: Name) -> str:
        """A marker for a name; the same name gets the same marker."""
        for marker, known in self.names.items():
            if known == name:
                return f"{{{marker}}}"
        marker = f"n{len(self.names)}"
        self.names[marker] = name
        return f"{{{marker}}}"

    def column(self, name: str) -> str:
        """A marker for a column or any other single identifier."""
        return self.of(ColumnName(name))

    def columns(self, names: Iterable[str]) -> str:
        """Markers for several columns, with commas."""
        return ", ".join(self.column(name) for name in names)


def text(value: str) -> str:
    """A text literal that may stand in a statement's template."""
    return escape_braces(text_literal(value))


def pairs(values: Mapping[str, str], *, key_only: bool = False) -> str:
    """``('k' = 'v', …)``; with ``key_only`` an empty value is left out."""
    written = (
        text(key) if key_only and value == "" else f"{text(key)} = {text(value)}"
        for key, value in sorted(values.items())
    )
    return f"({', '.join(written)})"


def keys(names: Iterable[str]) -> str:
    """``('k', …)``."""
    return f"({', '.join(text(name) for name in sorted(names))})"


def kind_word(name: Name) -> str:
    """The keyword of the kind of object after ALTER."""
    match name:
        case CatalogName():
            return "CATALOG"
        case SchemaName():
            return "SCHEMA"
        case FunctionName():
            return "FUNCTION"
        case VolumeName():
            return "VOLUME"
        case ViewName():
            return "VIEW"
    return "TABLE"


def by_column(values: Mapping[str, object]) -> dict[str, str]:
    """Column names by their folded spelling: the platform matches columns whatever the case."""
    return {name.lower(): name for name in values}


_TEXT_CONSTANT = re.compile(r"'(?:[^'\\]|\\.|'')*'", re.DOTALL)


def argument(markers: Markers, found: Argument) -> str:
    """An argument of a mask or filter: a column's marker, or a constant.

    The platform tells a constant without its type. Written as text it is cast to the parameter's;
    only NULL has no text, and a constant that comes quoted stays as it is.
    """
    if found.column is not None:
        return markers.column(found.column)
    constant = found.constant or ""
    if constant.upper() == "NULL" or _TEXT_CONSTANT.fullmatch(constant):
        return escape_braces(constant)
    return text(constant)


def same_arguments(one: Sequence[Argument], other: Sequence[Argument]) -> bool:
    """Whether arguments are equal; columns whatever the case."""
    return [_folded(each) for each in one] == [_folded(each) for each in other]


def shown_arguments(arguments: Sequence[Argument]) -> str:
    """Arguments for people."""
    return ", ".join(a.column if a.column is not None else a.constant or "" for a in arguments)


def _folded(found: Argument) -> tuple[str | None, str | None]:
    return found.column.lower() if found.column is not None else None, found.constant
