"""Recipes: from the words in an industry's specification to SQL expressions.

Every value is a pure function of (row number, seed, salt), where the salt is ``table.column``. So a
child evaluates any column of its parent from the foreign key alone: the same expression with the
row number replaced by the key. No join, no order of creation, the same rows on every engine.

The uniform number is ``pmod(xxhash64(row, seed, salt), 1000000007) / 1000000007``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from clonexs.names import text_literal
from clonexs.operations.cloning.demo_data.industry import (
    ColumnSpec,
    Industry,
    TableSpec,
    load_pools,
)

_REFERENCE = re.compile(r"\{([a-z_0-9]+(?:[>:][a-z_]+)?)\}")
_UNIFORM = re.compile(r"u\d*$")
_PRIME = 1_000_000_007
# Popular ids are spread over the parent's range by a multiplication with this prime.
_SPREAD = 7919
# A year's months with their weights: the last quarter sells more.
_MONTH_WEIGHTS = (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.6, 1.6, 1.6)
# The hours of a day as consumers use them: peaks at 12 and 20.
_HOUR_WEIGHTS = (2, 1, 1, 1, 1, 2, 3, 5, 6, 7, 8, 9, 10, 9, 8, 7, 7, 8, 9, 10, 11, 9, 6, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipes:
    """Compiles the columns of an industry.

    Attributes:
        industry: The specification.
        scale: Factor on the row counts.
        seed: Same seed, same data.
        start: First day, ``YYYY-MM-DD``.
        days: Length of the window in days.
        null_rate: Share of nullable values that are missing.
    """

    industry: Industry
    scale: float
    seed: int
    start: str
    days: int
    null_rate: float

    def select(self, table: TableSpec) -> str:
        """The query that makes all rows of a table, columns in order."""
        expressions = ",\n  ".join(
            f"CAST({self.value(table, column)} AS {column.type}) AS `{column.name}`"
            for column in table.visible
        )
        rows = table.rows(self.scale)
        parts = max(1, round(rows / 1_000_000))
        return f"SELECT\n  {expressions}\nFROM range(1, {rows + 1}, 1, {parts})"

    def value(self, table: TableSpec, column: ColumnSpec) -> str:
        """The value of a column in its own table, missing ones included."""
        made = self.expression(table, column, "id")
        may_miss = column.is_nullable and column.parent is None and column.name != table.time
        if not may_miss or self.null_rate == 0 or column.name in table.partition:
            return made
        missing = f"{self.uniform('id', f'{table.name}.{column.name}.null')} < {self.null_rate}D"
        return f"CASE WHEN {missing} THEN NULL ELSE {made} END"

    def expression(self, table: TableSpec, column: ColumnSpec, row: str) -> str:
        """The value of a column for the row number ``row``, an SQL expression."""
        verb, _, rest = column.recipe.partition(" ")
        if verb == "hidden":
            verb, _, rest = rest.partition(" ")
        salt = f"{table.name}.{column.name}"
        if verb == "=":
            return self._scaled(column, self._derived(table, rest, salt, row))
        if verb == "->":
            return self._foreign_key(rest, salt, row)
        maker = _MAKERS.get(verb)
        if maker is None:
            raise ValueError(f"{salt}: unknown recipe {column.recipe!r}")
        return maker(self, _Made(table=table, column=column, salt=salt, row=row, rest=rest))

    def uniform(self, row: str, salt: str) -> str:
        """A number in [0, 1) that depends on row, seed and salt only."""
        return f"(pmod(xxhash64({row}, {self.seed}, {text_literal(salt)}), {_PRIME}) / {_PRIME}D)"

    def _derived(self, table: TableSpec, text: str, salt: str, row: str) -> str:
        def substitute(match: re.Match[str]) -> str:
            reference = match.group(1)
            if _UNIFORM.match(reference):
                return self.uniform(row, f"{salt}.{reference}")
            if reference.startswith("pool:"):
                return _pick_from(
                    load_pools()[reference[5:]], self.uniform(row, f"{salt}.{reference}")
                )
            if reference.startswith("rows:"):
                return str(self.industry.table(reference[5:]).rows(self.scale))
            if ">" in reference:
                key, _, wanted = reference.partition(">")
                foreign = table.column(key)
                parent = self.industry.table(foreign.parent or "")
                at = self.expression(table, foreign, row)
                return self.expression(parent, parent.column(wanted), at)
            return self.expression(table, table.column(reference), row)

        return "(" + _REFERENCE.sub(substitute, text) + ")"

    def _foreign_key(self, rest: str, salt: str, row: str) -> str:
        parent, *options = rest.split()
        rows = self.industry.table(parent).rows(self.scale)
        drawn = self.uniform(row, salt)
        if "zipf" in options:
            spread = (
                f"pmod(CAST(floor({rows} * pow({drawn}, 2)) AS BIGINT) * {_SPREAD} + 13, {rows})"
            )
            key = f"(1 + {spread})"
        else:
            key = f"(1 + CAST(floor({drawn} * {rows}) AS BIGINT))"
        share = next((o for o in options if o.endswith("%")), None)
        if share is None:
            return key
        chosen = self.uniform(row, f"{salt}.set")
        return f"(CASE WHEN {chosen} < {int(share[:-1]) / 100}D THEN {key} END)"

    def _scaled(self, column: ColumnSpec, number: str) -> str:
        # A decimal by way of an integer: casting a double to DECIMAL directly is several times slower.
        found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", column.type)
        if found is None:
            return number
        scale = int(found.group(2))
        unit = f"0.{'0' * (scale - 1)}1BD" if scale else "1BD"
        return f"CAST(CAST(round(CAST({number} AS DOUBLE) * {10**scale}) AS BIGINT) * {unit} AS {column.type})"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a maker is given: the column, its salt, the row and the recipe's remaining words."""

    table: TableSpec
    column: ColumnSpec
    salt: str
    row: str
    rest: str


def _pk(_: Recipes, made: _Made) -> str:
    return made.row


def _pick(recipes: Recipes, made: _Made) -> str:
    options = [option.partition(":") for option in made.rest.split("|")]
    weights = [float(weight) if weight else 1.0 for _, _, weight in options]
    is_text = made.column.type == "STRING"
    values = [text_literal(word) if is_text else word for word, _, _ in options]
    drawn = recipes.uniform(made.row, made.salt)
    total, reached, cases = sum(weights), 0.0, []
    for value, weight in zip(values[:-1], weights[:-1], strict=True):
        reached += weight / total
        cases.append(f"WHEN {drawn} < {reached:.6f}D THEN {value}")
    if not cases:
        return values[-1]
    return f"(CASE {' '.join(cases)} ELSE {values[-1]} END)"


def _num(recipes: Recipes, made: _Made) -> str:
    low, high = (float(bound) for bound in made.rest.split(".."))
    drawn = f"({low}D + {high - low}D * {recipes.uniform(made.row, made.salt)})"
    return recipes._scaled(made.column, drawn)


def _int(recipes: Recipes, made: _Made) -> str:
    low, high = (int(bound) for bound in made.rest.split(".."))
    return (
        f"({low} + CAST(floor({recipes.uniform(made.row, made.salt)} * {high - low + 1}) AS INT))"
    )


def _lognormal(recipes: Recipes, made: _Made) -> str:
    median, sigma, clip = made.rest.split()
    low, high = clip.split("..")
    first = recipes.uniform(made.row, f"{made.salt}.a")
    second = recipes.uniform(made.row, f"{made.salt}.b")
    normal = f"sqrt(-2 * ln(1 - {first})) * cos(2 * pi() * {second})"
    drawn = f"least(greatest({median} * exp({sigma} * {normal}), {low}D), {high}D)"
    return recipes._scaled(made.column, drawn)


def _date(recipes: Recipes, made: _Made) -> str:
    if not made.rest:
        return _seasonal_day(recipes, made)
    drawn = recipes.uniform(made.row, made.salt)
    if made.rest.startswith("last "):
        span = int(made.rest.split()[1])
        return (
            f"date_add(DATE '{recipes.start}', {recipes.days - 1} - CAST({drawn} * {span} AS INT))"
        )
    month, _, years = made.rest.partition("+")
    return f"date_add(DATE '{month}-01', CAST({drawn} * {int(years[:-1]) * 365} AS INT))"


def _seasonal_day(recipes: Recipes, made: _Made) -> str:
    # The year is drawn evenly, the month by its weight, the day evenly inside the month.
    year = recipes.uniform(made.row, f"{made.salt}.year")
    month = _steps(recipes.uniform(made.row, f"{made.salt}.month"), _MONTH_WEIGHTS)
    day = recipes.uniform(made.row, f"{made.salt}.day")
    years = max(1, recipes.days // 365)
    return (
        f"date_add(DATE '{recipes.start}', CAST(floor({year} * {years}) AS INT) * 365 + least("
        f"CAST(({month} + {day}) * 30.4D AS INT), 364))"
    )


def _ts(recipes: Recipes, made: _Made) -> str:
    day = _seasonal_day(recipes, made)
    hour = _steps(recipes.uniform(made.row, f"{made.salt}.hour"), _HOUR_WEIGHTS)
    second = recipes.uniform(made.row, f"{made.salt}.second")
    micros = f"(CAST({hour} AS BIGINT) * 3600 + CAST(floor({second} * 3600) AS BIGINT)) * 1000000"
    return f"timestamp_micros(CAST(datediff({day}, DATE '1970-01-01') AS BIGINT) * 86400000000 + {micros})"


def _steps(drawn: str, weights: Sequence[float]) -> str:
    total, reached, cases = sum(weights), 0.0, []
    for index, weight in enumerate(weights[:-1]):
        reached += weight / total
        cases.append(f"WHEN {drawn} < {reached:.6f}D THEN {index}")
    return f"(CASE {' '.join(cases)} ELSE {len(weights) - 1} END)"


def _bool(recipes: Recipes, made: _Made) -> str:
    return f"({recipes.uniform(made.row, made.salt)} < {int(made.rest.rstrip('%')) / 100}D)"


def _code(_: Recipes, made: _Made) -> str:
    prefix, digits = made.rest.split()
    return f"concat({text_literal(prefix)}, lpad(CAST({made.row} AS STRING), {digits}, '0'))"


def _hash(recipes: Recipes, made: _Made) -> str:
    prefix, length = made.rest.split()
    digest = (
        f"substr(hex(xxhash64({made.row}, {recipes.seed}, {text_literal(made.salt)})), 1, {length})"
    )
    return digest if prefix == "_" else f"concat({text_literal(prefix)}, {digest})"


def _pool(recipes: Recipes, made: _Made) -> str:
    return _pick_from(load_pools()[made.rest], recipes.uniform(made.row, made.salt))


def _first_name(recipes: Recipes, made: _Made) -> str:
    return _pick_from(
        load_pools()["first_name"], recipes.uniform(made.row, f"{made.table.name}.first")
    )


def _last_name(recipes: Recipes, made: _Made) -> str:
    return _pick_from(
        load_pools()["last_name"], recipes.uniform(made.row, f"{made.table.name}.last")
    )


def _full_name(recipes: Recipes, made: _Made) -> str:
    return f"concat({_first_name(recipes, made)}, ' ', {_last_name(recipes, made)})"


def _email(recipes: Recipes, made: _Made) -> str:
    local = f"lower(concat({_first_name(recipes, made)}, '.', {_last_name(recipes, made)}))"
    local = f"regexp_replace({local}, '[^a-z.]', '')"
    domain = _pick_from(load_pools()["domain"], recipes.uniform(made.row, f"{made.salt}.domain"))
    return f"concat({local}, CAST(pmod({made.row}, 1000) AS STRING), '@', {domain})"


def _phone(recipes: Recipes, made: _Made) -> str:
    area = f"CAST(200 + floor({recipes.uniform(made.row, f'{made.salt}.area')} * 790) AS INT)"
    line = f"CAST(floor({recipes.uniform(made.row, f'{made.salt}.line')} * 100) AS INT)"
    return f"concat('+1-', CAST({area} AS STRING), '-555-01', lpad(CAST({line} AS STRING), 2, '0'))"


def _address(recipes: Recipes, made: _Made) -> str:
    pools = load_pools()
    number = f"CAST(1 + floor({recipes.uniform(made.row, f'{made.salt}.number')} * 9999) AS INT)"
    street = _pick_from(pools["street"], recipes.uniform(made.row, f"{made.salt}.street"))
    kind = _pick_from(pools["street_type"], recipes.uniform(made.row, f"{made.salt}.type"))
    return f"concat(CAST({number} AS STRING), ' ', {street}, ' ', {kind})"


def _place(position: int) -> Callable[[Recipes, _Made], str]:
    # One hidden place a row: city, state, postcode and tax come from the same entry.
    def make(recipes: Recipes, made: _Made) -> str:
        places = load_pools()["place"]
        drawn = recipes.uniform(made.row, f"{made.table.name}.place")
        return _pick_from([place[position] for place in places], drawn)

    return make


def _subcategory(recipes: Recipes, made: _Made) -> str:
    category = recipes.expression(made.table, made.table.column("category"), made.row)
    drawn = recipes.uniform(made.row, made.salt)
    cases = " ".join(
        f"WHEN {text_literal(name)} THEN {_pick_from(words, drawn)}"
        for name, words in load_pools()["subcategory"].items()
    )
    return f"(CASE {category} {cases} END)"


def _pick_from(words: Sequence[object], drawn: str) -> str:
    listed = ", ".join(
        text_literal(word) if isinstance(word, str) else f"{word}D" for word in words
    )
    return f"element_at(array({listed}), 1 + CAST(floor({drawn} * {len(words)}) AS INT))"


_MAKERS: dict[str, Callable[[Recipes, _Made], str]] = {
    "pk": _pk,
    "pick": _pick,
    "num": _num,
    "int": _int,
    "lognormal": _lognormal,
    "date": _date,
    "ts": _ts,
    "bool": _bool,
    "code": _code,
    "hash": _hash,
    "pool": _pool,
    "first_name": _first_name,
    "last_name": _last_name,
    "full_name": _full_name,
    "email": _email,
    "phone": _phone,
    "address": _address,
    "city": _place(0),
    "state": _place(1),
    "zip": _place(2),
    "tax": _place(3),
    "subcategory": _subcategory,
}
