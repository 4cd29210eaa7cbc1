"""INSERT: what a query, defaults, identity numbers and generated columns become as one SELECT."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta.log import Snapshot
from clonexs.local.engine.session import SqlSession
from clonexs.local.engine.text import quoted, tokens_of
from clonexs.local.errors import LocalError, syntax

if TYPE_CHECKING:
    from clonexs.local.engine.engine import Engine

Column = dict[str, Any]


class InsertText:
    """One INSERT.

    Args:
        engine: The engine.
        session: Where the statement runs.
        text: What stands behind the name of the table.
        arguments: Named arguments of the statement.

    Attributes:
        identity: The first number that is given out for each identity column, and the step.
    """

    def __init__(
        self, engine: Engine, session: SqlSession, text: str, arguments: Mapping[str, Any]
    ) -> None:
        self._engine, self._session = engine, session
        self._text, self._arguments = text, arguments
        self.identity: dict[str, tuple[int, int]] = {}

    def rows(self, target: Object, snapshot: Snapshot, columns: list[str]) -> str:
        """A SELECT of all columns of the table, in their order.

        Args:
            target: The table.
            snapshot: Its newest version.
            columns: The columns that were listed.
        """
        source, by_name = self._source(bool(columns))
        rewriter = self._engine.rewriter(self._session)
        rewritten = rewriter.query(source, self._engine.scope(self._session))
        self._engine.put_relations(self._session, rewritten)
        query = rewritten.text
        names = columns or self._names(target, query, by_name=by_name)
        _check_named(target, names)
        listed = ", ".join(quoted(name) for name in names)
        given = {name.lower() for name in names}
        computed = [
            c for c in target.columns if c.get("generated") and c["name"].lower() not in given
        ]
        values = ", ".join(
            self._value(c, given, target, snapshot) for c in target.columns if c not in computed
        )
        rows = f"SELECT {values} FROM ({query}) AS `__source`({listed})"
        if not computed:
            return rows
        # Generated columns read what the others become: defaults and identity numbers too.
        every = ", ".join(
            f"{cast(c['generated'], c)} AS {quoted(c['name'])}"
            if c in computed
            else quoted(c["name"])
            for c in target.columns
        )
        return f"SELECT {every} FROM ({rows}) AS `__given`"

    def _source(self, has_columns: bool) -> tuple[str, bool]:
        """The query, and whether its columns go by their names."""
        from clonexs.local.engine.places import closing

        rest = self._text
        tokens = tokens_of(rest)
        if tokens and tokens[0].text.upper() == "PARTITION":
            raise syntax("INSERT … PARTITION is not supported by the local workspace.")
        if has_columns:
            rest = rest[tokens[closing(tokens, 0)].end + 1 :]
        rest = rest.strip().rstrip(";")
        by_name = rest.upper().startswith("BY NAME")
        if by_name:
            rest = rest[len("BY NAME") :].strip()
        if rest.upper().startswith("REPLACE"):
            raise syntax("INSERT … REPLACE WHERE is not supported by the local workspace.")
        return (f"SELECT * FROM {rest}" if rest.upper().startswith("VALUES") else rest), by_name

    def _names(self, target: Object, query: str, *, by_name: bool) -> list[str]:
        """The columns that a query without a list of columns fills: all, or all but generated ones."""
        found = [field["name"] for field in self._fields(query)]
        if by_name:
            return found
        names = [c["name"] for c in target.columns]
        plain = [c["name"] for c in target.columns if not c.get("generated")]
        for listed in (names, plain):
            if len(listed) == len(found):
                return listed
        word = "TOO_MANY" if len(found) > len(names) else "NOT_ENOUGH"
        raise LocalError(
            f"INSERT_COLUMN_ARITY_MISMATCH.{word}_DATA_COLUMNS",
            f"Cannot write to `{target.full_name}`: it has {len(names)} columns, the query has"
            f" {len(found)}.",
        )

    def _fields(self, query: str) -> list[dict[str, Any]]:
        from pyspark.sql.connect.proto import relations_pb2

        relation = relations_pb2.Relation(sql=relations_pb2.SQL(query=query))
        for name, value in self._arguments.items():
            relation.sql.named_arguments[name].CopyFrom(value)
        return self._engine.fields_of(self._session, relation)

    def _value(self, column: Column, given: set[str], target: Object, snapshot: Snapshot) -> str:
        name = column["name"]
        is_given = name.lower() in given
        identity = column.get("identity")
        if identity and not (is_given and identity["explicit"]):
            if is_given:
                raise LocalError(
                    "DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED",
                    f"Providing values for GENERATED ALWAYS AS IDENTITY column {name} is not supported.",
                )
            return self._next_identity(column, target, snapshot)
        expression = quoted(name) if is_given else column.get("default") or "NULL"
        return f"{cast(expression, column)} AS {quoted(name)}"

    def _next_identity(self, column: Column, target: Object, snapshot: Snapshot) -> str:
        start, step = column["identity"]["start"], column["identity"]["step"]
        name = quoted(column["name"])
        order = max if step > 0 else min
        rows = self._engine.query_raw(
            self._session,
            f"SELECT {order.__name__}({name}) AS m FROM {self._engine.alias(target)}",
        ).to_pylist()
        about = next(
            f["metadata"] for f in snapshot.schema["fields"] if f["name"] == column["name"]
        )
        used = [rows[0]["m"] if rows else None, about.get("delta.identity.highWaterMark")]
        known = [value for value in used if value is not None]
        base = order(known) + step if known else start
        self.identity[column["name"]] = (base, step)
        return f"CAST({base} + (row_number() OVER (ORDER BY 1) - 1) * {step} AS BIGINT) AS {name}"


def cast(expression: str, column: Mapping[str, Any]) -> str:
    """An expression as the type of a column."""
    # The engine has no cast to VARIANT; a value that is none is refused by the writer.
    if "variant" in column["type_text"]:
        return expression
    return f"CAST({expression} AS {column['type_text']})"


def _check_named(target: Object, names: list[str]) -> None:
    known = {column["name"].lower() for column in target.columns}
    for name in names:
        if name.lower() not in known:
            raise LocalError(
                "UNRESOLVED_COLUMN.WITH_SUGGESTION",
                f"A column with name `{name}` cannot be resolved in `{target.full_name}`.",
            )
    if len({name.lower() for name in names}) < len(names):
        raise LocalError("COLUMN_ALREADY_EXISTS", "A column is named twice in the INSERT.")
