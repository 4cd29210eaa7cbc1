"""Catalogs to clone, and runs of the operation inside the test's own process."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clonexs.operations.base import Ledger, Plan, Progress, RunContext
from clonexs.operations.cloning.clone import CloneRequest, CloneResult, clone, plan_clone
from clonexs.operations.ledger import MemoryStore
from clonexs.session import Session

_numbers = itertools.count(1)

SOURCE = (
    "CREATE CATALOG {c} COMMENT 'a shop'",
    "CREATE SCHEMA {c}.ref COMMENT 'trailing blank '",
    "CREATE SCHEMA {c}.sales",
    "CREATE TABLE {c}.ref.region (id BIGINT NOT NULL, name STRING COMMENT 'its name')"
    " COMMENT 'regions of the {{shop}}'",
    "ALTER TABLE {c}.ref.region ADD CONSTRAINT region_pk PRIMARY KEY (id)",
    "INSERT INTO {c}.ref.region VALUES (1, 'north'), (2, 'south'), (3, ''), (4, NULL)",
    "CREATE TABLE {c}.sales.orders (id BIGINT NOT NULL, region BIGINT, amount DECIMAL(10,2),"
    " at TIMESTAMP, props MAP<STRING, INT>, lines ARRAY<STRUCT<x: INT, y: STRING>>, rate DOUBLE,"
    " note STRING) PARTITIONED BY (region) COMMENT 'it''s all orders'"
    " TBLPROPERTIES ('team' = 'x')",
    "INSERT INTO {c}.sales.orders SELECT id, id % 3 + 1, CAST(id * 1.25 AS DECIMAL(10,2)),"
    " TIMESTAMP'2024-01-01 00:00:00', map('k', CAST(id AS INT)),"
    " array(named_struct('x', CAST(id AS INT), 'y', 'z')), id / 7,"
    " CASE WHEN id % 2 = 0 THEN '' END FROM range(100)",
    "ALTER TABLE {c}.sales.orders ADD CONSTRAINT orders_fk FOREIGN KEY (region)"
    " REFERENCES {c}.ref.region (id)",
    "ALTER TABLE {c}.sales.orders ADD CONSTRAINT positive CHECK (amount >= 0)",
    "ALTER TABLE {c}.sales.orders SET TAGS ('pii' = 'no', 'keyonly')",
    "ALTER TABLE {c}.sales.orders ALTER COLUMN amount SET TAGS ('money' = 'eur')",
    "CREATE FUNCTION {c}.ref.twice(x DECIMAL(10,2) COMMENT 'in') RETURNS DECIMAL(12,2)"
    " COMMENT 'doubles' RETURN x * 2",
    "CREATE FUNCTION {c}.sales.total(r BIGINT) RETURNS DECIMAL(20,2)"
    " RETURN (SELECT sum(amount) FROM {c}.sales.orders WHERE region = r)",
    "CREATE VIEW {c}.sales.z_base (id COMMENT 'key', twice) COMMENT 'a view'"
    " TBLPROPERTIES ('kind' = 'base') AS"
    " SELECT o.id, {c}.ref.twice(o.amount) FROM {c}.sales.orders o"
    " JOIN {c}.ref.region r ON o.region = r.id WHERE '{c}.sales.orders' <> ''",
    "CREATE VIEW {c}.sales.a_top AS SELECT id FROM {c}.sales.z_base",
    "CREATE VOLUME {c}.ref.files COMMENT 'files of the shop'",
    "GRANT USE CATALOG ON CATALOG {c} TO `account users`",
    "GRANT SELECT ON TABLE {c}.sales.orders TO `account users`",
)

PROTECTED = (
    "CREATE TABLE {c}.sales.people (id BIGINT, region STRING, mail STRING, city STRING)"
    " COMMENT 'people'",
    "INSERT INTO {c}.sales.people VALUES (1, 'eu', 'a@x', 'Rome'), (2, 'us', 'b@x', 'Paris')",
    "CREATE FUNCTION {c}.ref.hide(v STRING) RETURNS STRING RETURN '***'",
    "CREATE FUNCTION {c}.ref.in_eu(r STRING) RETURNS BOOLEAN RETURN r = 'eu'",
    "ALTER TABLE {c}.sales.people ALTER COLUMN mail SET MASK {c}.ref.hide",
    "ALTER TABLE {c}.sales.people SET ROW FILTER {c}.ref.in_eu ON (region)",
    "ALTER TABLE {c}.sales.people SET TAGS ('pii' = 'yes')",
)


def fresh(prefix: str = "c") -> str:
    """A name that nothing has yet."""
    return f"{prefix}{next(_numbers)}_{uuid.uuid4().hex[:6]}"


def execute(cx: Session, *statements: str, **names: str) -> None:
    """Run statements with names put in."""
    for statement in statements:
        text = statement.format(**names)
        cx.sql.execute(text.replace("{", "{{").replace("}", "}}"), step="test")


def rows(cx: Session, sql: str) -> list[dict[str, object]]:
    """Rows of a query."""
    return cx.sql.fetch(sql.replace("{", "{{").replace("}", "}}"), step="test")


class InProcess:
    """A run of ``clone`` in this process, with places at which a test may step in.

    Args:
        cx: The session.
        before: What to do when a stage of this name begins.
        request: Fields of the request.
    """

    def __init__(
        self, cx: Session, before: Mapping[str, Callable[[], None]] | None = None, **request: Any
    ) -> None:
        self.request = CloneRequest(**request)
        self.store = MemoryStore()
        self.events: list[Mapping[str, Any]] = []
        self._before = dict(before or {})
        self.cancelled = False
        self.ctx = RunContext(
            workspace=cx.workspace,
            progress=Progress(self._emit),
            ledger=Ledger(self.store),
            clock=cx.workspace.clock,
            run_id="test",
            is_cancelled=lambda: self.cancelled,
        )

    def plan(self) -> Plan:
        """Plan, and keep the plan for the run."""
        self.ctx.plan = plan_clone(self.ctx, self.request)
        return self.ctx.plan

    def run(self) -> CloneResult:
        """Plan where it was not done yet, and carry it out."""
        if self.ctx.plan is None:
            self.plan()
        return clone(self.ctx, self.request)

    def _emit(self, event: Mapping[str, Any]) -> None:
        self.events.append(event)
        if event.get("kind") == "stage" and (step_in := self._before.pop(event["name"], None)):
            step_in()


def by_object(result: CloneResult) -> dict[str, Any]:
    """Rows of the proof by the object's name below the catalog; the catalog itself is ``''``."""
    return {row.object.partition(".")[2]: row for row in result.verification}


def not_equal(result: CloneResult) -> dict[str, Sequence[str]]:
    """What the proof found, by object."""
    return {
        name: row.differences for name, row in by_object(result).items() if row.state != "equal"
    }
