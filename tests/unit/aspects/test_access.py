"""Grants, owners, row filters, column masks, clustering."""

from __future__ import annotations

from clonexs.aspects.base import CatalogMap, Change, RestCall
from clonexs.aspects.clustering import CLUSTERING, ClusteringState
from clonexs.aspects.column_masks import COLUMN_MASKS, ColumnMasksState
from clonexs.aspects.grants import GRANTS, GrantsState
from clonexs.aspects.owner import OWNER, OwnerState
from clonexs.aspects.row_filter import ROW_FILTER, RowFilterState
from clonexs.names import CatalogName, FunctionName, TableName
from clonexs.workspace.inventory import Argument, Mask, RowFilter
from tests.unit.aspects.written import back, sql

TABLE = TableName("dev", "s", "t")
NAMES = CatalogMap(CatalogName("prod"), CatalogName("dev"))


def body(change: Change) -> object:
    assert isinstance(change, RestCall)
    return change.body


def test_the_case_of_a_principal_is_no_difference() -> None:
    one = GrantsState(grants={"Ana@X.com": ("SELECT", "MODIFY")})
    other = GrantsState(grants={"ana@x.com": ("MODIFY", "SELECT")})

    assert GRANTS.diff(one, other) == ()
    assert GRANTS.changes(TABLE, one, other) == ()


def test_one_request_has_all_principals_and_its_way_back() -> None:
    want = GrantsState(grants={"data team": ("SELECT",), "ana": ("MODIFY", "SELECT")})
    have = GrantsState(grants={"ANA": ("SELECT", "APPLY_TAG"), "gone": ("SELECT",)})

    (change,) = GRANTS.changes(TABLE, want, have)

    assert body(change) == {
        "changes": [
            {"principal": "ana", "add": ["MODIFY"], "remove": ["APPLY_TAG"]},
            {"principal": "data team", "add": ["SELECT"], "remove": []},
            {"principal": "gone", "add": [], "remove": ["SELECT"]},
        ]
    }
    assert body(change.reverse[0]) == {
        "changes": [
            {"principal": "ana", "add": ["APPLY_TAG"], "remove": ["MODIFY"]},
            {"principal": "data team", "add": [], "remove": ["SELECT"]},
            {"principal": "gone", "add": ["SELECT"], "remove": []},
        ]
    }


def test_what_all_privileges_would_take_along_is_granted_again() -> None:
    (change,) = GRANTS.changes(
        TABLE,
        GrantsState(grants={"ana": ("SELECT",)}),
        GrantsState(grants={"ana": ("ALL_PRIVILEGES", "SELECT")}),
    )

    assert body(change) == {
        "changes": [{"principal": "ana", "add": ["SELECT"], "remove": ["ALL_PRIVILEGES"]}]
    }


def test_adding_takes_nothing_away() -> None:
    mine = GrantsState(grants={"ana": ("SELECT",), "bo": ("SELECT",)})

    assert mine.with_added(GrantsState(grants={"ANA": ("MODIFY",), "cy": ("SELECT",)})) == (
        GrantsState(grants={"ana": ("MODIFY", "SELECT"), "bo": ("SELECT",), "cy": ("SELECT",)})
    )


def test_the_owner_is_changed_by_one_request() -> None:
    (change,) = OWNER.changes(TABLE, OwnerState(owner="team"), OwnerState(owner="me"))

    assert (body(change), body(change.reverse[0])) == ({"owner": "team"}, {"owner": "me"})
    assert OWNER.diff(OwnerState(owner="Me"), OwnerState(owner="me")) == ()
    assert OWNER.fresh(OwnerState(owner="team"), "deep_clone", "me") == OwnerState(owner="me")


def test_a_filter_calls_the_copy_of_its_function() -> None:
    want = ROW_FILTER.mapped(
        RowFilterState(
            filter=RowFilter(
                function=FunctionName("prod", "sec", "only"),
                arguments=(Argument(column="a b"), Argument(constant="it's")),
            )
        ),
        NAMES,
    )

    (change,) = ROW_FILTER.changes(TABLE, want, RowFilterState())

    assert sql([change]) == [
        "ALTER TABLE `dev`.`s`.`t` SET ROW FILTER `dev`.`sec`.`only` ON (`a b`, 'it\\'s')"
    ]
    assert back(change) == ["ALTER TABLE `dev`.`s`.`t` DROP ROW FILTER"]


def test_a_filter_that_still_calls_the_original_differs() -> None:
    here = RowFilterState(filter=RowFilter(function=FunctionName("dev", "sec", "only")))
    there = RowFilterState(filter=RowFilter(function=FunctionName("prod", "sec", "only")))

    (found,) = ROW_FILTER.diff(here, there)

    assert (found.want, found.have) == ("dev.sec.only on ()", "prod.sec.only on ()")
    assert sql(ROW_FILTER.changes(TABLE, here, there)) == [
        "ALTER TABLE `dev`.`s`.`t` SET ROW FILTER `dev`.`sec`.`only` ON ()"
    ]


def test_masks_are_set_replaced_and_dropped() -> None:
    mask = Mask(function=FunctionName("prod", "sec", "hide"))
    using = Mask(
        function=FunctionName("third", "sec", "hide"),
        using=(Argument(column="c d"), Argument(constant="NULL"), Argument(constant="'US'")),
    )
    want = COLUMN_MASKS.mapped(ColumnMasksState(masks={"a": mask, "b": using}), NAMES)
    have = ColumnMasksState(masks={"A": using, "z": mask})

    changes = COLUMN_MASKS.changes(TABLE, want, have)

    assert sql(changes) == [
        "ALTER TABLE `dev`.`s`.`t` ALTER COLUMN `a` SET MASK `dev`.`sec`.`hide`",
        "ALTER TABLE `dev`.`s`.`t` ALTER COLUMN `b` SET MASK `third`.`sec`.`hide`"
        " USING COLUMNS (`c d`, NULL, 'US')",
        "ALTER TABLE `dev`.`s`.`t` ALTER COLUMN `z` DROP MASK",
    ]
    assert back(changes[2]) == [
        "ALTER TABLE `dev`.`s`.`t` ALTER COLUMN `z` SET MASK `prod`.`sec`.`hide`"
    ]
    assert len(COLUMN_MASKS.diff(want, have)) == 3


def test_clustering_is_by_columns_automatic_or_none() -> None:
    columns = ClusteringState(columns=("a", "b c"))
    automatic = ClusteringState(columns=("chosen",), is_automatic=True)

    (change,) = CLUSTERING.changes(TABLE, columns, ClusteringState())
    assert sql([change]) == ["ALTER TABLE `dev`.`s`.`t` CLUSTER BY (`a`, `b c`)"]
    assert back(change) == ["ALTER TABLE `dev`.`s`.`t` CLUSTER BY NONE"]
    assert sql(CLUSTERING.changes(TABLE, automatic, columns)) == [
        "ALTER TABLE `dev`.`s`.`t` CLUSTER BY AUTO"
    ]
    assert CLUSTERING.diff(automatic, ClusteringState(is_automatic=True)) == ()
    assert CLUSTERING.diff(columns, ClusteringState(columns=("A", "B C"))) == ()
    assert CLUSTERING.diff(columns, ClusteringState(columns=("b c", "a"))) != ()
