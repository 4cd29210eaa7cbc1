"""Runs statements: our own, changes of data, and queries; the same for gRPC and for REST."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.engine.client import SailClient
from clonexs.local.engine.rewrite import Rewriter, Rewritten, Scope
from clonexs.local.engine.sail import Sail
from clonexs.local.engine.session import Sessions, SqlSession
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    import pyarrow as pa

_CACHED = 500


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
        self.sessions = Sessions()
        self._sail = sail
        self._aliases: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()
        self._rewritten: dict[tuple[Any, ...], Rewritten] = {}

    # Names the engine's process may resolve.

    def alias(self, table: Object) -> str:
        """The name by which the engine reads a table's folder, handed out after authorisation."""
        location = table.storage_location or ""
        with self._lock:
            name = self._names.get(location)
            if name is None:
                name = self._names[location] = "t" + uuid.uuid4().hex
                self._aliases[name] = location
        return f"`cx`.`cx`.`{name}`"

    def location(self, name: str) -> str | None:
        """The folder behind an alias."""
        return self._aliases.get(name)

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
        own = self.own_statement(session, text, arguments)
        if own is not None:
            return Answer(own, is_command=True)
        rewritten = self.rewritten(session, text)
        self.put_relations(session, rewritten)
        table = self.client.query(session.id, session.principal.name, rewritten.text, arguments)
        return Answer(table, is_command=False)

    def own_statement(
        self, session: SqlSession, text: str, arguments: Mapping[str, Any] | None = None
    ) -> pa.Table | None:
        """Run a statement that is not a plain query; ``None`` for a query."""
        from clonexs.local.engine import data
        from clonexs.local.statements import StatementContext, dispatch

        context = StatementContext(self.catalog, session, self)
        table = dispatch(context, text, arguments or {})
        if table is not None:
            return table
        return data.change(self, session, text, arguments or {})

    def rewritten(self, session: SqlSession, text: str) -> Rewritten:
        """A query that the engine may run for this session's principal; the same text is kept."""
        key = (text, session.principal, session.catalog, session.schema, self.catalog.version)
        found = self._rewritten.get(key)
        if found is None or found.relations:
            found = self.rewriter(session).query(text, self.scope(session))
            if len(self._rewritten) > _CACHED:
                self._rewritten.clear()
            self._rewritten[key] = found
        return found

    def put_relations(self, session: SqlSession, rewritten: Rewritten) -> None:
        """Put the rows of own relations into the engine's session."""
        for name, table in rewritten.relations.items():
            self.client.put(session.id, session.principal.name, name, table)

    def rewriter(self, session: SqlSession) -> Rewriter:
        """A rewriter for one statement."""
        return Rewriter(
            self.catalog,
            self.alias,
            self._relation,
            lambda inner: self._inner(session, inner),
        )

    def scope(self, session: SqlSession) -> Scope:
        """How the session reads names."""
        return Scope(session.principal, session.principal, session.catalog, session.schema)

    def _inner(self, session: SqlSession, text: str) -> pa.Table:
        table = self.own_statement(session, text)
        if table is None:
            raise LocalError("PARSE_SYNTAX_ERROR", f"`{text}` is not understood.")
        return table

    def _relation(self, who: Principal, full: tuple[str, ...]) -> pa.Table:
        from clonexs.local.information_schema import relation

        return relation(self.catalog, who, full[0], full[1], full[2])

    # For statements that need a query of their own.

    def query_table(
        self, session: SqlSession, text: str, arguments: Mapping[str, Any] | None = None
    ) -> pa.Table:
        """Rows of a query, with the session's rights."""
        rewritten = self.rewriter(session).query(text, self.scope(session))
        self.put_relations(session, rewritten)
        return self.client.query(session.id, session.principal.name, rewritten.text, arguments)

    def query_raw(self, session: SqlSession, text: str) -> pa.Table:
        """Rows of a query that is rewritten already."""
        return self.client.query(session.id, session.principal.name, text)

    def analyze(
        self, session: SqlSession, text: str, arguments: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """Columns of a query, as fields of a Delta schema."""
        from pyspark.sql.connect.proto import relations_pb2

        rewritten = self.rewriter(session).query(text, self.scope(session))
        self.put_relations(session, rewritten)
        relation = relations_pb2.Relation(sql=relations_pb2.SQL(query=rewritten.text))
        for name, value in (arguments or {}).items():
            relation.sql.named_arguments[name].CopyFrom(value)
        return self.fields_of(session, relation)

    def fields_of(self, session: SqlSession, relation: Any) -> list[dict[str, Any]]:
        """Columns of a relation, as fields of a Delta schema."""
        import grpc

        from clonexs.local.engine.client import engine_error
        from clonexs.local.engine.types import delta_fields

        try:
            kind = self.client.schema(session.id, session.principal.name, relation)
        except grpc.RpcError as error:
            raise engine_error(error) from error
        return delta_fields(kind)

    def server_id(self, session: SqlSession) -> str:
        """The identifier that answers of this session carry."""
        if not session.server_id:
            session.server_id = self.client.server_session(session.id, session.principal.name)
        return session.server_id

    def start(self) -> None:
        """Start the engine's process."""
        self._sail.start()

    def stop(self) -> None:
        """End the engine's process."""
        self._sail.stop()
