"""Columns of tables and views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clonexs.local.information_schema.frame import Column, Relation, columns
from clonexs.local.information_schema.seen import Seen
from clonexs.local.information_schema.types import facet_columns

COLLATION = "collation_catalog collation_schema collation_name S"
FACETS = (
    "character_maximum_length character_octet_length L,"
    " numeric_precision numeric_precision_radix numeric_scale datetime_precision I,"
    " interval_type S, interval_precision I, maximum_cardinality L"
)
_TYPE_TEXT = {"S": "string", "I": "int", "L": "bigint", "T": "timestamp"}


def _columns(seen: Seen) -> Mapping[str, Column]:
    made: dict[str, list[Any]] = {
        name: []
        for name in (
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "column_default",
            "is_nullable",
            "full_data_type",
            "is_updatable",
            "partition_index",
            "comment",
        )
    }
    for table in seen.tables:
        listed = table.spec.get("columns", ())
        count = len(listed)
        made["table_catalog"] += [table.catalog] * count
        made["table_schema"] += [table.schema] * count
        made["table_name"] += [table.name] * count
        made["column_name"] += [each["name"] for each in listed]
        made["ordinal_position"] += range(1, count + 1)
        made["column_default"] += [each.get("default") for each in listed]
        made["is_nullable"] += ["YES" if each.get("nullable", True) else "NO" for each in listed]
        made["full_data_type"] += [each["type_text"] for each in listed]
        made["is_updatable"] += ["NO" if table.is_view else "YES"] * count
        made["partition_index"] += [each.get("partition_index") for each in listed]
        made["comment"] += [each.get("comment") for each in listed]
    for catalog in seen.own_schemas:
        _add_own(made, catalog)
    return {
        **made,
        **facet_columns(made["full_data_type"]),
        "is_identity": "NO",
        "is_generated": "NO",
        "is_system_time_period_start": "NO",
        "is_system_time_period_end": "NO",
    }


def _add_own(made: dict[str, list[Any]], catalog: str) -> None:
    from clonexs.local.information_schema.relations import relations_of

    for relation in relations_of(catalog):
        count = len(relation.columns)
        made["table_catalog"] += [catalog] * count
        made["table_schema"] += ["information_schema"] * count
        made["table_name"] += [relation.name] * count
        made["column_name"] += [name for name, _ in relation.columns]
        made["ordinal_position"] += range(1, count + 1)
        made["full_data_type"] += [_TYPE_TEXT[kind] for _, kind in relation.columns]
        made["is_nullable"] += ["YES"] * count
        made["is_updatable"] += ["NO"] * count
        for name in ("column_default", "partition_index", "comment"):
            made[name] += [None] * count


RELATIONS = (
    Relation(
        "columns",
        columns(
            "table_catalog table_schema table_name column_name S, ordinal_position I,"
            f" column_default is_nullable full_data_type data_type S, {FACETS},"
            " is_identity identity_generation identity_start identity_increment identity_maximum"
            " identity_minimum identity_cycle is_generated generation_expression"
            " is_system_time_period_start is_system_time_period_end"
            " system_time_period_timestamp_generation is_updatable S, partition_index I, comment S,"
            f" {COLLATION}"
        ),
        _columns,
    ),
)
