"""What an ExecutePlan means: an answer of our own, or a plan that the engine runs."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clonexs.local.connect.operations import Operation
from clonexs.local.connect.plans import PlanRewriter, unpacked
from clonexs.local.connect.receipts import Receipts, outcome_unknown, receipt_key
from clonexs.local.engine.cancel import cancellable
from clonexs.local.engine.client import arrow_stream, local_relation, sql_relation
from clonexs.local.engine.session import SqlSession
from clonexs.local.errors import LocalError
from clonexs.local.query_log import Entry
from clonexs.local.system.touched import Touch, touching

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.server import Server

CLIENT = "spark_connect"
# Statements that may simply run again when they are sent again.
_READS = {"SHOW", "DESCRIBE", "DESC", "EXPLAIN", "USE", "SET"}
_HEAD = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(\w+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are at hand.

    Attributes:
        table: The rows.
        is_command: Whether they answer a command, and not a query for them.
    """

    table: pa.Table
    is_command: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """The answer of ``sql()``: a relation that the client asks for next."""

    relation: Any


@dataclass(frozen=True, slots=True)
class Stream:
    """A plan that the engine runs.

    Attributes:
        plan: The rewritten plan.
        text: What it is, for the history.
        port: Port of the engine.
        touched: What it reads.
    """

    plan: Any
    text: str
    port: int
    touched: tuple[Touch, ...] = ()


@dataclass(frozen=True, slots=True)
class Resources:
    """The answer about resources: there are none."""


Outcome = Rows | Relation | Stream | Resources


class Executor:
    """Finds out what a request means and runs what is ours; used in worker threads.

    Args:
        server: The server.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._engine = server.engine
        self._receipts = Receipts(server.folder.receipts)

    def execute(self, session: SqlSession, operation: Operation, packed: Any) -> Outcome:
        """Run a command, or prepare a query.

        Raises:
            LocalError: as the platform refuses it.
        """
        operation.cancellation.check()
        plan = unpacked(packed)
        kind = plan.WhichOneof("op_type")
        if kind == "root":
            return self._query(session, operation, plan.root)
        what = plan.command.WhichOneof("command_type")
        if what == "sql_command":
            return self._sql(session, operation, plan.command.sql_command)
        if what == "get_resources_command":
            return Resources()
        raise LocalError(
            "UNSUPPORTED_FEATURE.PLAN",
            f"Commands of the kind {what} are not supported by the local workspace; use SQL.",
        )

    def relation(self, session: SqlSession, relation: Any, *, runs: bool = True) -> Any:
        """A relation that the engine may run, or only be asked about, for this session."""
        self._engine.prepare(session)
        return PlanRewriter(self._engine, session, runs=runs).relation(relation)

    # Queries.

    def _query(self, session: SqlSession, operation: Operation, root: Any) -> Outcome:
        from pyspark.sql.connect.proto import base_pb2

        own = own_rows(root)
        if own is not None:
            return Rows(own, is_command=False)
        text = text_of(root)
        try:
            with touching() as touched:
                made = self._prepared(session, root)
        except LocalError as error:
            self._refused(session, operation, text, error)
            raise
        operation.is_streamed = True
        plan = base_pb2.Plan(root=made)
        return Stream(plan, text, self._engine.port, tuple(touched.values()))

    def _prepared(self, session: SqlSession, root: Any) -> Any:
        try:
            return self.relation(session, root)
        except LocalError as error:
            # Preparing asks the engine for types, and changes nothing: it may simply begin again.
            if error.error_class != "ENGINE_LOST":
                raise
            self._engine.recover(session)
            return self.relation(session, root)

    def _refused(
        self, session: SqlSession, operation: Operation, text: str, error: LocalError
    ) -> None:
        name = session.principal.name
        entry = self._server.queries.begin(
            operation.id, name, text, client=CLIENT, tags=operation.tags
        )
        at_home(entry, session)
        self._server.queries.finish(entry, "FAILED", error=error.text)

    # Commands.

    def _sql(self, session: SqlSession, operation: Operation, command: Any) -> Outcome:
        text, arguments = sql_of(command)
        checker = PlanRewriter(self._engine, session)
        for value in arguments.values():
            checker.argument(value)
        if self._engine.is_query(session, text):
            try:
                self._engine.rewritten(session, text, runs=False)
            except LocalError as error:
                self._refused(session, operation, text, error)
                raise
            return Relation(sql_relation(text, arguments))
        return Rows(self._own(session, operation, text, arguments), is_command=True)

    def _own(
        self, session: SqlSession, operation: Operation, text: str, arguments: Mapping[str, Any]
    ) -> pa.Table:
        key = receipt_key(session, operation.id)
        found = _HEAD.match(text)
        has_effect = found is None or found.group(1).upper() not in _READS
        if has_effect:
            answer = self._receipts.begin(key)
            if answer is not None:
                return _table(answer)
        is_recorded = False
        try:
            with (
                self._server.statement(
                    text,
                    session.principal,
                    client=CLIENT,
                    statement_id=operation.id,
                    tags=operation.tags,
                ) as entry,
                cancellable(operation.cancellation),
            ):
                at_home(entry, session)
                table = self._run(session, text, arguments)
                entry.rows = table.num_rows
                if has_effect:
                    self._receipts.record(key, arrow_stream(table))
                    is_recorded = True
        except BaseException as error:
            if isinstance(error, LocalError) and error.error_class == "ENGINE_LOST" and has_effect:
                raise outcome_unknown() from error
            if has_effect and not is_recorded:
                self._receipts.forget(key)
            raise
        return table

    def _run(self, session: SqlSession, text: str, arguments: Mapping[str, Any]) -> pa.Table:
        self._engine.prepare(session)
        table = self._engine.own_statement(session, text, arguments)
        if table is None:
            raise LocalError("PARSE_SYNTAX_ERROR", "The statement is not understood.")
        self._engine.sessions.keep(session)
        return table


def at_home(entry: Entry, session: SqlSession) -> None:
    """Say in the history where a statement read its short names."""
    entry.session_id, entry.place = session.id, (session.catalog, session.schema)
    entry.source = session.source


def sql_of(command: Any) -> tuple[str, dict[str, Any]]:
    """Text and named arguments of a SQL command; positional ones are given names.

    Raises:
        LocalError: if the command carries more than a text.
    """
    from pyspark.sql.connect.proto import expressions_pb2

    if command.HasField("input"):
        if command.input.WhichOneof("rel_type") != "sql":
            raise LocalError(
                "UNSUPPORTED_FEATURE.PLAN",
                "SQL over DataFrames is not supported by the local workspace.",
            )
        query, text = command.input.sql, command.input.sql.query
    else:
        query, text = command, command.sql
    named = dict(query.named_arguments.items())
    for name, value in query.args.items():
        named[name] = expressions_pb2.Expression(literal=value)
    positional = list(query.pos_arguments)
    positional += [expressions_pb2.Expression(literal=each) for each in query.pos_args]
    if positional:
        return _named(text, positional)
    return text, named


def _named(text: str, values: list[Any]) -> tuple[str, dict[str, Any]]:
    from sqlglot.tokens import TokenType

    from clonexs.local.engine.text import Edits, tokens_of

    edits, named = Edits(text), {}
    places = [t for t in tokens_of(text) if t.token_type == TokenType.PLACEHOLDER]
    if len(places) != len(values):
        raise LocalError(
            "UNBOUND_SQL_PARAMETER",
            f"The text has {len(places)} parameters, {len(values)} values were given.",
        )
    for number, (token, value) in enumerate(zip(places, values, strict=True)):
        named[f"_{number}"] = value
        edits.replace(token.start, token.end + 1, f":_{number}")
    return edits.applied(), named


def text_at_hand(plan: Any) -> str:
    """The text of a plan that is nothing but SQL; empty for any other."""
    if plan.WhichOneof("op_type") == "root":
        return str(plan.root.sql.query)
    if plan.WhichOneof("op_type") == "command":
        return str(plan.command.sql_command.input.sql.query)
    return ""


def text_of(root: Any) -> str:
    """What a relation is, for the history: its SQL, or the kinds it is made of."""
    kinds: list[str] = []
    node = root
    while node is not None:
        kind = node.WhichOneof("rel_type")
        if kind == "sql":
            return str(node.sql.query)
        kinds.append(kind or "nothing")
        inner = getattr(node, kind) if kind else None
        node = next((getattr(inner, n) for n in ("input", "root") if hasattr(inner, n)), None)
    return f"DataFrame: {' < '.join(kinds)}"


def own_rows(root: Any) -> pa.Table | None:
    """Rows that a plan carries and that need no engine."""
    # The rows of an own statement come back in the plan that asks for them.
    if root.WhichOneof("rel_type") != "local_relation" or not root.local_relation.HasField("data"):
        return None
    table = _table(root.local_relation.data)
    if root.local_relation.HasField("schema"):
        with contextlib.suppress(LocalError):
            if root.local_relation.schema == local_relation(table.slice(0, 0)).schema:
                return table
        return None
    return table


def _table(data: bytes) -> pa.Table:
    import pyarrow as pa

    return pa.ipc.open_stream(data).read_all()
