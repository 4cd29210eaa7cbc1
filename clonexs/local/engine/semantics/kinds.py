"""Spark's types, and which one several values have together."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PRECISION = 38
_MIN_SCALE = 6


@dataclass(frozen=True, slots=True)
class Kind:
    """A type.

    Attributes:
        name: ``int``, ``decimal``, ``array``, … or ``unknown``.
        precision: Digits of a decimal.
        scale: Digits behind its point.
        inner: Types inside: an element, a key and a value, fields.
        fields: Names of the fields of a struct.
        unit: First and last unit of an interval.
    """

    name: str
    precision: int = 0
    scale: int = 0
    inner: tuple[Kind, ...] = ()
    fields: tuple[str, ...] = ()
    unit: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is one of the integer types."""
        return self.name in WHOLE

    @property
    def is_numeric(self) -> bool:
        """Whether it is a number."""
        return self.name in WHOLE or self.name in {"decimal", "double", "float"}

    @property
    def is_floating(self) -> bool:
        """Whether it is a floating point number."""
        return self.name in {"double", "float"}

    @property
    def is_interval(self) -> bool:
        """Whether it is an interval."""
        return self.name in {"day_interval", "month_interval", "interval"}

    @property
    def is_moment(self) -> bool:
        """Whether it is a point in time."""
        return self.name in {"timestamp", "timestamp_ntz"}

    @property
    def sql(self) -> str:
        """How the type is written."""
        if self.name == "decimal":
            return f"decimal({self.precision},{self.scale})"
        if self.name == "array":
            return f"array<{self.inner[0].sql}>"
        if self.name == "map":
            return f"map<{self.inner[0].sql},{self.inner[1].sql}>"
        if self.name == "struct":
            pairs = zip(self.fields, self.inner, strict=True)
            return f"struct<{','.join(f'{_field(n)}:{k.sql}' for n, k in pairs)}>"
        if self.name == "day_interval":
            return f"interval {self.unit or 'day to second'}"
        if self.name == "month_interval":
            return f"interval {self.unit or 'year to month'}"
        return self.name

    @property
    def is_known(self) -> bool:
        """Whether the type and all types in it are known."""
        return self.name != "unknown" and all(each.is_known for each in self.inner)


def _field(name: str) -> str:
    return name if name.isidentifier() else "`" + name.replace("`", "``") + "`"


# In the order in which each fits into the next.
WHOLE = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
UNKNOWN, VOID = Kind("unknown"), Kind("void")
BOOLEAN, STRING, BINARY, DATE = Kind("boolean"), Kind("string"), Kind("binary"), Kind("date")
TINYINT, SMALLINT, INT, BIGINT = Kind("tinyint"), Kind("smallint"), Kind("int"), Kind("bigint")
DOUBLE, FLOAT = Kind("double"), Kind("float")
TIMESTAMP, TIMESTAMP_NTZ = Kind("timestamp"), Kind("timestamp_ntz")
VARIANT = Kind("variant")


def decimal(precision: int, scale: int) -> Kind:
    """A decimal."""
    return Kind("decimal", precision, scale)


def array(element: Kind) -> Kind:
    """An array."""
    return Kind("array", inner=(element,))


def adjusted(precision: int, scale: int) -> Kind:
    """A decimal whose digits are cut to what fits, the point's first."""
    if precision <= MAX_PRECISION:
        return decimal(precision, scale)
    whole = precision - scale
    return decimal(MAX_PRECISION, max(MAX_PRECISION - whole, min(scale, _MIN_SCALE)))


def as_decimal(kind: Kind) -> Kind:
    """The decimal that holds all values of an integer type; a decimal itself."""
    digits = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 20}
    return decimal(digits[kind.name], 0) if kind.is_whole else kind


def wider(left: Kind, right: Kind) -> Kind | None:
    """The type that two values have together; ``None`` when there is none.

    A text with a number or a point in time becomes one, as the ANSI rules have it.
    """
    if left == right:
        return left
    if not left.is_known or not right.is_known:
        return UNKNOWN
    for one, other in ((left, right), (right, left)):
        made = _wider(one, other)
        if made is not None:
            return made
    return None


def _wider(one: Kind, other: Kind) -> Kind | None:
    if one.name == "void":
        return other
    if one.is_numeric and other.is_numeric:
        return wider_number(one, other)
    if one.name == "string":
        return _text_with(other)
    if one.name == "date" and other.is_moment:
        return other
    if one.name == "timestamp_ntz" and other.name == "timestamp":
        return other
    if one.name == other.name and one.name in {"day_interval", "month_interval"}:
        return Kind(one.name, unit=wider_unit(one.unit, other.unit))
    if one.name == other.name and one.name in {"array", "map", "struct"}:
        if len(one.inner) != len(other.inner):
            return None
        inner = [wider(a, b) for a, b in zip(one.inner, other.inner, strict=True)]
        if any(each is None for each in inner):
            return None
        return Kind(one.name, inner=tuple(k for k in inner if k), fields=one.fields)
    return None


def _text_with(other: Kind) -> Kind | None:
    if other.is_whole:
        return BIGINT
    if other.name in {"decimal", "float", "double"}:
        return DOUBLE
    if other.name in {"date", "timestamp", "timestamp_ntz", "boolean", "binary"}:
        return other
    return None


def wider_number(left: Kind, right: Kind) -> Kind:
    """The number type of two numbers."""
    if left.is_whole and right.is_whole:
        return left if WHOLE[left.name] >= WHOLE[right.name] else right
    if left.is_floating or right.is_floating:
        return FLOAT if left.name == right.name == "float" else DOUBLE
    one, other = as_decimal(left), as_decimal(right)
    scale = max(one.scale, other.scale)
    whole = max(one.precision - one.scale, other.precision - other.scale)
    return decimal(min(whole + scale, MAX_PRECISION), min(scale, MAX_PRECISION))


_UNITS = ("year", "month", "day", "hour", "minute", "second")


def wider_unit(left: str, right: str) -> str:
    """The units of two intervals together."""
    places = [_UNITS.index(unit) for each in (left, right) for unit in each.split(" to ") if unit]
    if not places:
        return ""
    first, last = _UNITS[min(places)], _UNITS[max(places)]
    return first if first == last else f"{first} to {last}"


def common(kinds: list[Kind]) -> Kind | None:
    """The type that several values have together; ``None`` when there is none."""
    # Text goes last, as Spark has it: the numbers among them decide what text becomes.
    ordered = sorted(kinds, key=lambda kind: kind.name == "string")
    made = VOID
    for kind in ordered:
        found = wider(made, kind)
        if found is None:
            return None
        made = found
    return made
