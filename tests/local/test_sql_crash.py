"""Statements about tables that are cut short: by a killed server, by a full disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from clonexs.local import lifecycle
from clonexs.local.paths import Folder
from tests.local.conftest import eventually
from tests.local.sql_support import files_of
from tests.local.wire import Wire, control, error_class, rows

SETUP = (
    "CREATE SCHEMA main.k",
    "CREATE TABLE main.k.t (a BIGINT, b STRING) TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
    "INSERT INTO main.k.t VALUES (1, 'x'), (2, 'y')",
    "CREATE TABLE main.k.old AS SELECT 7 AS z",
)
STATEMENTS = {
    "create": "CREATE TABLE main.k.fresh (a BIGINT NOT NULL, CONSTRAINT p PRIMARY KEY (a))",
    "query": "CREATE TABLE main.k.fresh CLUSTER BY (a) AS SELECT * FROM main.k.t",
    "replace": "CREATE OR REPLACE TABLE main.k.old AS SELECT * FROM main.k.t",
    "deep": "CREATE TABLE main.k.fresh DEEP CLONE main.k.t",
    "shallow": "CREATE TABLE main.k.fresh SHALLOW CLONE main.k.t",
    "again": "CREATE OR REPLACE TABLE main.k.old DEEP CLONE main.k.t",
    "column": "ALTER TABLE main.k.t ADD COLUMN c INT COMMENT 'new'",
    "rename": "ALTER TABLE main.k.t RENAME COLUMN b TO bb",
    "comment": "COMMENT ON COLUMN main.k.t.b IS 'said'",
    "restore": "RESTORE main.k.t TO VERSION AS OF 0",
    "optimize": "OPTIMIZE main.k.t ZORDER BY (a)",
    "update": "UPDATE main.k.t SET b = 'z' WHERE a = 1",
    "drop": "DROP TABLE main.k.t",
}


def _run(wire: Wire, text: str) -> list[dict[str, Any]]:
    return rows(wire.command(text))


def _query(wire: Wire, text: str) -> list[dict[str, Any]]:
    request = wire.request()
    request.plan.root.sql.query = text
    return rows(wire.execute(request))


def _state(wire: Wire) -> dict[str, Any]:
    """Every table as the catalog describes it and as the engine reads it; the two must agree."""
    made: dict[str, Any] = {}
    for row in _run(wire, "SHOW TABLES IN main.k"):
        name = f"main.k.{row['tableName']}"
        shown = _run(wire, f"SHOW COLUMNS IN {name}")
        found = _query(wire, f"SELECT * FROM {name} ORDER BY 1")
        columns = [each["col_name"] for each in shown]
        assert not found or list(found[0]) == columns
        listed = _query(
            wire,
            "SELECT column_name, comment FROM main.information_schema.columns"
            f" WHERE table_schema = 'k' AND table_name = '{row['tableName']}' ORDER BY ordinal_position",
        )
        assert [each["column_name"] for each in listed] == columns
        made[row["tableName"]] = (columns, found, [each["comment"] for each in listed])
    return made


def _litter(name: str) -> set[str]:
    """Files that no table needs and no later VACUUM would find."""
    folder = Folder.named(name)
    with sqlite3.connect(folder.catalog) as database:
        known = {row[0] for row in database.execute("SELECT body FROM objects")}
    tables = folder.storage / "tables"
    loose = {p.name for p in tables.iterdir() if not any(p.name in body for body in known)}
    loose |= {p.name for p in tables.rglob("_staging-*")} | {p.name for p in tables.rglob("*.tmp")}
    return loose | {p.name for p in (folder.root / "intents").glob("*")}


@pytest.fixture
def wire(own_workspace: str) -> Iterator[Wire]:
    made = Wire(lifecycle.ensure_started(own_workspace))
    for text in SETUP:
        made.command(text)
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.parametrize("point", ["delta.commit", "delta.committed", "catalog.commit"])
def test_a_killed_server_leaves_the_old_state_or_the_new(
    own_workspace: str, wire: Wire, point: str
) -> None:
    for what in ("query", "again", "rename", "drop"):
        before = _state(wire)
        control(wire.endpoint, "PUT", "faults", {"faults": [{"point": point, "action": "kill"}]})
        if _refusal(wire, STATEMENTS[what]) is None:
            control(wire.endpoint, "PUT", "faults", {"faults": []})
        else:
            eventually(lambda: lifecycle.status(own_workspace) is None)
        wire.close()
        wire = Wire(lifecycle.ensure_started(own_workspace))
        cut = _state(wire)
        assert _litter(own_workspace) == set(), what
        if cut == before:
            wire.command(STATEMENTS[what])
        after = _state(wire)
        assert cut in (before, after), what
        if what == "drop":
            wire.command("UNDROP TABLE main.k.t")
            assert _state(wire) == before
        wire.command("DROP SCHEMA main.k CASCADE")
        for each in SETUP:
            wire.command(each)
    wire.close()


@pytest.mark.parametrize("point", ["delta.commit", "catalog.commit"])
def test_a_full_disk_leaves_nothing_half_made(own_workspace: str, wire: Wire, point: str) -> None:
    struck: set[str] = set()
    for what, text in STATEMENTS.items():
        before, files = _state(wire), _data(own_workspace)
        for nth in range(1, 10):
            rule = {"point": point, "action": "no_space", "nth": nth}
            control(wire.endpoint, "PUT", "faults", {"faults": [rule]})
            refusal = _refusal(wire, text)
            control(wire.endpoint, "PUT", "faults", {"faults": []})
            if refusal is None:
                break
            assert refusal == "NO_SPACE_LEFT", what
            assert _state(wire) == before, what
            assert _litter(own_workspace) == set(), what
            assert _data(own_workspace) == files, what
            struck.add(what)
        else:
            raise AssertionError(f"{what} never came through")
        wire.command("DROP SCHEMA main.k CASCADE")
        for each in SETUP:
            wire.command(each)
    only_files = {"optimize", "update"}
    expected = set(STATEMENTS) - ({"drop"} if point == "delta.commit" else only_files)
    assert expected <= struck


def _refusal(wire: Wire, text: str) -> str | None:
    try:
        wire.command(text)
    except grpc.RpcError as error:
        return error_class(error)
    return None


def _data(name: str) -> set[Path]:
    return {p for p in files_of(Folder.named(name).storage) if p.suffix in {".parquet", ".bin"}}


def test_a_mask_is_not_lost_with_the_name_of_its_column(own_workspace: str, wire: Wire) -> None:
    wire.command("CREATE FUNCTION main.k.hide(x STRING) RETURNS STRING RETURN 'hidden'")
    wire.command("ALTER TABLE main.k.t ALTER COLUMN b SET MASK main.k.hide")
    rule = {"point": "delta.committed", "action": "kill"}
    control(wire.endpoint, "PUT", "faults", {"faults": [rule]})
    assert _refusal(wire, STATEMENTS["rename"]) is not None
    eventually(lambda: lifecycle.status(own_workspace) is None)
    wire.close()
    revived = Wire(lifecycle.ensure_started(own_workspace))
    for row in _query(revived, "SELECT * FROM main.k.t"):
        assert "hidden" in row.values()
    revived.command(STATEMENTS["rename"])
    assert {row["bb"] for row in _query(revived, "SELECT bb FROM main.k.t")} == {"hidden"}
    revived.close()


def test_clones_of_a_base_that_can_no_longer_come_back(own_workspace: str, wire: Wire) -> None:
    wire.command("CREATE TABLE main.k.c SHALLOW CLONE main.k.t")
    wire.command("CREATE TABLE main.k.own SHALLOW CLONE main.k.t")
    wire.command("INSERT OVERWRITE main.k.own VALUES (5, 'mine')")
    wire.command("DROP TABLE main.k.t")
    assert len(_query(wire, "SELECT * FROM main.k.c")) == 2
    wire.close()
    lifecycle.stop(own_workspace)
    folder = Folder.named(own_workspace)
    with sqlite3.connect(folder.catalog) as database:
        database.execute(
            "UPDATE objects SET dropped_at = dropped_at - 8 * 86400000 WHERE dropped_at IS NOT NULL"
        )
    later = Wire(lifecycle.ensure_started(own_workspace))
    assert not any(folder.dropped.iterdir())
    for text in (
        "SELECT * FROM main.k.c",
        "INSERT INTO main.k.c VALUES (1, 'x')",
        "CREATE TABLE main.k.d DEEP CLONE main.k.c",
    ):
        with pytest.raises(grpc.RpcError) as caught:
            (_query if text.startswith("SELECT") else _run)(later, text)
        assert error_class(caught.value) == "DELTA_FILE_NOT_FOUND"
    with pytest.raises(grpc.RpcError) as caught:
        later.command("UNDROP TABLE main.k.t")
    assert error_class(caught.value) == "TABLE_OR_VIEW_NOT_FOUND"
    # What was written over no longer needs the base.
    assert _query(later, "SELECT * FROM main.k.own") == [{"a": 5, "b": "mine"}]
    later.close()
