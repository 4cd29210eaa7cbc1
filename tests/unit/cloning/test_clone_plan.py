from __future__ import annotations

from typing import Any

import pytest

from clonexs.errors import InvalidRequest
from clonexs.names import CatalogName, SchemaName, TableName
from clonexs.operations.base import Plan
from clonexs.operations.cloning.clone import statements_of
from clonexs.operations.cloning.clone.carried import pack, unpack
from clonexs.serde import from_plain, to_plain
from clonexs.workspace.inventory import Column, Constraint, Inventory, Unknown
from tests.unit.cloning.clone_fakes import (
    copied,
    function,
    inventory,
    planned,
    protected,
    request,
    table,
    view,
    volume,
)

READERS = {"readers": frozenset({"SELECT"})}


def keys(plan: Plan) -> list[str]:
    return [unit.key for unit in plan.units]


def unable(plan: Plan) -> dict[str, str]:
    return {skip.key: skip.reason for skip in plan.unable}


def wide(schemas: int, tables: int, views: int, functions: int, volumes: int) -> Inventory:
    objects: list[Any] = []
    for s in range(schemas):
        objects += [table(f"s{s}.t{n}") for n in range(tables)]
        objects += [view(f"s{s}.v{n}", f"SELECT * FROM prod.s{s}.t{n}") for n in range(views)]
        objects += [function(f"s{s}.f{n}") for n in range(functions)]
        objects += [volume(f"s{s}.w{n}") for n in range(volumes)]
    return inventory(*objects)


def test_one_statement_for_each_object_and_none_besides() -> None:
    plan = planned(wide(10, 50, 10, 5, 2))
    assert len(statements_of(plan)) == 1 + 10 + 10 * (50 + 10 + 5 + 2) <= 700
    assert plan.totals["requests"] == 0


def test_one_more_for_each_thing_that_exists() -> None:
    names = [TableName("prod", "s", f"t{n}") for n in range(3)]
    source = inventory(
        *(table(f"s.t{n}", comment="c", owner="ana") for n in range(3)),
        tags={name: {"a": "1", "b": "2"} for name in names},
        grants={name: {**READERS, "writers": frozenset({"MODIFY"})} for name in names},
    )
    plan = planned(source)
    assert plan.totals["statements"] == 1 + 1 + 3 * 3
    assert plan.totals["requests"] == 2 * 3
    tail = [unit.kind for unit in plan.units][-6:]
    assert tail == ["grants"] * 3 + ["owner"] * 3


def test_dependencies_come_first() -> None:
    plan = planned(
        inventory(
            view("a.a_top", "SELECT * FROM z_base"),
            view("a.z_base", "SELECT b.total(id) FROM a.t"),
            table("a.t"),
            function("b.total", "(SELECT count(*) FROM prod.b.numbers)"),
            function("b.helper", "1"),
            table("b.numbers"),
        )
    )
    order = keys(plan)
    for first, second in (
        ("table:b.numbers", "function:b.total"),
        ("function:b.total", "view:a.z_base"),
        ("table:a.t", "view:a.z_base"),
        ("view:a.z_base", "view:a.a_top"),
        ("schema:b", "function:b.helper"),
    ):
        assert order.index(first) < order.index(second)
    assert order.index("function:b.helper") < order.index("table:a.t")


def test_foreign_keys_wait_for_both_tables_and_lead_to_the_copy() -> None:
    child, parent = TableName("prod", "s", "child"), TableName("prod", "s", "parent")
    plan = planned(
        inventory(
            table("s.child"),
            table("s.parent", columns=(Column(name="id", type_text="bigint", nullable=False),)),
            constraints={
                parent: (Constraint(name="pk", kind="PRIMARY KEY", columns=("id",)),),
                child: (
                    Constraint(
                        name="fk",
                        kind="FOREIGN KEY",
                        columns=("id",),
                        parent=parent,
                        parent_columns=("id",),
                    ),
                ),
            },
        )
    )
    relation = next(unit for unit in plan.units if unit.kind == "relation")
    assert set(relation.depends_on) == {"table:s.child", "table:s.parent"}
    assert "REFERENCES `dev`.`s`.`parent` (`id`)" in statements_of(plan)[-1]


def test_protected_tables_are_left_out_unless_asked_for() -> None:
    source = inventory(protected("s.people", mask="s.hide"), function("s.hide", "'***'"))
    assert unable(planned(source)) == {"table:s.people": "protected"}
    with pytest.raises(InvalidRequest) as refused:
        planned(source, protected_tables="fail")
    assert "prod.s.people" in refused.value.errors["protected_tables"]


def test_a_protected_copy_never_holds_rows_without_its_protection() -> None:
    source = inventory(
        protected("s.people", mask="s.hide", rows="s.mine"),
        function("s.hide", "'***'"),
        function("s.mine", "true"),
    )
    plan = planned(source, protected_tables="copy_as_caller")
    unit = next(unit for unit in plan.units if unit.kind == "table")
    made, filled = [step["sql"] for step in unit.detail["steps"]]
    assert "MASK `dev`.`s`.`hide`" in made
    assert "WITH ROW FILTER `dev`.`s`.`mine` ON ()" in made
    assert filled.startswith("INSERT OVERWRITE `dev`.`s`.`people`")
    assert set(unit.depends_on) == {"schema:s", "function:s.hide", "function:s.mine"}


def test_a_mask_that_reads_its_own_table_is_set_before_the_rows_come() -> None:
    source = inventory(
        protected("s.people", mask="s.hide"),
        function("s.hide", "(SELECT max(v) FROM prod.s.people)"),
    )
    plan = planned(source, protected_tables="copy_as_caller")
    assert keys(plan)[-3:] == ["table:s.people", "function:s.hide", "protection:s.people"]
    empty = next(unit for unit in plan.units if unit.key == "table:s.people")
    assert not any("INSERT" in step["sql"] for step in empty.detail["steps"])


@pytest.mark.parametrize(
    ("facts", "options", "reason"),
    [
        ({"table_type": "STREAMING_TABLE"}, {}, "pipeline"),
        ({"table_type": "SOMETHING_NEW"}, {}, "unsupported"),
        ({"table_type": "MANAGED_SHALLOW_CLONE"}, {"clone_type": "SHALLOW"}, "nested_shallow"),
        (
            {"table_type": "EXTERNAL", "storage_location": "s3://b/x"},
            {"clone_type": "SHALLOW"},
            "external_shallow",
        ),
        ({"format": "CSV"}, {"clone_type": "SHALLOW"}, "unsupported"),
    ],
)
def test_what_cannot_be_copied_says_why(
    facts: dict[str, Any], options: dict[str, Any], reason: str
) -> None:
    assert unable(planned(inventory(table("s.t", **facts)), **options)) == {"table:s.t": reason}


def test_external_tables_go_where_they_are_mapped() -> None:
    source = inventory(
        table("s.t", table_type="EXTERNAL", storage_location="s3://bucket/in/t"),
        table("s.u", table_type="EXTERNAL", storage_location="s3://bucket/inner/u"),
    )
    plan = planned(source, external_location_map={"s3://bucket/in": "s3://other/out/"})
    texts = statements_of(plan)
    assert any(text.endswith("LOCATION 's3://other/out/t'") for text in texts)
    assert any("prod.s.u is external and becomes a managed copy" in w for w in plan.warnings)


def test_csv_tables_are_copied_row_by_row() -> None:
    plan = planned(inventory(table("s.t", table_type="EXTERNAL", format="CSV")))
    assert [unit.method for unit in plan.units if unit.kind == "table"] == ["ctas"]
    assert any("row by row" in warning for warning in plan.warnings)


def test_references_out_of_scope_are_kept_left_out_or_refused() -> None:
    source = inventory(
        table("s.t"),
        table("hidden.x"),
        view("s.v", "SELECT * FROM prod.hidden.x"),
        view("s.w", "SELECT * FROM prod.s.v"),
    )
    kept = planned(source, exclude_schemas=("hidden",))
    assert any("prod.s.v goes on reading prod.hidden.x" in warning for warning in kept.warnings)
    left = planned(source, exclude_schemas=("hidden",), out_of_scope_refs="skip")
    assert unable(left) == {"view:s.v": "out_of_scope", "view:s.w": "out_of_scope"}
    with pytest.raises(InvalidRequest) as refused:
        planned(source, exclude_schemas=("hidden",), out_of_scope_refs="fail")
    assert "prod.s.v reads prod.hidden.x" in refused.value.errors["out_of_scope_refs"]


def test_scope() -> None:
    source = inventory(
        table("sales.orders"),
        table("sales.orders_tmp"),
        table("crm.people"),
        table("default.x"),
        table("sales.event_log_1"),
        view("sales.v", "SELECT 1"),
    )

    def tables(**options: Any) -> list[str]:
        return [unit.key for unit in planned(source, **options).units if unit.kind == "table"]

    assert tables() == ["table:crm.people", "table:sales.orders", "table:sales.orders_tmp"]
    assert tables(include_schemas=("sa*",), exclude_tables_regex=".*_tmp") == ["table:sales.orders"]
    assert tables(include_tables_regex=r"crm\..*") == ["table:crm.people"]
    assert tables(exclude_tables=("crm.people", "orders")) == ["table:sales.orders_tmp"]
    assert tables(include_schemas=("default",)) == ["table:default.x"]
    assert "view:sales.v" not in keys(planned(source, clone_views=False))
    skipped = {skip.key: skip.reason for skip in planned(source, clone_views=False).skips}
    assert skipped == {
        "schema:default": "schema",
        "table:sales.event_log_1": "internal",
        "view:sales.v": "kind",
    }


def test_what_the_target_has_is_refreshed_and_what_is_equal_left_alone() -> None:
    source = inventory(table("s.t"), view("s.v", "SELECT 1 AS id, 2 AS v"), function("s.f"))
    plan = planned(source, copied(source))
    assert keys(plan) == ["table:s.t"]
    assert statements_of(plan) == [
        "CREATE OR REPLACE TABLE `dev`.`s`.`t` DEEP CLONE `prod`.`s`.`t`"
    ]
    equal = {skip.key for skip in plan.skips if skip.category == "equal"}
    assert equal == {"catalog:dev", "schema:s", "view:s.v", "function:s.f"}


def test_grants_of_an_existing_target_are_never_taken_away() -> None:
    name = TableName("prod", "s", "t")
    source = inventory(table("s.t"), grants={name: READERS})
    there = copied(source)
    held = {TableName("dev", "s", "t"): {"owners": frozenset({"MODIFY"})}}
    from dataclasses import replace

    plan = planned(source, replace(there, grants=held))
    text = next(text for text in statements_of(plan) if "grants" in text)
    assert "readers" in text
    assert "owners" not in text


def test_another_kind_of_object_under_the_name_is_no_victim() -> None:
    source = inventory(table("s.t"))
    there = copied(inventory(view("s.t", "SELECT 1")))
    assert unable(planned(source, there)) == {"table:s.t": "kind_conflict"}
    plan = planned(source, there, existing_tables="replace")
    assert statements_of(plan)[0] == "DROP VIEW IF EXISTS `dev`.`s`.`t`"


def test_switches_leave_things_out() -> None:
    name = TableName("prod", "s", "t")
    source = inventory(
        table("s.t", comment="c", owner="ana"), tags={name: {"a": "1"}}, grants={name: READERS}
    )
    plan = planned(
        source,
        copy_comments=False,
        copy_tags=False,
        copy_permissions=False,
        copy_ownership=False,
    )
    assert len(statements_of(plan)) == 3


def test_properties_of_the_request_are_set_on_every_table() -> None:
    plan = planned(inventory(table("s.t")), clone_tbl_properties={"it's": "1"})
    assert statements_of(plan)[-1].endswith("TBLPROPERTIES ('it\\'s' = '1')")


def test_a_view_without_a_readable_text_is_told() -> None:
    source = inventory(table("s.v", table_type="VIEW"), function("s.f", ""))
    assert unable(planned(source)) == {"view:s.v": "unreadable", "function:s.f": "unreadable"}


def test_the_plan_travels_as_plain_data_with_the_facts_it_is_held_against() -> None:
    source = inventory(
        protected("s.people", mask="s.hide", rows="s.hide"),
        function("s.hide"),
        volume("s.w"),
        tags={CatalogName("prod"): {"a": ""}, SchemaName("prod", "s"): {"b": "2"}},
        grants={CatalogName("prod"): READERS, SchemaName("prod", "s"): Unknown("nobody says")},
        constraints={
            TableName("prod", "s", "people"): (
                Constraint(name="pk", kind="PRIMARY KEY", columns=("id",), rely=True),
            )
        },
    )
    again = unpack(pack(source))
    assert (again.tables, again.functions, again.volumes) == (
        source.tables,
        source.functions,
        source.volumes,
    )
    assert (again.tags, again.constraints) == (source.tags, source.constraints)
    assert again.grants_of(CatalogName("prod")) == READERS
    unknown = again.grants_of(SchemaName("prod", "s"))
    assert isinstance(unknown, Unknown)
    assert unknown.reason == "nobody says"
    plan = planned(source)
    assert from_plain(Plan, to_plain(plan)) == plan


def test_equal_plans_have_equal_hashes() -> None:
    assert planned(wide(2, 3, 1, 1, 1)).hash == planned(wide(2, 3, 1, 1, 1)).hash


def test_hostile_names_stay_names() -> None:
    plan = planned(inventory(table("s-1.t`; DROP TABLE x--", comment="a\\'); DROP")))
    texts = statements_of(plan)
    assert "CREATE TABLE `dev`.`s-1`.`t``; DROP TABLE x--` DEEP CLONE" in texts[2]
    assert texts[3].endswith("IS 'a\\\\\\'); DROP'")


def test_largest_tables_come_first_when_sizes_are_asked_for() -> None:
    from clonexs.operations.cloning.clone.plan import plan_of
    from clonexs.workspace.recording import RecordingBackend
    from tests.unit.cloning.clone_fakes import context

    backend = RecordingBackend([(rf"DETAIL .*`t{n}`", [{"sizeInBytes": n * 10}]) for n in range(3)])
    source = inventory(*(table(f"s.t{n}") for n in range(3)))
    plan = plan_of(context(backend), request(order_by_size="desc"), source, None)
    assert keys(plan)[2:] == ["table:s.t2", "table:s.t1", "table:s.t0"]
    assert plan.totals["bytes"] == 30
