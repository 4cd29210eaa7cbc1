from __future__ import annotations

from typing import Any

import pytest

from clonexs.errors import Cancelled, StatementFailed
from clonexs.names import TableName
from clonexs.operations.base import Plan, RunContext
from clonexs.operations.cloning.clone.apply import Applying
from clonexs.operations.cloning.clone.carry_out import _late_skips
from clonexs.operations.cloning.clone.probe import data_state, probe_unit
from clonexs.workspace.inventory import Constraint
from clonexs.workspace.recording import RecordingBackend
from tests.unit.cloning.clone_fakes import (
    Api,
    context,
    copied,
    function,
    inventory,
    planned,
    protected,
    request,
    table,
    view,
)

T = TableName("prod", "s", "t")
BROKEN = StatementFailed("broken", error_class="DELTA_SOMETHING")


def applied(plan: Plan, backend: RecordingBackend, **options: Any) -> tuple[RunContext, Applying]:
    ctx = context(backend, api=options.pop("api", None), plan=plan)
    applying = Applying(ctx, plan, request(max_workers=1, parallel_tables=1, **options))
    applying.run()
    return ctx, applying


def test_a_failure_blocks_what_needs_it_and_nothing_else() -> None:
    plan = planned(
        inventory(
            table("s.t"),
            table("s.u"),
            view("s.v", "SELECT * FROM t"),
            view("s.w", "SELECT * FROM u"),
            grants={T: {"readers": frozenset({"SELECT"})}},
        )
    )
    ctx, applying = applied(plan, RecordingBackend([(r"TABLE .*`t` DEEP", BROKEN)]))
    states = ctx.ledger.states()
    assert {key for key, state in states.items() if state != "done"} == {
        "table:s.t",
        "view:s.v",
        "grants:s.t",
    }
    assert states["table:s.t"] == "failed"
    assert states["view:s.v"] == states["grants:s.t"] == "blocked"
    assert applying.errors["table:s.t"]["message"] == "broken"


def test_grants_come_after_everything_and_owners_after_grants() -> None:
    source = inventory(
        table("s.t", owner="ana"),
        view("s.v", "SELECT * FROM t"),
        grants={T: {"readers": frozenset({"SELECT"})}},
    )
    api = Api()
    backend = RecordingBackend()
    applied(planned(source), backend, api=api)
    assert [what for what, _, _ in api.changed] == ["grants", "owner"]
    assert api.changed[0][2] == [{"principal": "readers", "add": ["SELECT"]}]


def test_an_owner_that_the_platform_refuses_is_told_and_no_failure() -> None:
    plan = planned(inventory(table("s.t", owner="ana")))
    ctx, applying = applied(plan, RecordingBackend(), api=Api(refuse_owner=True))
    assert ctx.ledger.state("owner:s.t") == "skipped"
    assert applying.errors == {}
    (skip,) = _late_skips(ctx, plan)
    assert (skip.category, skip.reason, skip.object) == ("unable", "owner", "dev.s.t")
    assert "only metastore admins" in skip.message


def test_a_protected_table_that_cannot_be_filled_is_dropped_again() -> None:
    source = inventory(protected("s.people", mask="s.hide"), function("s.hide"))
    plan = planned(source, protected_tables="copy_as_caller")
    backend = RecordingBackend([("INSERT OVERWRITE", BROKEN)])
    ctx, _ = applied(plan, backend, protected_tables="copy_as_caller")
    assert ctx.ledger.state("table:s.people") == "failed"
    assert backend.texts[-1] == "DROP TABLE IF EXISTS `dev`.`s`.`people`"


def test_a_statement_that_met_another_writer_is_tried_again() -> None:
    busy = StatementFailed("busy", error_class="DELTA_CONCURRENT_WRITE", sql_state="2D521")
    plan = planned(inventory(table("s.t")))
    backend = RecordingBackend([("DEEP CLONE", busy)])
    ctx, applying = applied(plan, backend)
    assert sum("DEEP CLONE" in text for text in backend.texts) == 4
    assert ctx.clock.slept == [1.0, 2.0, 4.0]  # type: ignore[attr-defined]  # the fake one
    assert applying.errors["table:s.t"]["code"] == "CONFLICT"
    backend = RecordingBackend([("DEEP CLONE", BROKEN)])
    applied(plan, backend)
    assert sum("DEEP CLONE" in text for text in backend.texts) == 1


def test_what_was_there_is_on_record_before_the_first_change() -> None:
    source = inventory(table("s.t"))
    seen: list[bool] = []
    plan = planned(source, copied(source))
    backend = RecordingBackend([("HISTORY", [{"version": 7, "operation": "WRITE"}])])
    ctx = context(backend, plan=plan)
    run = backend.run

    def watched(statement: Any) -> Any:
        if "DEEP CLONE" in statement.text:
            seen.append(ctx.ledger.befores().get("table:s.t", {}).get("version") == 7)
        return run(statement)

    backend.run = watched  # type: ignore[method-assign]  # looks over its shoulder
    Applying(ctx, plan, request()).run()
    assert seen == [True]


def test_without_a_rollback_record_no_version_is_read() -> None:
    source = inventory(table("s.t"))
    backend = RecordingBackend()
    applied(planned(source, copied(source)), backend, enable_rollback=False)
    assert not any("HISTORY" in text for text in backend.texts)


def history(*entries: tuple[int, str, str]) -> list[dict[str, Any]]:
    return [
        {
            "version": version,
            "operation": operation,
            "operationParameters": [("source", source), ("sourceVersion", "3")],
        }
        for version, operation, source in entries
    ]


@pytest.mark.parametrize(
    ("entries", "before", "existed", "wanted"),
    [
        (StatementFailed("gone", error_class="TABLE_OR_VIEW_NOT_FOUND"), {}, False, "absent"),
        (history((0, "CLONE", "prod.s.t")), {"existed": False}, False, "there"),
        (history((0, "CLONE", "`prod`.`s`.`t`")), {"existed": False}, False, "there"),
        (history((0, "CLONE", "s3://bucket/t")), {"existed": False}, False, "there"),
        (
            history((1, "SET TBLPROPERTIES", ""), (0, "CLONE", "prod.s.t")),
            {"existed": False},
            False,
            "there",
        ),
        (history((0, "CLONE", "prod.s.other")), {"existed": False}, False, "foreign"),
        (history((0, "CLONE", "prod.s.t")), None, False, "foreign"),
        (history((4, "CLONE", "prod.s.t")), {"version": 4}, True, "old"),
        (
            history((5, "CLONE", "prod.s.t"), (4, "WRITE", "")),
            {"existed": True, "version": 4},
            True,
            "there",
        ),
        (
            history((6, "WRITE", ""), (5, "CLONE", "prod.s.t")),
            {"existed": True, "version": 4},
            True,
            "foreign",
        ),
        (history((4, "CLONE", "prod.s.t")), {"existed": True}, True, "old"),
    ],
)
def test_the_target_itself_says_whether_a_copy_was_made(
    entries: Any, before: Any, existed: bool, wanted: str
) -> None:
    source = inventory(table("s.t"))
    plan = planned(source, copied(source) if existed else None)
    unit = next(unit for unit in plan.units if unit.kind == "table")
    ctx = context(RecordingBackend([("HISTORY", entries)]), plan=plan)
    assert data_state(ctx, unit, before).state == wanted


def test_a_half_done_table_is_finished_without_copying_it_again() -> None:
    key = Constraint(name="pk", kind="PRIMARY KEY", columns=("id",))
    source = inventory(table("s.t", comment="c"), constraints={T: (key,)})
    plan = planned(source)
    backend = RecordingBackend([("HISTORY", history((0, "CLONE", "prod.s.t")))])
    ctx = context(backend, plan=plan)
    for unit in plan.units[:2]:
        ctx.ledger.mark(unit.key, "done")
    ctx.ledger.mark("table:s.t", "running", before={"existed": False, "undo": []})
    assert probe_unit(ctx, plan.units[2]) == "redo"
    ctx.ledger.mark("table:s.t", "pending")
    Applying(ctx, plan, request()).run()
    changes = [text for text in backend.texts if "HISTORY" not in text]
    assert changes == [
        "COMMENT ON TABLE `dev`.`s`.`t` IS 'c'",
        # A key may be there already, and cannot be added twice.
        "ALTER TABLE `dev`.`s`.`t` DROP CONSTRAINT IF EXISTS `pk`",
        "ALTER TABLE `dev`.`s`.`t` ADD CONSTRAINT `pk` PRIMARY KEY (`id`)",
    ]
    assert ctx.ledger.is_done("table:s.t")


def test_a_statement_that_was_interrupted_leaves_its_unit_to_a_resume() -> None:
    plan = planned(inventory(table("s.t")))
    backend = RecordingBackend([("DEEP CLONE", BROKEN)])
    ctx = context(backend, plan=plan)
    cancelled = False

    def run(statement: Any, original: Any = backend.run) -> Any:
        nonlocal cancelled
        cancelled = cancelled or "DEEP CLONE" in statement.text
        return original(statement)

    backend.run = run  # type: ignore[method-assign]  # a cancel that arrives meanwhile
    ctx.is_cancelled = lambda: cancelled
    with pytest.raises(Cancelled):
        Applying(ctx, plan, request()).run()
    assert ctx.ledger.state("table:s.t") == "pending"
