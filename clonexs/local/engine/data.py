"""Statements that change rows: INSERT, UPDATE, DELETE, MERGE and CREATE TABLE … AS."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.engine.session import SqlSession
from clonexs.local.engine.text import quoted, tokens_of, tree_of
from clonexs.local.errors import LocalError, not_found, syntax
from clonexs.local.paths import path_of

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.engine.engine import Engine

_HEAD = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(\w+|\()", re.DOTALL)
_QUERIES = {"SELECT", "WITH", "VALUES", "FROM", "TABLE", "("}
_COUNTS = {
    "UPDATE": ("numUpdatedRows",),
    "DELETE": ("numDeletedRows",),
    "INSERT": ("numOutputRows",),
    "MERGE": ("numTargetRowsUpdated", "numTargetRowsDeleted", "numTargetRowsInserted"),
}


def change(
    engine: Engine, session: SqlSession, text: str, arguments: Mapping[str, Any]
) -> pa.Table | None:
    """Run a statement that changes rows; ``None`` when the text is a query.

    Raises:
        LocalError: also for every statement that is not understood.
    """
    found = _HEAD.match(text)
    head = found.group(1).upper() if found else ""
    if head in {"EXPLAIN"}:
        return _explain(engine, session, text)
    tree = tree_of(text)
    kind = type(tree).__name__.upper()
    if head == "WITH" and kind in {"INSERT", "UPDATE", "DELETE", "MERGE"}:
        raise syntax("A WITH clause in front of a change is not supported here.")
    if head in _QUERIES and kind in {
        "SELECT",
        "UNION",
        "EXCEPT",
        "INTERSECT",
        "VALUES",
        "SUBQUERY",
    }:
        return None
    if kind in _COUNTS:
        return _Change(engine, session, text, tree, kind, arguments).run()
    raise syntax(f"The statement is not supported by the local workspace: {text.strip()[:80]}")


def _explain(engine: Engine, session: SqlSession, text: str) -> pa.Table:
    inner = re.sub(
        r"^\s*EXPLAIN\s+(?:EXTENDED|FORMATTED|COST|CODEGEN)?\s*", "", text, flags=re.IGNORECASE
    )
    rewritten = engine.rewriter(session).query(inner, engine.scope(session))
    engine.put_relations(session, rewritten)
    return engine.query_raw(session, f"EXPLAIN {rewritten.text}")


class _Change:
    def __init__(
        self,
        engine: Engine,
        session: SqlSession,
        text: str,
        tree: Any,
        kind: str,
        arguments: Mapping[str, Any],
    ) -> None:
        self.engine, self.session, self.text, self.tree = engine, session, text, tree
        self.kind, self.arguments = kind, arguments

    def run(self) -> pa.Table:
        from sqlglot import exp

        node = self.tree.this
        columns: list[str] = []
        if isinstance(node, exp.Schema):
            columns = [each.name for each in node.expressions]
            node = node.this
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise syntax("The target of the statement is not a table.")
        target = self._target(tuple(part.name for part in node.parts))
        start, end = node.parts[0].meta["start"], node.parts[-1].meta["end"] + 1
        path = path_of(target.storage_location or "")
        with log.table_lock(path):
            before = log.load(path)
            self._check_supported(target, before)
            if self.kind == "INSERT":
                text = self._insert(target, before, columns, (start, end))
            else:
                text = self._other(target, (start, end), has_alias=bool(node.alias))
                self._check_constraints(before, text)
            self.engine.client.query(
                self.session.id, self.session.principal.name, text, self.arguments
            )
            return self._counts(path, before.version)

    def _target(self, parts: tuple[str, ...]) -> Object:
        catalog = self.engine.catalog
        full = ".".join(self._full(parts))
        found = catalog.find("TABLE", full)
        if found is None:
            raise not_found("TABLE", full)
        catalog.require(self.session.principal, "MODIFY", found)
        if self.kind != "INSERT":
            catalog.require(self.session.principal, "SELECT", found)
        if found.is_view:
            raise LocalError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", f"`{full}` is a view.")
        return found

    def _full(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        folded = tuple(part.lower() for part in parts)
        return (
            (self.session.catalog, self.session.schema, *folded)[-3:] if len(folded) < 3 else folded
        )

    def _check_supported(self, target: Object, snapshot: log.Snapshot) -> None:
        if snapshot.properties.get("delta.enableChangeDataFeed") == "true":
            # The engine writes no change files: a feed with holes would be worse than none.
            raise LocalError(
                "UNSUPPORTED_FEATURE.CHANGE_DATA_FEED",
                f"`{target.full_name}` has its change data feed on: the local workspace cannot write to it yet.",
            )
        if target.is_protected and self.kind != "INSERT":
            raise LocalError(
                "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.DML",
                f"{self.kind} on `{target.full_name}` is not supported: a row filter or column mask is on it.",
            )
        if self.kind == "MERGE" and snapshot.checks:
            raise LocalError(
                "UNSUPPORTED_FEATURE.MERGE_CHECK",
                f"MERGE into `{target.full_name}` is not supported: it has CHECK constraints.",
            )

    def _insert(
        self, target: Object, snapshot: log.Snapshot, columns: list[str], place: tuple[int, int]
    ) -> str:
        start, end = place
        overwrite = "OVERWRITE" in self.text[:start].upper()
        if "PARTITION" in [t.text.upper() for t in tokens_of(self.text[end:])[:1]]:
            raise syntax("INSERT … PARTITION is not supported by the local workspace.")
        source = self._source_text(end, bool(columns))
        scope = self.engine.scope(self.session)
        rewriter = self.engine.rewriter(self.session)
        query = rewriter.text(source, scope)
        self.engine.put_relations(self.session, _only(rewriter.relations))
        names = columns or [c["name"] for c in target.columns if not c.get("generated")]
        if not columns and self._width(query) == len(target.columns):
            names = [c["name"] for c in target.columns]
        listed = ", ".join(quoted(name) for name in names)
        values = ", ".join(self._value(c, names, target, snapshot) for c in target.columns)
        word = "OVERWRITE" if overwrite else "INTO"
        return (
            f"INSERT {word} {self.engine.alias(target)}"
            f" SELECT {values} FROM ({query}) AS `__source`({listed})"
        )

    def _width(self, query: str) -> int:
        from pyspark.sql.connect.proto import relations_pb2

        relation = relations_pb2.Relation(sql=relations_pb2.SQL(query=query))
        for name, value in self.arguments.items():
            relation.sql.named_arguments[name].CopyFrom(value)
        return len(self.engine.fields_of(self.session, relation))

    def _source_text(self, end: int, has_columns: bool) -> str:
        rest = self.text[end:]
        if has_columns:
            tokens = tokens_of(rest)
            from clonexs.local.engine.rewrite import closing

            rest = rest[tokens[closing(tokens, 0)].end + 1 :]
        rest = rest.strip().rstrip(";")
        if rest.upper().startswith("BY NAME"):
            raise syntax("INSERT … BY NAME is not supported by the local workspace.")
        if rest.upper().startswith("REPLACE"):
            raise syntax("INSERT … REPLACE WHERE is not supported by the local workspace.")
        return f"SELECT * FROM {rest}" if rest.upper().startswith("VALUES") else rest

    def _value(
        self, column: dict[str, Any], names: list[str], target: Object, snapshot: log.Snapshot
    ) -> str:
        name = column["name"]
        given = any(each.lower() == name.lower() for each in names)
        identity = column.get("identity")
        if identity and (not given or not identity["explicit"]):
            if given:
                raise LocalError(
                    "DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED",
                    f"Providing values for GENERATED ALWAYS AS IDENTITY column {name} is not supported.",
                )
            return self._next_identity(column, target)
        if column.get("generated"):
            return f"CAST({column['generated']} AS {column['type_text']}) AS {quoted(name)}"
        if given:
            return f"CAST({quoted(name)} AS {column['type_text']}) AS {quoted(name)}"
        default = column.get("default")
        return f"CAST({default or 'NULL'} AS {column['type_text']}) AS {quoted(name)}"

    def _next_identity(self, column: dict[str, Any], target: Object) -> str:
        start, step = column["identity"]["start"], column["identity"]["step"]
        name = quoted(column["name"])
        order = "max" if step > 0 else "min"
        rows = self.engine.query_raw(
            self.session, f"SELECT {order}({name}) AS m FROM {self.engine.alias(target)}"
        ).to_pylist()
        base = rows[0]["m"] + step if rows and rows[0]["m"] is not None else start
        return f"CAST({base} + (row_number() OVER (ORDER BY 1) - 1) * {step} AS BIGINT) AS {name}"

    def _other(self, target: Object, place: tuple[int, int], *, has_alias: bool) -> str:
        start, end = place
        by = self.engine.alias(target)
        if not has_alias:
            by += f" AS {quoted(target.name)}"
        marker = quoted(f"__target_{uuid.uuid4().hex}")
        text = self.text[:start] + marker + self.text[end:]
        rewriter = self.engine.rewriter(self.session)
        made = rewriter.text(
            text, self.engine.scope(self.session), target=(start, start + len(marker))
        )
        self.engine.put_relations(self.session, _only(rewriter.relations))
        return made.replace(marker, by)

    def _check_constraints(self, snapshot: log.Snapshot, text: str) -> None:
        # The engine enforces CHECK on INSERT only: an UPDATE is tried as a query first.
        if self.kind != "UPDATE" or not snapshot.checks:
            return
        tree = tree_of(text)
        table = tree.this.sql(dialect="databricks")
        where = tree.args.get("where")
        condition = where.this.sql(dialect="databricks") if where is not None else "true"
        assigned = {each.this.name.lower(): each.expression for each in tree.expressions}
        columns = ", ".join(
            f"{assigned[c['name'].lower()].sql(dialect='databricks') if c['name'].lower() in assigned else quoted(c['name'])} AS {quoted(c['name'])}"
            for c in snapshot.schema["fields"]
        )
        for name, check in snapshot.checks.items():
            rows = self.engine.client.query(
                self.session.id,
                self.session.principal.name,
                f"SELECT count(*) AS n FROM (SELECT {columns} FROM {table} WHERE {condition}) AS `u` WHERE NOT ({check})",
                self.arguments,
            ).to_pylist()
            if rows[0]["n"]:
                raise LocalError(
                    "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
                    f"CHECK constraint {name} ({check}) violated by {rows[0]['n']} rows.",
                )

    def _counts(self, path: Path, before: int) -> pa.Table:
        import pyarrow as pa

        metrics: dict[str, Any] = {}
        newest = log.latest_version(path)
        if newest > before:
            for action in log.read_commit(path, newest):
                metrics |= (action.get("commitInfo") or {}).get("operationMetrics") or {}
        counts = [int(metrics.get(name, 0) or 0) for name in _COUNTS[self.kind]]
        if self.kind == "MERGE":
            named = {
                "num_affected_rows": sum(counts),
                "num_updated_rows": counts[0],
                "num_deleted_rows": counts[1],
                "num_inserted_rows": counts[2],
            }
        elif self.kind == "INSERT":
            named = {"num_affected_rows": counts[0], "num_inserted_rows": counts[0]}
        else:
            named = {"num_affected_rows": counts[0]}
        return pa.table({k: pa.array([v], pa.int64()) for k, v in named.items()})


def _only(relations: dict[str, Any]) -> Any:
    from clonexs.local.engine.rewrite import Rewritten

    return Rewritten("", [], relations)


def fill(
    engine: Engine,
    session: SqlSession,
    path: Path,
    columns: list[dict[str, Any]],
    query: str,
    arguments: Mapping[str, Any],
) -> None:
    """Write the rows of a rewritten query into a table that nobody knows yet."""
    hidden = Object(
        kind="TABLE", parts=("cx", "cx", "new"), owner="", storage_location=path.as_uri()
    )
    values = ", ".join(
        f"CAST({quoted(c['name'])} AS {c['type_text']}) AS {quoted(c['name'])}" for c in columns
    )
    engine.client.query(
        session.id,
        session.principal.name,
        f"INSERT INTO {engine.alias(hidden)} SELECT {values} FROM ({query}) AS `__source`",
        arguments,
    )
