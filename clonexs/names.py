"""Names of what lives in Unity Catalog, and the one place that quotes and writes literals.

Rules of the platform: a name of an object has 1 to 255 characters, no period, space, slash or
control character, and is stored in lower case; columns, comments, tags and values may hold
anything (databricks.md 2.10).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self, TypeAlias

from clonexs.errors import InvalidRequest

MAX_NAME_LENGTH = 255
_ILLEGAL = re.compile(r"[./ \x00-\x1f\x7f]")


def name_problem(name: str) -> str | None:
    """Say what is wrong with the name of an object, or ``None`` when it is legal."""
    if not name:
        return "must not be empty"
    if len(name) > MAX_NAME_LENGTH:
        return f"has {len(name)} characters; at most {MAX_NAME_LENGTH} are allowed"
    if found := _ILLEGAL.search(name):
        return f"must not contain {found.group()!r} (no period, space, slash or control character)"
    return None


def quote(identifier: str) -> str:
    """Quote one identifier, doubling inner back-ticks."""
    return "`" + identifier.replace("`", "``") + "`"


def split_name(text: str) -> tuple[str, ...]:
    """Split a dotted name into its parts, minding back-tick quotes.

    Raises:
        InvalidRequest: if a quote is not closed or a part is empty.
    """
    parts: list[str] = []
    position = 0
    while True:
        if text[position : position + 1] == "`":
            part, position = _quoted_part(text, position)
        else:
            end = text.find(".", position)
            end = len(text) if end < 0 else end
            part, position = text[position:end].strip(), end
        if not part:
            raise InvalidRequest({"": f"{text!r} is not a name: a part of it is empty"})
        parts.append(part)
        if position >= len(text):
            return tuple(parts)
        if text[position] != ".":
            raise InvalidRequest({"": f"{text!r} is not a name: unexpected {text[position]!r}"})
        position += 1


def _quoted_part(text: str, start: int) -> tuple[str, int]:
    position = start + 1
    while True:
        end = text.find("`", position)
        if end < 0:
            raise InvalidRequest({"": f"{text!r} is not a name: a back-tick is not closed"})
        if text[end + 1 : end + 2] != "`":
            return text[start + 1 : end].replace("``", "`"), end + 1
        position = end + 2


@dataclass(frozen=True, slots=True, order=True)
class _Name:
    """Base: a name of fixed depth. ``str()`` gives the plain dotted form, ``quoted`` the SQL form."""

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(getattr(self, field) for field in self.__dataclass_fields__)

    @property
    def name(self) -> str:
        """The last part."""
        return self.parts[-1]

    @property
    def full_name(self) -> str:
        """Dotted and unquoted, as REST wants it and people read it."""
        return ".".join(self.parts)

    @property
    def quoted(self) -> str:
        """Dotted, each part in back-ticks: the only form that goes into SQL text."""
        return ".".join(quote(part) for part in self.parts)

    def __str__(self) -> str:
        return self.full_name

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a dotted name, quoted or not.

        Raises:
            InvalidRequest: if the number of parts is wrong or a part is not a legal name.
        """
        parts = split_name(text)
        depth = len(cls.__dataclass_fields__)
        if len(parts) != depth:
            raise InvalidRequest(
                {"": f"{text!r} has {len(parts)} parts; {cls.__name__} needs {depth}"}
            )
        for part in parts:
            if problem := name_problem(part):
                raise InvalidRequest({"": f"{part!r} {problem}"})
        return cls(*parts)


@dataclass(frozen=True, slots=True, order=True)
class CatalogName(_Name):
    """A catalog."""

    catalog: str

    def schema(self, name: str) -> SchemaName:
        """The schema ``name`` in this catalog."""
        return SchemaName(self.catalog, name)


@dataclass(frozen=True, slots=True, order=True)
class SchemaName(_Name):
    """A schema of a catalog."""

    catalog: str
    schema: str

    def table(self, name: str) -> TableName:
        """The table or view ``name`` in this schema."""
        return TableName(self.catalog, self.schema, name)


@dataclass(frozen=True, slots=True, order=True)
class TableName(_Name):
    """A table or view of a schema."""

    catalog: str
    schema: str
    table: str

    @property
    def key(self) -> str:
        """``schema.table``: the same in source and target."""
        return f"{self.schema}.{self.table}"

    def in_catalog(self, catalog: str) -> Self:
        """The same name in another catalog."""
        return type(self)(catalog, self.schema, self.table)


@dataclass(frozen=True, slots=True, order=True)
class ViewName(TableName):
    """A view of a schema."""


@dataclass(frozen=True, slots=True, order=True)
class FunctionName(TableName):
    """A function of a schema."""


@dataclass(frozen=True, slots=True, order=True)
class VolumeName(TableName):
    """A volume of a schema."""


@dataclass(frozen=True, slots=True, order=True)
class ColumnName(_Name):
    """A column, by its bare name."""

    column: str


Name: TypeAlias = CatalogName | SchemaName | TableName | ColumnName

Value: TypeAlias = None | bool | int | float | Decimal | str | bytes | dt.date | dt.datetime


def literal(value: Value) -> str:
    """Write a value as a SQL literal, for the statement forms that take no parameter.

    Quotes and backslashes are escaped: backslash escapes are on by default in Databricks SQL.

    Raises:
        TypeError: for a naive datetime or a type that has no literal.
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return f"double({text_literal(repr(value))})"
        case Decimal():
            return f"{value:f}BD"
        case str():
            return text_literal(value)
        case bytes():
            return f"X'{value.hex()}'"
        case dt.datetime():
            if value.tzinfo is None:
                raise TypeError("a datetime must carry a time zone")
            return f"TIMESTAMP {text_literal(value.astimezone(dt.UTC).isoformat(sep=' '))}"
        case dt.date():
            return f"DATE {text_literal(value.isoformat())}"
    raise TypeError(f"{type(value).__name__} has no SQL literal")


_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0", "\x1a": "\\Z"}
)


def text_literal(text: str) -> str:
    """Write text as a quoted SQL literal."""
    return "'" + text.translate(_ESCAPES) + "'"
