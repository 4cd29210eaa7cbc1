"""Clones on the local workspace, and what their proof finds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

import clonexs
from clonexs.errors import InvalidRequest
from clonexs.session import Session
from tests.local.clone_support import (
    FEATURES,
    PROTECTED,
    SOURCE,
    InProcess,
    by_object,
    execute,
    fresh,
    not_equal,
    rows,
)


@pytest.fixture(scope="module")
def cx(local_workspace: Any) -> Iterator[Session]:
    session = clonexs.connect("local")
    yield session
    session.close()


@pytest.fixture(scope="module")
def shop(cx: Session) -> Iterator[str]:
    name = fresh("shop")
    execute(cx, *SOURCE, *PROTECTED, c=name)
    yield name
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=name)


@pytest.fixture
def target(cx: Session) -> Iterator[str]:
    name = fresh("copy")
    yield name
    execute(cx, "DROP CATALOG IF EXISTS {c} CASCADE", c=name)


@pytest.fixture
def clone_of(cx: Session, shop: str, target: str) -> Any:
    def make(**options: Any) -> InProcess:
        return InProcess(
            cx,
            source_catalog=shop,
            destination_catalog=target,
            **{"accept": ("protected",), "clone_volumes": False, **options},
        )

    return make


def test_a_copy_holds_everything_and_says_so(
    cx: Session, shop: str, target: str, clone_of: Any
) -> None:
    result = clone_of().run()
    assert not_equal(result) == {}
    assert not result.is_partial
    assert result.counts["table"] == {"planned": 2, "created": 2, "unable": 1}
    assert {name: row.level for name, row in by_object(result).items() if row.kind == "table"} == {
        "ref.region": "content",
        "sales.orders": "content",
    }
    assert by_object(result)["sales.orders"].target_rows == 100
    assert result.bytes_copied > 0
    columns = "id, twice"
    wanted = rows(cx, f"SELECT {columns} FROM {shop}.sales.z_base ORDER BY id")
    assert rows(cx, f"SELECT {columns} FROM {target}.sales.z_base ORDER BY id") == wanted
    text = cx.api.tables.get(f"{target}.sales.z_base").view_definition or ""
    assert f"'{shop}.sales.orders'" in text
    assert f"`{target}`.`ref`.`twice`" in text
    copied = cx.api.tables.get(f"{target}.sales.orders")
    assert copied.comment == "it's all orders"
    foreign = (copied.table_constraints or [])[0].foreign_key_constraint
    assert foreign is not None
    assert foreign.parent_table == f"{target}.ref.region"


def test_a_second_clone_copies_nothing(clone_of: Any) -> None:
    clone_of().run()
    again = clone_of()
    plan = again.plan()
    assert {unit.action for unit in plan.units} == {"refresh"}
    assert {unit.kind for unit in plan.units} == {"table"}
    result = again.run()
    assert (result.files_copied, result.bytes_copied) == (0, 0)
    assert not_equal(result) == {}


def test_a_refresh_makes_a_changed_target_equal(cx: Session, target: str, clone_of: Any) -> None:
    clone_of().run()
    execute(
        cx,
        "DELETE FROM {t}.sales.orders WHERE id < 10",
        "ALTER TABLE {t}.sales.orders UNSET TAGS ('pii')",
        "COMMENT ON TABLE {t}.ref.region IS 'another'",
        "CREATE OR REPLACE VIEW {t}.sales.a_top AS SELECT 1 AS id",
        t=target,
    )
    result = clone_of().run()
    assert not_equal(result) == {}
    assert result.counts["view"]["refreshed"] == 1
    assert rows(cx, f"SELECT count(*) AS n FROM {target}.sales.a_top") == [{"n": 100}]


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ("INSERT INTO {t}.ref.region VALUES (9, 'x')", "ref.region", "row count 5, source has 4"),
        (
            "UPDATE {t}.sales.orders SET amount = amount + 0.01 WHERE id = 7",
            "sales.orders",
            "content of column amount",
        ),
        (
            "UPDATE {t}.ref.region SET name = NULL WHERE id = 3",
            "ref.region",
            "content of column name",
        ),
        (
            "REVOKE SELECT ON TABLE {t}.sales.orders FROM `account users`",
            "sales.orders",
            "grants to account users is missing",
        ),
        (
            "GRANT MODIFY ON TABLE {t}.ref.region TO `account users`",
            "ref.region",
            "grants to account users is 'MODIFY', source has none",
        ),
        (
            "ALTER TABLE {t}.sales.orders SET TAGS ('pii' = 'yes')",
            "sales.orders",
            "tag pii is 'yes', source has 'no'",
        ),
        (
            "ALTER TABLE {t}.sales.orders ALTER COLUMN amount UNSET TAGS ('money')",
            "sales.orders",
            "column amount: tag money is missing",
        ),
        (
            "COMMENT ON SCHEMA {t}.ref IS 'trailing blank'",
            "ref",
            "comment is 'trailing blank', source has 'trailing blank '",
        ),
        (
            "ALTER TABLE {t}.ref.region DROP CONSTRAINT region_pk CASCADE",
            "ref.region",
            "primary key region_pk is missing",
        ),
        ("DROP VIEW {t}.sales.a_top", "sales.a_top", "view is missing"),
        (
            "CREATE OR REPLACE FUNCTION {t}.ref.twice(x DECIMAL(10,2) COMMENT 'in')"
            " RETURNS DECIMAL(12,2) COMMENT 'doubles' RETURN x * 3",
            "ref.twice",
            "definition of the function",
        ),
    ],
)
def test_what_is_planted_behind_the_back_is_found_and_named(
    cx: Session, shop: str, target: str, change: str, where: str, said: str
) -> None:
    planted = InProcess(
        cx,
        before={"Proof": lambda: execute(cx, change, t=target)},
        source_catalog=shop,
        destination_catalog=target,
        accept=("protected",),
        clone_volumes=False,
    )
    result = planted.run()
    found = not_equal(result)
    assert any(said in text for text in found[where]), found
    dragged = {"sales.orders"} if "region_pk" in change else set()
    assert set(found) - dragged == {where}
    assert result.is_partial


def test_a_dropped_mask_is_found(cx: Session, shop: str, target: str) -> None:
    planted = InProcess(
        cx,
        before={
            "Proof": lambda: execute(
                cx, "ALTER TABLE {t}.sales.people ALTER COLUMN mail DROP MASK", t=target
            )
        },
        source_catalog=shop,
        destination_catalog=target,
        protected_tables="copy_as_caller",
        clone_volumes=False,
    )
    found = not_equal(planted.run())
    assert set(found) == {"sales.people"}
    assert any(text.startswith("column mail: mask is missing") for text in found["sales.people"])


def test_protected_tables_are_copied_as_the_caller_sees_them(
    cx: Session, target: str, clone_of: Any
) -> None:
    run = clone_of(protected_tables="copy_as_caller", accept=())
    plan = run.plan()
    assert any("masked values stay masked" in warning for warning in plan.warnings)
    result = run.run()
    assert not_equal(result) == {}
    assert rows(cx, f"SELECT id, mail FROM {target}.sales.people") == [{"id": 1, "mail": "***"}]
    copied = cx.api.tables.get(f"{target}.sales.people")
    assert copied.row_filter is not None
    assert copied.row_filter.function_name == f"{target}.ref.in_eu"
    row = by_object(result)["sales.people"]
    assert row.notes == ("column mail is masked and was not compared",)


def test_protected_tables_are_skipped_or_refused(clone_of: Any, target: str, cx: Session) -> None:
    result = clone_of(accept=()).run()
    unable = [skip for skip in result.skips if skip.category == "unable"]
    assert [(skip.key, skip.reason) for skip in unable] == [("table:sales.people", "protected")]
    assert result.is_partial
    with pytest.raises(InvalidRequest) as refused:
        clone_of(protected_tables="fail").plan()
    assert "sales.people" in refused.value.errors["protected_tables"]


def test_a_shallow_clone_points_at_the_source(cx: Session, target: str, clone_of: Any) -> None:
    result = clone_of(clone_type="SHALLOW").run()
    assert not_equal(result) == {}
    assert result.bytes_copied == 0
    kind = cx.api.tables.get(f"{target}.sales.orders").table_type
    assert kind is not None
    assert kind.value == "MANAGED_SHALLOW_CLONE"


def test_incremental_leaves_existing_tables_alone(cx: Session, target: str, clone_of: Any) -> None:
    clone_of(exclude_tables=("region",), clone_views=False, copy_constraints=False).run()
    execute(cx, "DELETE FROM {t}.sales.orders", t=target)
    result = clone_of(load_type="INCREMENTAL").run()
    assert result.counts["table"] == {"planned": 1, "created": 1, "unable": 1, "excluded": 1}
    assert rows(cx, f"SELECT count(*) AS n FROM {target}.sales.orders") == [{"n": 0}]


def test_replace_drops_what_is_there(cx: Session, target: str, clone_of: Any) -> None:
    clone_of().run()
    execute(cx, "ALTER TABLE {t}.sales.orders SET TAGS ('extra' = '1')", t=target)
    result = clone_of(existing_tables="replace").run()
    assert not_equal(result) == {}
    history = rows(cx, f"DESCRIBE HISTORY {target}.sales.orders")
    assert [row["operation"] for row in history][-1] == "CLONE"


def test_existing_objects_may_stop_a_clone(clone_of: Any) -> None:
    clone_of().run()
    with pytest.raises(InvalidRequest) as refused:
        clone_of(existing_tables="fail").plan()
    assert "has" in refused.value.errors["existing_tables"]


def test_every_wrong_field_is_told_at_once(cx: Session, shop: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        cx.plan_clone(
            shop, shop, include_tables_regex="(", as_of_timestamp="yesterday", accept=("protectd",)
        )
    assert set(refused.value.errors) == {
        "destination_catalog",
        "include_tables_regex",
        "as_of_timestamp",
        "accept",
    }
    with pytest.raises(InvalidRequest) as refused:
        cx.plan_clone(shop[:-1], "somewhere")
    assert shop in refused.value.errors["source_catalog"]


def test_a_clone_of_a_moment(cx: Session, shop: str, target: str, clone_of: Any) -> None:
    versions = clone_of(consistent_point="versions", include_schemas=("ref",))
    plan = versions.plan()
    newest = rows(cx, f"DESCRIBE HISTORY {shop}.ref.region LIMIT 1")[0]["version"]
    pinned = {unit.key: unit.source_version for unit in plan.units if unit.kind == "table"}
    assert pinned == {"table:ref.region": newest}
    assert not_equal(versions.run()) == {}


def test_a_row_written_to_the_source_during_the_run_is_no_difference(
    cx: Session, target: str
) -> None:
    source = fresh("moving")
    execute(
        cx,
        "CREATE CATALOG {c}",
        "CREATE SCHEMA {c}.s",
        "CREATE TABLE {c}.s.t (id INT)",
        "INSERT INTO {c}.s.t VALUES (1)",
        c=source,
    )
    run = InProcess(
        cx,
        before={"Proof": lambda: execute(cx, "INSERT INTO {c}.s.t VALUES (2)", c=source)},
        source_catalog=source,
        destination_catalog=target,
    )
    result = run.run()
    assert not_equal(result) == {}
    assert by_object(result)["s.t"].notes == ("the source has changed since it was copied",)
    execute(cx, "DROP CATALOG {c} CASCADE", c=source)


def test_the_rollback_record_brings_everything_back(
    cx: Session, target: str, clone_of: Any
) -> None:
    from clonexs.operations.cloning.clone import rollback_steps
    from clonexs.operations.cloning.clone.steps import perform

    clone_of().run()
    execute(
        cx,
        "DELETE FROM {t}.sales.orders WHERE id < 10",
        "ALTER TABLE {t}.sales.orders SET TAGS ('pii' = 'maybe')",
        "CREATE OR REPLACE VIEW {t}.sales.a_top AS SELECT 1 AS one",
        t=target,
    )
    again = clone_of()
    again.run()
    assert rows(cx, f"SELECT count(*) AS n FROM {target}.sales.orders") == [{"n": 100}]
    assert again.ctx.plan is not None
    for step in rollback_steps(again.ctx.plan, again.store.befores()):
        perform(cx.workspace, step)
    assert rows(cx, f"SELECT count(*) AS n FROM {target}.sales.orders") == [{"n": 90}]
    assert rows(cx, f"SELECT * FROM {target}.sales.a_top") == [{"one": 1}]
    tags = rows(
        cx,
        f"SELECT tag_value FROM {target}.information_schema.table_tags WHERE tag_name = 'pii'",
    )
    assert tags == [{"tag_value": "maybe"}]


def test_the_rollback_record_takes_away_what_was_made(
    cx: Session, target: str, clone_of: Any
) -> None:
    from clonexs.operations.cloning.clone import rollback_steps
    from clonexs.operations.cloning.clone.steps import perform

    run = clone_of()
    run.run()
    assert run.ctx.plan is not None
    for step in rollback_steps(run.ctx.plan, run.store.befores()):
        perform(cx.workspace, step)
    left = [each.name for each in cx.api.schemas.list(target)]
    assert sorted(str(name) for name in left) == ["default", "information_schema"]
    steps = rollback_steps(run.ctx.plan, run.store.befores(), drop_catalog=True)
    perform(cx.workspace, steps[-1])
    assert target not in {each.name for each in cx.api.catalogs.list()}


def test_files_of_volumes_come_along(cx: Session, target: str) -> None:
    source = fresh("filed")
    execute(
        cx,
        "CREATE CATALOG {c}",
        "CREATE SCHEMA {c}.s",
        "CREATE VOLUME {c}.s.v COMMENT 'files'",
        "CREATE VOLUME {c}.s.empty",
        c=source,
    )
    root = f"/Volumes/{source}/s/v"
    cx.api.files.upload(f"{root}/deep/er/a b 'ü.txt", io.BytesIO(b"hello"), overwrite=True)
    cx.api.files.upload(f"{root}/big.bin", io.BytesIO(b"x" * 3_000_000), overwrite=True)
    run = InProcess(cx, source_catalog=source, destination_catalog=target, volume_max_file_mb=2)
    result = run.run()
    assert result.files_copied == 1
    assert [(s.reason, s.object) for s in result.skips if s.category == "unable"] == [
        ("too_large", f"{source}.s.v/big.bin")
    ]
    assert result.is_partial
    again = InProcess(cx, source_catalog=source, destination_catalog=target).run()
    assert again.files_copied == 1
    assert not_equal(again) == {}
    copied = cx.api.files.download(f"/Volumes/{target}/s/v/deep/er/a b 'ü.txt").contents
    assert copied is not None
    assert copied.read() == b"hello"
    cx.api.files.delete(f"/Volumes/{target}/s/v/big.bin")
    third = InProcess(
        cx,
        before={
            "Proof": lambda: cx.api.files.upload(
                f"/Volumes/{target}/s/v/big.bin", io.BytesIO(b"short"), overwrite=True
            )
        },
        source_catalog=source,
        destination_catalog=target,
    ).run()
    assert not_equal(third) == {"s.v": ("file big.bin has 5 bytes, source has 3000000",)}
    execute(cx, "DROP CATALOG {c} CASCADE", c=source)


def test_every_feature_of_tables_views_and_functions_comes_along(cx: Session, target: str) -> None:
    source = fresh("features")
    execute(cx, *FEATURES, c=source)
    run = InProcess(
        cx,
        source_catalog=source,
        destination_catalog=target,
        protected_tables="copy_as_caller",
    )
    result = run.run()
    assert not_equal(result) == {}
    assert {unit.state for unit in result.units} == {"done"}
    for name in ("vb", "ve"):
        text = str(rows(cx, f"SHOW CREATE TABLE {target}.s.{name}")[0]["createtab_stmt"])
        assert "SCHEMA BINDING" in text if name == "vb" else "SCHEMA EVOLUTION" in text
    assert rows(cx, f"SELECT {target}.s.uses(4) AS v") == [{"v": 4}]
    execute(cx, "INSERT INTO {t}.s.t (n, s) VALUES (9, 'z')", t=target)
    assert rows(cx, f"SELECT g, s FROM {target}.s.t WHERE n = 9") == [{"g": 10, "s": "*"}]
    detail = rows(cx, f"DESCRIBE DETAIL {target}.s.u")[0]
    assert detail["clusteringColumns"] == ["n"]
    again = InProcess(cx, source_catalog=source, destination_catalog=target).plan()
    assert not [unit.key for unit in again.units if unit.kind in {"view", "function"}]
    execute(cx, "DROP CATALOG {c} CASCADE", c=source)
