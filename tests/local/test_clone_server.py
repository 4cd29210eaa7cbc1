"""Clones as the server sees them: round trips, order of reads and writes, privileges, names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import clonexs
from clonexs.errors import NoPermission
from clonexs.session import Session
from tests.local.clone_support import InProcess, by_object, execute, fresh, not_equal, rows
from tests.local.rest import HOSTILE_NAMES, MARKUP

SCHEMAS, TABLES, VIEWS, FUNCTIONS = 2, 6, 3, 2


@pytest.fixture(scope="module")
def cx(local_workspace: Any) -> Iterator[Session]:
    session = clonexs.connect("local")
    yield session
    session.close()


@pytest.fixture
def names(cx: Session) -> Iterator[tuple[str, str]]:
    source, target = fresh("from"), fresh("to")
    execute(cx, "CREATE CATALOG {c}", c=source)
    yield source, target
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=target)
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=source)


def control(cx: Session, method: str, path: str, **query: Any) -> Any:
    return cx.api.api_client.do(method, f"/local/{path}", query=query or None)


def counted(cx: Session) -> tuple[int, int]:
    """Statements and requests since the mark, as the server counts them."""
    found = control(cx, "GET", "counters")["since_mark"]
    return int(found["statements"]), int(found["requests"])


def fill(cx: Session, catalog: str, *, extras: bool) -> None:
    for s in range(SCHEMAS):
        execute(cx, "CREATE SCHEMA {c}.s" + str(s), c=catalog)
        for n in range(TABLES):
            name = f"{catalog}.s{s}.t{n}"
            execute(cx, f"CREATE TABLE {name} AS SELECT {n} AS id")
            if extras:
                execute(
                    cx,
                    f"ALTER TABLE {name} SET TAGS ('a' = '1')",
                    f"GRANT SELECT, MODIFY ON TABLE {name} TO `account users`",
                    f"ALTER TABLE {name} OWNER TO `admins`",
                )
        for n in range(VIEWS):
            execute(cx, f"CREATE VIEW {catalog}.s{s}.v{n} AS SELECT id FROM {catalog}.s{s}.t{n}")
        for n in range(FUNCTIONS):
            execute(cx, f"CREATE FUNCTION {catalog}.s{s}.f{n}(x INT) RETURNS INT RETURN x + {n}")


@pytest.mark.parametrize("extras", [False, True])
def test_round_trips_are_one_for_each_thing(
    cx: Session, names: tuple[str, str], extras: bool
) -> None:
    source, target = names
    fill(cx, source, extras=extras)
    tables = SCHEMAS * TABLES
    objects = SCHEMAS * (TABLES + VIEWS + FUNCTIONS)
    seen: dict[str, tuple[int, int]] = {}
    run = InProcess(
        cx,
        before={"Proof": lambda: seen.update(copying=counted(cx))},
        source_catalog=source,
        destination_catalog=target,
        verify="counts",
    )
    control(cx, "POST", "counters/mark")
    run.plan()
    planning = counted(cx)
    run.run()
    total = counted(cx)
    more = tables if extras else 0
    # Tags, keys and grants of the source: one statement each.
    assert planning[0] <= 3
    assert seen["copying"][0] - planning[0] == 1 + SCHEMAS + objects + more
    # Lists of catalogs and schemas, three of each schema and of the empty default one, and who we
    # are; the target is absent.
    assert planning[1] <= 5 + 3 * (SCHEMAS + 1)
    assert seen["copying"][1] - planning[1] <= 1 + 2 * more
    proving = total[0] - seen["copying"][0]
    assert proving <= 3 + -(-tables // 20)
    assert total[1] - seen["copying"][1] <= 5 + 3 * SCHEMAS


def test_the_proof_reads_after_the_last_write(cx: Session, names: tuple[str, str]) -> None:
    source, target = names
    fill(cx, source, extras=False)
    run = InProcess(cx, source_catalog=source, destination_catalog=target)
    run.plan()
    run.run()
    logged = control(cx, "GET", "statements", limit=2000)["statements"]
    ours = sorted(
        (each for each in logged if f"`{target}`" in each["text"]),
        key=lambda each: each["started_at"],
    )
    writes = [n for n, each in enumerate(ours) if each["kind"] in {"CREATE", "ALTER", "COMMENT"}]
    proofs = [n for n, each in enumerate(ours) if "xxhash64" in each["text"]]
    assert len(proofs) == SCHEMAS * TABLES
    assert max(writes) < min(proofs)
    last_write = max(each["ended_at"] for each in (ours[n] for n in writes))
    assert all(ours[n]["started_at"] >= last_write for n in proofs)


def test_a_missing_privilege_is_told_before_anything_is_changed(
    cx: Session, names: tuple[str, str], other_user: str
) -> None:
    source, target = names
    fill(cx, source, extras=False)
    cx.api.users.create(user_name=other_user)
    ana = clonexs.connect("local", user=other_user)
    try:
        execute(cx, f"GRANT BROWSE ON CATALOG {source} TO `{other_user}`")
        with pytest.raises(NoPermission) as refused:
            ana.plan_clone(source, target)
        assert refused.value.hint == f"GRANT USE CATALOG ON CATALOG `{source}` TO `{other_user}`"
        execute(cx, f"GRANT USE CATALOG, USE SCHEMA, SELECT ON CATALOG {source} TO `{other_user}`")
        with pytest.raises(NoPermission) as refused:
            ana.plan_clone(source, target)
        assert refused.value.hint == f"GRANT CREATE CATALOG ON METASTORE TO `{other_user}`"
        execute(cx, "CREATE CATALOG {c}", c=target)
        execute(cx, f"GRANT USE CATALOG ON CATALOG {target} TO `{other_user}`")
        with pytest.raises(NoPermission) as refused:
            ana.plan_clone(source, target)
        assert refused.value.hint == f"GRANT CREATE SCHEMA ON CATALOG `{target}` TO `{other_user}`"
    finally:
        ana.close()


def test_a_runner_without_all_rights_ends_as_partial_and_says_which(
    cx: Session, names: tuple[str, str], other_user: str
) -> None:
    source, target = names
    fill(cx, source, extras=False)
    cx.api.users.create(user_name=other_user)
    ana = clonexs.connect("local", user=other_user)
    execute(cx, "CREATE CATALOG {c}", c=target)
    execute(
        cx,
        f"GRANT USE CATALOG, USE SCHEMA, SELECT, EXECUTE ON CATALOG {source} TO `{other_user}`",
        f"GRANT USE CATALOG, CREATE SCHEMA ON CATALOG {target} TO `{other_user}`",
        f"REVOKE SELECT ON CATALOG {source} FROM `{other_user}`",
        f"GRANT SELECT ON SCHEMA {source}.s0 TO `{other_user}`",
        f"GRANT MODIFY ON SCHEMA {source}.s1 TO `{other_user}`",
        f"GRANT SELECT ON TABLE {source}.s1.t1 TO `{other_user}`",
    )
    try:
        run = InProcess(
            ana,
            source_catalog=source,
            destination_catalog=target,
            clone_views=False,
            clone_functions=False,
            copy_permissions=False,
        )
        result = run.run()
    finally:
        ana.close()
    failed = {unit.key: unit.error for unit in result.units if unit.state == "failed"}
    assert set(failed) == {f"table:s1.t{n}" for n in range(TABLES) if n != 1}
    assert {(error or {}).get("code") for error in failed.values()} == {"NO_PERMISSION"}
    assert result.is_partial
    owners = {skip.reason for skip in result.skips if skip.category == "unable"}
    assert owners <= {"owner"}
    assert by_object(result)["s0.t0"].level == "content"
    assert any("you may not see" in warning for warning in result.warnings)


def test_every_legal_name_and_any_text_come_along(cx: Session, names: tuple[str, str]) -> None:
    source, target = names
    quoted = [name.replace("`", "``") for name in HOSTILE_NAMES]
    schema = quoted[1]
    text = MARKUP.replace("\\", "\\\\").replace("'", "\\'")
    execute(cx, f"CREATE SCHEMA `{{c}}`.`{schema}`", c=source)
    for name in quoted:
        where = f"`{source}`.`{schema}`.`{name}`".replace("{", "{{").replace("}", "}}")
        execute(
            cx,
            f"CREATE TABLE {where} (`a b;'{{{{x}}}}` INT, `sel``ect` STRING COMMENT '{text}')"
            f" COMMENT '{text}' TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
            f"INSERT INTO {where} VALUES (1, '{text}')",
            f"ALTER TABLE {where} SET TAGS ('{{{{k}}}}' = '{text}')",
        )
    result = InProcess(cx, source_catalog=source, destination_catalog=target).run()
    assert not_equal(result) == {}
    assert result.counts["table"] == {"planned": len(quoted), "created": len(quoted)}
    first = f"`{target}`.`{schema}`.`{quoted[0]}`"
    assert rows(cx, f"SELECT `sel``ect` AS v FROM {first}") == [{"v": MARKUP}]
