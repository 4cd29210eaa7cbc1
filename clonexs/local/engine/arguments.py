"""Arguments of statements: the engine takes them in queries only, so commands get literals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from clonexs.local.engine.text import Edits, literal, tokens_of
from clonexs.local.errors import LocalError

_NAME = re.compile(r"[A-Za-z_]\w*")
# Behind these a colon is a path into a document, not the mark of an argument.
_OPERANDS = {"VAR", "IDENTIFIER", "R_PAREN", "R_BRACKET"}
_DAY_US = 86_400_000_000
_WHOLE = {"byte": "Y", "short": "S", "integer": "", "long": "L"}


def bound(text: str, arguments: Mapping[str, Any]) -> str:
    """A text with its named arguments written as literals.

    Args:
        text: SQL.
        arguments: Protocol expressions by name.

    Raises:
        LocalError: for an argument that is no literal.
    """
    if not arguments:
        return text
    edits, before = Edits(text), None
    for token in tokens_of(text):
        if token.token_type.name == "COLON" and not _is_operand(before, token):
            name = _NAME.match(text, token.end + 1)
            value = arguments.get(name.group()) if name else None
            if name and value is not None:
                edits.replace(token.start, name.end(), literal_of(value))
        before = token
    return edits.applied()


def literal_of(value: Any) -> str:
    """A protocol expression as SQL.

    Raises:
        LocalError: if it is no literal of a plain type.
    """
    which = value.WhichOneof("expr_type")
    kind = value.literal.WhichOneof("literal_type") if which == "literal" else None
    plain = getattr(value.literal, kind) if kind else None
    made = _plain(kind, plain)
    if made is None:
        raise LocalError(
            "INVALID_SQL_ARG", f"An argument of the kind {kind or which} is not supported here."
        )
    return made


def _plain(kind: str | None, value: Any) -> str | None:
    if kind == "null":
        return "NULL"
    if kind == "boolean":
        return "TRUE" if value else "FALSE"
    if kind in _WHOLE:
        return f"{value}{_WHOLE[kind]}" if value >= 0 else f"({value}{_WHOLE[kind]})"
    if kind in {"float", "double"}:
        return f"CAST('{value!r}' AS {kind.upper()})"
    if kind == "decimal":
        return f"CAST('{value.value}' AS {_decimal_type(value)})"
    if kind == "string":
        return literal(value)
    if kind == "binary":
        return f"X'{value.hex()}'"
    return _moment(kind, value)


def _decimal_type(value: Any) -> str:
    # Clients name the default type whatever the digits are: the digits are what counts.
    _, digits, exponent = Decimal(value.value).as_tuple()
    scale = max(-int(exponent), value.scale, 0)
    whole = max(len(digits) + int(exponent), 1)
    return f"DECIMAL({min(max(whole + scale, value.precision), 38)}, {scale})"


def _moment(kind: str | None, value: Any) -> str | None:
    if kind == "date":
        return f"DATE'{(dt.date(1970, 1, 1) + dt.timedelta(days=value)).isoformat()}'"
    if kind in {"timestamp", "timestamp_ntz"}:
        days, micros = divmod(value, _DAY_US)
        at = dt.datetime(1970, 1, 1) + dt.timedelta(days=days, microseconds=micros)  # noqa: DTZ001
        text = at.isoformat(sep=" ", timespec="microseconds")
        return f"TIMESTAMP'{text}Z'" if kind == "timestamp" else f"TIMESTAMP_NTZ'{text}'"
    return None


def _is_operand(before: Any, colon: Any) -> bool:
    return (
        before is not None and before.end + 1 == colon.start and before.token_type.name in _OPERANDS
    )
