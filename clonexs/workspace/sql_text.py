"""Text of statements: names put in place of their markers, and values that may be bound."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from clonexs.names import Name, Value, literal

_MARKER = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}|[{}]")
_LONG = 1 << 63
_MAX_DIGITS = 38


def render(sql: str, names: Mapping[str, Name]) -> str:
    """Put quoted names in place of ``{name}`` markers; ``{{`` and ``}}`` stand for themselves."""
    used: set[str] = set()

    def substitute(match: re.Match[str]) -> str:
        marker = match.group(1)
        if marker is None:
            if len(match.group()) == 2:
                return match.group()[0]
            raise KeyError(f"a lone {match.group()!r} stands in the statement: {sql[:80]!r}")
        used.add(marker)
        quoted = getattr(names[marker], "quoted", None)
        if quoted is None:
            raise TypeError(f"{marker} is a {type(names[marker]).__name__}, not a name")
        return str(quoted)

    text = _MARKER.sub(substitute, sql)
    if unused := set(names) - used:
        raise KeyError(f"names without a marker in the statement: {', '.join(sorted(unused))}")
    return text


def any_of(
    expression: str, values: Sequence[Value], prefix: str = "p"
) -> tuple[str, dict[str, Value]]:
    """A condition that is true for the given values, and its parameters.

    An empty list gives ``false``: nothing is in it.
    """
    if not values:
        return "false", {}
    params: dict[str, Value] = {f"{prefix}{i}": value for i, value in enumerate(values)}
    return f"{expression} IN ({', '.join(':' + key for key in params)})", params


def escape_braces(text: str) -> str:
    """Make text from elsewhere (a view's definition, say) safe to stand in a template."""
    return text.replace("{", "{{").replace("}", "}}")


def bindable(value: Value) -> Value:
    """A value that both backends can bind.

    Raises:
        TypeError: for tuples, lists, naive datetimes, and numbers with more than 38 digits.
    """
    literal(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -_LONG <= value < _LONG:
        if abs(value) >= 10**_MAX_DIGITS:
            raise TypeError(f"a whole number may have at most {_MAX_DIGITS} digits")
        return Decimal(value)
    return value
