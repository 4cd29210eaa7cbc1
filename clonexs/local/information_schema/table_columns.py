"""Columns of tables and views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.information_schema.frame import Column, Relation, columns
from clonexs.local.information_schema.seen import Seen
from clonexs.local.information_schema.types import facet_columns

if TYPE_CHECKING:
    import pyarrow as pa

COLLATION = "collation_catalog collation_schema collation_name S"
FACETS = (
    "character_maximum_length character_octet_length L,"
    " numeric_precision numeric_precision_radix numeric_scale datetime_precision I,"
    " interval_type S, interval_precision I, maximum_cardinality L"
)


def _columns(seen: Seen) -> Mapping[str, Column]:
    tables = seen.tables
    # Taken once: somebody may change a table while its columns are listed.
    inside = [table.spec.get("columns", ()) for table in tables]
    counts = [len(each) for each in inside]
    listed = [column for each in inside for column in each]
    own = [_own(catalog, seen) for catalog in seen.own_schemas]
    added = [column for columns in own for column in columns]
    texts = [each["type_text"] for each in listed] + [each[3] for each in added]

    def each_of(name: str) -> Callable[[], list[Any]]:
        return lambda: [column.get(name) for column in listed] + [None] * len(added)

    def per_table(of_table: Callable[[Object], str], index: int) -> Callable[[], pa.Array]:
        return lambda: _repeated(tables, counts, of_table, [each[index] for each in added])

    return {
        "column_name": [each["name"] for each in listed] + [each[2] for each in added],
        "full_data_type": lambda: texts,
        "table_catalog": per_table(lambda table: table.catalog, 0),
        "table_schema": per_table(lambda table: table.schema, 5),
        "table_name": per_table(lambda table: table.name, 1),
        "ordinal_position": lambda: (
            [position for count in counts for position in range(1, count + 1)]
            + [each[4] for each in added]
        ),
        "column_default": each_of("default"),
        "is_nullable": lambda: (
            ["YES" if each.get("nullable", True) else "NO" for each in listed]
            + ["YES"] * len(added)
        ),
        "is_updatable": per_table(lambda table: "NO" if table.is_view else "YES", 6),
        "partition_index": each_of("partition_index"),
        "comment": each_of("comment"),
        **facet_columns(texts),
        "is_identity": "NO",
        "is_generated": "NO",
        "is_system_time_period_start": "NO",
        "is_system_time_period_end": "NO",
    }


def _repeated(
    tables: list[Object], counts: list[int], of_table: Callable[[Object], str], added: list[Any]
) -> pa.Array:
    """What is true of a table, once for each of its columns."""
    import numpy as np
    import pyarrow as pa

    indices = pa.array(np.repeat(np.arange(len(tables)), counts))
    made = pa.array([of_table(table) for table in tables], pa.string()).take(indices)
    return pa.concat_arrays([made, pa.array(added, pa.string())])


def _own(catalog: str, seen: Seen) -> list[tuple[str, str, str, str, int, str, str]]:
    """Columns of the relations of a catalog's ``information_schema``."""
    from clonexs.local.information_schema.relations import relations_of

    return [
        (catalog, relation.name, name, kind, position, "information_schema", "NO")
        for relation in relations_of(catalog)
        if seen.asks_for(relation.name)
        for position, (name, kind) in enumerate(relation.typed, start=1)
    ]


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
        keys=("table_catalog", "table_schema", "table_name"),
    ),
)
