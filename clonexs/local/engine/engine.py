"""Runs statements: our own, changes of data, and queries; the same for gRPC and for REST."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.catalog.store import METASTORE
from clonexs.local.engine.arguments import bound
from clonexs.local.engine.cancel import Cancellation, cancellable
from clonexs.local.engine.client import SailClient, sql_relation
from clonexs.local.engine.files import FileRows
from clonexs.local.engine.rewrite import Rewriter, Rewritten, Scope, is_query
from clonexs.local.engine.sail import Sail
from clonexs.local.engine.semantics.bridge import repair
from clonexs.local.engine.session import Sessions, SqlSession
from clonexs.local.engine.text import tree_of
from clonexs.local.engine.waiting import Waiting
from clonexs.local.errors import LocalError, not_found
from clonexs.local.sharing.inbound import inbound_of
from clonexs.local.system.touched import touch

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.information_schema.asked import Asked
    from clonexs.local.information_schema.splice import OwnRows
    from clonexs.local.system.tables import SystemTables

_CACHED = 500
# Rows that the statement of this thread has put into the engine's session.
_PUT: ContextVar[list[str] | None] = ContextVar("put", default=None)
_GIVEN: ContextVar[Mapping[str, FileRows]] = ContextVar("given", default={})  # noqa: B039 - never changed
_ALIAS = re.compile(r"`?cx`?\.`?cx`?\.`?(t[0-9a-f]{32})`?")
_HEAD = re.compile(r"\s*(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(\w+|\()", re.DOTALL)
_QUERIES = {"SELECT", "WITH", "VALUES", "FROM", "TABLE", "("}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement gave: rows, and whether it was a command that ran at once."""

    table: pa.Table
    is_command: bool


class Engine:
    """The statement layer.

    Args:
        catalog: The catalog.
        sail: The engine's process.
    """

    def __init__(self, catalog: Catalog, sail: Sail) -> None:
        self.catalog = catalog
        self.client = SailClient(sail)
        self.sessions = Sessions(catalog.database)
        self._sail = sail
        self.shared = inbound_of(catalog)
        self._aliases: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._full_names: dict[str, str] = {}
        self._lock = threading.Lock()
        self._rewritten: dict[tuple[Any, ...], Rewritten] = {}
        self._waiting = Waiting()
        # Gives the rows of system tables; set by the server that has them.
        self.system: SystemTables | None = None
        self._namespace = uuid.UUID(catalog.get("METASTORE", METASTORE).id)

    # Names the engine's process may resolve.

    def alias(self, table: Object) -> str:
        """The name by which the engine reads a table's folder, handed out after authorisation."""
        location = table.storage_location or ""
        with self._lock:
            name = self._names.get(location)
            if name is None:
                name = self._names[location] = "t" + uuid.uuid4().hex
                self._aliases[name] = location
            self._full_names[name] = table.full_name
        return f"`cx`.`cx`.`{name}`"

    def forget_alias(self, table: Object) -> None:
        """Forget the name of a folder that is gone."""
        with self._lock:
            self._aliases.pop(self._names.pop(table.storage_location or "", ""), None)

    def location(self, name: str) -> str | None:
        """The folder behind an alias."""
        return self._aliases.get(name)

    def plain(self, text: str) -> str:
        """A text of the engine, with the names that users know."""
        return _ALIAS.sub(lambda m: self._full_names.get(m.group(1), m.group(0)), text)

    def named(self, error: LocalError) -> LocalError:
        """A refusal of the engine, with the names that users know."""
        return LocalError(error.error_class, self.plain(error.message))

    # Running.

    def execute(
        self,
        session: SqlSession,
        text: str,
        arguments: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Run one statement.

        Args:
            session: Where it runs.
            text: SQL.
            arguments: Named arguments, as protocol expressions.

        Raises:
            LocalError: as the platform refuses it.
        """
        self.prepare(session)
        if not self.is_query(session, text):
            own = self.own_statement(session, text, arguments)
            if own is not None:
                self.sessions.keep(session)
                return Answer(own, is_command=True)
        rewritten = self.rewritten(session, text)
        return Answer(self._rows(session, rewritten, arguments), is_command=False)

    def own_statement(
        self, session: SqlSession, text: str, arguments: Mapping[str, Any] | None = None
    ) -> pa.Table | None:
        """Run a statement that is not a plain query; ``None`` for a query."""
        from clonexs.local.engine import data
        from clonexs.local.statements import StatementContext, dispatch

        text = bound(text, arguments or {})
        self.shared.refresh()
        with self._rows_put(session):
            table = dispatch(StatementContext(self.catalog, session, self), text, {})
            return table if table is not None else data.change(self, session, text, {})

    def rewritten(self, session: SqlSession, text: str, *, runs: bool = True) -> Rewritten:
        """A query that the engine may run for this session's principal; the same text is kept.

        Args:
            session: Where it runs.
            text: SQL.
            runs: Whether it is run now. Rows that travel with a query are read once for the
                questions that a client asks about it first and for its run, and anew for the next.
        """
        key = self._key(session, text)
        found = self._rewritten.get(key)
        if found is None:
            found = self._waiting.take(session.id, key, keep=not runs)
        if found is not None:
            touch(found.touched)
        else:
            found = self.rewriter(session).query(text, self.scope(session))
            if any("shared" in each.spec for each in found.tables):
                return found  # what others share is asked for anew, each time
            if found.relations and not runs:
                self._waiting.put(session.id, key, found)
            elif not found.relations:
                if len(self._rewritten) > _CACHED:
                    self._rewritten.clear()
                self._rewritten[key] = found
        return found

    def _key(self, session: SqlSession, text: str) -> tuple[Any, ...]:
        versions = self.catalog.version, self.catalog.people.version
        return text, session.principal, session.catalog, session.schema, versions

    def put_relations(self, session: SqlSession, rewritten: Rewritten) -> None:
        """Put the rows of own relations into the engine's session, until the statement ends."""
        put = _PUT.get()
        for name, table in rewritten.relations.items():
            self.client.put(session.id, session.principal.name, name, table)
            if put is not None:
                put.append(name)

    @contextmanager
    def _rows_put(self, session: SqlSession) -> Iterator[None]:
        put: list[str] = []
        token = _PUT.set(put)
        try:
            yield
        finally:
            _PUT.reset(token)
            with suppress(LocalError), cancellable(Cancellation()):
                for name in put:
                    self.client.remove(session.id, session.principal.name, name)

    def rewriter(self, session: SqlSession) -> Rewriter:
        """A rewriter for one statement."""
        self.shared.refresh()
        made = Rewriter(
            self.catalog,
            self.alias,
            self._relation,
            lambda inner: self._inner(session, inner),
            lambda view, below: self._evolve(session, view, below),
            lambda table, travel: self._received(session, table, travel),
            lambda text, tables, rows: repair(self, session, text, tables, rows),
        )
        made.relations.update(_GIVEN.get())
        return made

    @contextmanager
    def giving(self, relations: Mapping[str, FileRows]) -> Iterator[None]:
        """Let the texts of this thread name rows that its statement brings along."""
        token = _GIVEN.set(relations)
        try:
            yield
        finally:
            _GIVEN.reset(token)

    def scope(self, session: SqlSession) -> Scope:
        """How the session reads names."""
        return Scope(session.principal, session.principal, session.catalog, session.schema)

    def _evolve(self, session: SqlSession, view: Object, below: Rewritten) -> None:
        from clonexs.local.statements.view_columns import evolve

        evolve(self, session, view, below)

    def _inner(self, session: SqlSession, text: str) -> pa.Table:
        table = self.own_statement(session, text)
        if table is None:
            raise LocalError("PARSE_SYNTAX_ERROR", f"`{text}` is not understood.")
        return table

    def _received(self, session: SqlSession, table: Object, travel: str) -> str | pa.Table:
        from clonexs.local.engine.received import received

        return received(self, session, table, travel)

    def _relation(self, scope: Scope, full: tuple[str, str, str], asked: Asked) -> OwnRows:
        from clonexs.local.information_schema.splice import information_schema_rows

        if full[1] == "information_schema":
            if full[2] == "providers":
                self.shared.discover()
            return information_schema_rows(self.catalog, scope.user, full[0], full[2], asked)
        if self.system is None:
            raise not_found("TABLE", ".".join(full))
        return self.system.rows(scope, full, asked)

    # For statements that need a query of their own.

    def query_table(
        self, session: SqlSession, text: str, arguments: Mapping[str, Any] | None = None
    ) -> pa.Table:
        """Rows of a query, with the session's rights."""
        rewritten = self.rewriter(session).query(text, self.scope(session))
        return self._rows(session, rewritten, arguments)

    def _rows(
        self, session: SqlSession, rewritten: Rewritten, arguments: Mapping[str, Any] | None
    ) -> pa.Table:
        return self.client.query(
            session.id, session.principal.name, rewritten.text, arguments, rewritten.relations
        )

    def query_raw(self, session: SqlSession, text: str) -> pa.Table:
        """Rows of a query that is rewritten already."""
        return self.client.query(session.id, session.principal.name, text)

    def analyze(
        self, session: SqlSession, text: str, arguments: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Columns of a query, as fields of a Delta schema."""
        rewritten = self.rewriter(session).query(text, self.scope(session))
        return self.fields_of(session, sql_relation(rewritten.text, arguments, rewritten.relations))

    def fields_of(self, session: SqlSession, relation: Any) -> list[dict[str, Any]]:
        """Columns of a relation, as fields of a Delta schema."""
        import grpc

        from clonexs.local.engine.failures import engine_error
        from clonexs.local.engine.types import delta_fields

        try:
            kind = self.client.schema(session.id, session.principal.name, relation)
        except grpc.RpcError as error:
            raise engine_error(error) from error
        return delta_fields(kind)

    def server_id(self, session: SqlSession) -> str:
        """The identifier that answers of this session carry: the same after a restart."""
        if not session.server_id:
            session.server_id = str(uuid.uuid5(self._namespace, session.id))
        return session.server_id

    def is_query(self, session: SqlSession, text: str) -> bool:
        """Whether a text only reads; everything else is a statement of ours.

        Raises:
            LocalError: if it cannot be read.
        """
        key = self._key(session, text)
        if key in self._rewritten or self._waiting.take(session.id, key, keep=True):
            return True
        found = _HEAD.match(text)
        head = found.group(1).upper() if found else ""
        return head in _QUERIES and is_query(tree_of(text))

    def is_at_hand(self, session: SqlSession, text: str) -> bool:
        """Whether a query can be run without waiting: it was rewritten, and the engine is ready."""
        is_prepared = session.applied == self.generation and self._sail.is_ready
        return is_prepared and self._key(session, text) in self._rewritten

    def prepare(self, session: SqlSession) -> None:
        """Make sure that the engine runs and knows the session's options."""
        generation = self._sail.ready()
        if session.applied == generation:
            return
        import grpc

        from clonexs.local.engine.failures import engine_error

        try:
            self.client.configure(session.id, session.principal.name, session.conf)
        except grpc.RpcError as error:
            raise engine_error(error) from error
        session.applied = generation

    def recover(self, session: SqlSession) -> None:
        """Make sure that an engine runs after one was lost."""
        self._sail.settle()
        self.prepare(session)

    def end(self, session: SqlSession) -> None:
        """End a session here and in the engine."""
        self.sessions.end(session.id)
        self.client.release(session.id, session.principal.name)

    @property
    def generation(self) -> int:
        """How often the engine's process was started."""
        return self._sail.generation

    @property
    def port(self) -> int:
        """Port of the engine's process; waits until it is ready."""
        return self._sail.port

    def start(self) -> None:
        """Start the engine's process."""
        self._sail.start()

    def stop(self) -> None:
        """End the engine's process."""
        self._sail.stop()
