"""Statements that change rows: INSERT, UPDATE, DELETE, MERGE and CREATE TABLE … AS."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta.protocol import engine_writes
from clonexs.local.delta.table import removals
from clonexs.local.engine.insert import InsertText, cast
from clonexs.local.engine.session import SqlSession
from clonexs.local.engine.shadow import Change, Shadow, with_high_water_marks
from clonexs.local.engine.text import quoted, tree_of
from clonexs.local.errors import LocalError, not_found, syntax
from clonexs.local.faults import reach
from clonexs.local.full_disk import told_at
from clonexs.local.paths import path_of
from clonexs.local.sharing.readonly import refuse_write

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
# The engine enforces CHECK constraints on INSERT only.
_UNCHECKED = {"UPDATE", "MERGE"}


def change(
    engine: Engine,
    session: SqlSession,
    text: str,
    arguments: Mapping[str, Any],
    *,
    operation: str = "",
    more: Sequence[log.Action] = (),
) -> pa.Table | None:
    """Run a statement that changes rows; ``None`` when the text is a query.

    Args:
        engine: The statement layer.
        session: Where it runs.
        text: SQL.
        arguments: Named arguments, as protocol expressions.
        operation: What the history calls it, when it is not what the text says.
        more: Actions that are committed with the rows.

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
        made = _Change(engine, session, text, tree, kind, arguments)
        made.operation, made.more = operation, list(more)
        return made.run()
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
        self.operation = ""
        self.more: list[log.Action] = []
        self._identity: dict[str, tuple[int, int]] = {}

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
        place = node.parts[0].meta["start"], node.parts[-1].meta["end"] + 1
        path = path_of(target.storage_location or "")
        with log.table_lock(path):
            before = log.load(path)
            self._check_supported(target, before)
            is_plain = not self.more and not (before.checks and self.kind in _UNCHECKED)
            if engine_writes(before) and is_plain:
                text = self._text(target, target, before, columns, place, bool(node.alias))
                return self._direct(text, path, before.version)
            return self._through_shadow(target, before, columns, place, bool(node.alias))

    def _text(
        self,
        target: Object,
        written: Object,
        before: log.Snapshot,
        columns: list[str],
        place: tuple[int, int],
        has_alias: bool,
    ) -> str:
        if self.kind == "INSERT":
            made = InsertText(self.engine, self.session, self.text[place[1] :], self.arguments)
            rows = made.rows(target, before, columns)
            self._identity = made.identity
            word = "OVERWRITE" if self._is_overwrite else "INTO"
            return f"INSERT {word} {self.engine.alias(written)} {rows}"
        return self._other(target, written, place, has_alias=has_alias)

    def _run(self, text: str) -> pa.Table:
        return self.engine.client.query(
            self.session.id, self.session.principal.name, text, self.arguments
        )

    def _direct(self, text: str, path: Path, before: int) -> pa.Table:
        with told_at(path):
            reach("delta.commit")
        try:
            self._run(text)
        except LocalError as error:
            # The engine may have committed before it ended or was stopped.
            if error.error_class not in {"ENGINE_LOST", "OPERATION_CANCELED"}:
                raise
            if log.latest_version(path) == before:
                raise
        return self._signed(path, before)

    def _signed(self, path: Path, before: int) -> pa.Table:
        # The engine commits by itself and does not know who asked.
        newest = log.latest_version(path)
        if newest == before:
            return self._counts({})
        about = {"userName": self.session.principal.name, "readVersion": before}
        return self._counts(log.amend(path, newest, about))

    def _through_shadow(
        self,
        target: Object,
        before: log.Snapshot,
        columns: list[str],
        place: tuple[int, int],
        has_alias: bool,
    ) -> pa.Table:
        from clonexs.local.statements.intents import editing

        with editing(self.engine.catalog, target):
            shadow = Shadow(before, with_files=self.kind != "INSERT")
            hidden = replace(target, storage_location=shadow.path.as_uri())
            try:
                self._run(self._text(target, hidden, before, columns, place, has_alias))
                change = shadow.change()
                if change is None:
                    return self._counts({})
                if self.kind in _UNCHECKED:
                    self._check_constraints(before, hidden)
                return self._commit(before, shadow, change)
            finally:
                shadow.remove()
                self.engine.forget_alias(hidden)

    def _commit(self, before: log.Snapshot, shadow: Shadow, change: Change) -> pa.Table:
        removes = [{"remove": each} for each in change.removes]
        if self.kind == "INSERT" and self._is_overwrite:
            removes = removals(before)
        metrics = change.info.get("operationMetrics") or {}
        more = list(self.more)
        if self._identity:
            rows = int(metrics.get("numOutputRows", 0) or 0)
            marks = {
                name: base + (rows - 1) * step for name, (base, step) in self._identity.items()
            }
            if rows:
                more.append({"metaData": with_high_water_marks(before.metadata, marks)})
        info = {
            **change.info,
            "userName": self.session.principal.name,
            "readVersion": before.version,
            "isBlindAppend": self.kind == "INSERT" and not removes,
            **({"operation": self.operation} if self.operation else {}),
        }
        moved = shadow.take(change)
        try:
            log.write_commit(
                before.path,
                before.version + 1,
                [
                    {"commitInfo": info},
                    *more,
                    *removes,
                    *({"add": each} for each in change.adds),
                ],
            )
        except BaseException:
            for each in moved:
                each.unlink(missing_ok=True)
            raise
        return self._counts(metrics)

    @property
    def _is_overwrite(self) -> bool:
        return bool(self.tree.args.get("overwrite"))

    def _target(self, parts: tuple[str, ...]) -> Object:
        catalog = self.engine.catalog
        full = ".".join(self._full(parts))
        found = catalog.find("TABLE", full)
        if found is None:
            raise not_found("TABLE", full)
        catalog.require(self.session.principal, "MODIFY", found)
        refuse_write(found)
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
        if target.spec.get("base_purged"):
            raise LocalError(
                "DELTA_FILE_NOT_FOUND",
                f"Data files of `{target.full_name}` are gone: the base table of this shallow clone was dropped.",
            )
        if self.kind == "INSERT":
            return
        if snapshot.properties.get("delta.enableChangeDataFeed") == "true":
            # The engine writes no change files: a feed with holes would be worse than none.
            raise LocalError(
                "UNSUPPORTED_FEATURE.CHANGE_DATA_FEED",
                f"`{target.full_name}` has its change data feed on: the local workspace can only insert into it.",
            )
        if target.is_protected:
            raise LocalError(
                "ROW_COLUMN_ACCESS_POLICIES_NOT_SUPPORTED.DML",
                f"{self.kind} on `{target.full_name}` is not supported: a row filter or column mask is on it.",
            )
        self._check_identity(target)

    def _check_identity(self, target: Object) -> None:
        from sqlglot import exp

        names = {c["name"].lower() for c in target.columns if c.get("identity")}
        if not names:
            return
        if self.kind == "UPDATE" and any(
            isinstance(each, exp.EQ) and each.this.name.lower() in names
            for each in self.tree.expressions
        ):
            raise LocalError(
                "DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED",
                "UPDATE on an IDENTITY column is not supported.",
            )
        if self.kind == "MERGE" and any(True for _ in self.tree.find_all(exp.Insert)):
            raise LocalError(
                "UNSUPPORTED_FEATURE.MERGE_IDENTITY",
                f"MERGE cannot insert into `{target.full_name}` here: it has an IDENTITY column.",
            )

    def _other(
        self, target: Object, written: Object, place: tuple[int, int], *, has_alias: bool
    ) -> str:
        start, end = place
        by = self.engine.alias(written)
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

    def _check_constraints(self, snapshot: log.Snapshot, hidden: Object) -> None:
        # The engine enforces CHECK on INSERT only.
        for name, check in snapshot.checks.items():
            rows = self.engine.query_raw(
                self.session,
                f"SELECT count(*) AS n FROM {self.engine.alias(hidden)} AS {quoted(hidden.name)}"
                f" WHERE NOT coalesce({check}, false)",
            ).to_pylist()
            if rows[0]["n"]:
                raise LocalError(
                    "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
                    f"CHECK constraint {name} ({check}) violated by {rows[0]['n']} rows.",
                )

    def _counts(self, metrics: Mapping[str, Any]) -> pa.Table:
        import pyarrow as pa

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
    values = ", ".join(f"{cast(quoted(c['name']), c)} AS {quoted(c['name'])}" for c in columns)
    engine.client.query(
        session.id,
        session.principal.name,
        f"INSERT INTO {engine.alias(hidden)} SELECT {values} FROM ({query}) AS `__source`",
        arguments,
    )
    engine.forget_alias(hidden)
