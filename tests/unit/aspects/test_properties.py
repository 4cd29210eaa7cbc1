from __future__ import annotations

import pytest

from clonexs.aspects.base import RestCall
from clonexs.aspects.properties import PROPERTIES, PropertiesState
from clonexs.names import CatalogName, SchemaName, TableName, ViewName
from tests.unit.aspects.written import back, sql

TABLE = TableName("c", "s", "t")


@pytest.mark.parametrize(
    "key",
    [
        "delta.minReaderVersion",
        "delta.feature.deletionVectors",
        "delta.columnMapping.maxColumnId",
        "delta.constraints.positive",
        "delta.parquet.compression.codec",
        "pipelines.pipelineId",
        "unity.catalog.managed.delta.defaults.rowTracking",
        "spark.sql.x",
        "clonexs.source",
        "clusteringColumns",
    ],
)
def test_what_the_server_writes_is_no_difference(key: str) -> None:
    state = PropertiesState(properties={key: "1"})

    assert PROPERTIES.diff(state, PropertiesState()) == ()
    assert PROPERTIES.diff(PropertiesState(), state) == ()
    assert PROPERTIES.changes(TABLE, state, PropertiesState()) == ()


def test_a_default_of_the_workspace_is_no_difference_unless_asked_for() -> None:
    on = PropertiesState(properties={"delta.enableDeletionVectors": "true"})

    assert PROPERTIES.diff(PropertiesState(), on) == ()
    assert len(PROPERTIES.diff(on, PropertiesState())) == 1


@pytest.mark.parametrize("target", [TABLE, ViewName("c", "s", "t")])
def test_properties_are_set_and_removed(target: TableName) -> None:
    set_, unset = PROPERTIES.changes(
        target,
        PropertiesState(properties={"a": "it's {1}", "b": "2"}),
        PropertiesState(properties={"b": "1", "old": "x"}),
    )
    alter = f"ALTER {'VIEW' if isinstance(target, ViewName) else 'TABLE'} `c`.`s`.`t`"

    assert sql([set_, unset]) == [
        f"{alter} SET TBLPROPERTIES ('a' = 'it\\'s {{1}}', 'b' = '2')",
        f"{alter} UNSET TBLPROPERTIES IF EXISTS ('old')",
    ]
    assert back(set_) == [
        f"{alter} SET TBLPROPERTIES ('b' = '1')",
        f"{alter} UNSET TBLPROPERTIES IF EXISTS ('a')",
    ]
    assert back(unset) == [f"{alter} SET TBLPROPERTIES ('old' = 'x')"]


@pytest.mark.parametrize("target", [CatalogName("c"), SchemaName("c", "s")])
def test_a_catalog_s_map_is_replaced_without_losing_the_server_s_keys(target: CatalogName) -> None:
    have = PropertiesState(properties={"unity.x": "1", "old": "x"})

    (change,) = PROPERTIES.changes(target, PropertiesState(properties={"a": "1"}), have)

    assert isinstance(change, RestCall)
    assert change.body == {"properties": {"unity.x": "1", "a": "1"}}
    assert [call.body for call in change.reverse if isinstance(call, RestCall)] == [
        {"properties": {"unity.x": "1", "old": "x"}}
    ]


def test_a_clone_brings_properties() -> None:
    want = PropertiesState(properties={"a": "1"})

    assert PROPERTIES.diff(want, PROPERTIES.fresh(want, "deep_clone", "me")) == ()
    assert PROPERTIES.diff(want, PROPERTIES.fresh(want, "ctas", "me")) != ()
