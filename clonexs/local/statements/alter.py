"""ALTER TABLE and ALTER VIEW."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import MATERIALIZED
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.mapping import with_mapping
from clonexs.local.delta.table import clustering_action
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements import alter_columns, alter_constraints
from clonexs.local.statements.catalogs import set_collation, set_optimization, set_owner
from clonexs.local.statements.column_rules import require_change
from clonexs.local.statements.context import StatementContext, nothing
from clonexs.local.statements.create_table import spelled
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.policies import filter_of, parse_filter
from clonexs.local.statements.table_changes import edit
from clonexs.local.statements.table_text import MAX_CLUSTER_COLUMNS, clustering
from clonexs.local.statements.tags import set_or_unset

if TYPE_CHECKING:
    import pyarrow as pa

# Properties that only the platform writes.
_RESERVED = ("delta.constraints.", "delta.columnMapping.maxColumnId")
_MAPPING = "delta.columnMapping.mode"


def alter_table(ctx: StatementContext, cursor: Cursor, _: Mapping[str, Any]) -> pa.Table:
    """``ALTER {TABLE | VIEW | MATERIALIZED VIEW} x …``."""
    cursor.expect("ALTER")
    form = cursor.one_of("TABLE", "VIEW", "MATERIALIZED")
    if form == "MATERIALIZED":
        cursor.expect("VIEW")
    found = ctx.get("TABLE", cursor.name())
    if form != "TABLE" and not found.is_view:
        raise LocalError(
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE", f"`{found.full_name}` is a table, not a view."
        )
    if form == "MATERIALIZED" or found.table_type == MATERIALIZED:
        _alter_materialized(ctx, cursor, found)
    elif found.is_view:
        _alter_view(ctx, cursor, found)
    elif not _alter_any(ctx, cursor, found):
        _alter_data(ctx, cursor, found)
    cursor.end()
    return nothing()


def _alter_any(ctx: StatementContext, cursor: Cursor, found: Object) -> bool:
    """What tables and views have in common; say whether it was one of these."""
    if set_or_unset(ctx, cursor, found):
        return True
    if cursor.accept("SET", "OWNER", "TO") or cursor.accept("OWNER", "TO"):
        set_owner(ctx, found, cursor.identifier())
        return True
    if cursor.accept("RENAME", "TO"):
        rename(ctx, found, cursor.name())
        return True
    return False


def rename(ctx: StatementContext, found: Object, parts: tuple[str, ...]) -> None:
    """Give a table or view another name in its catalog; keys that point to it follow."""
    from clonexs.local.statements.constraints import FOREIGN, keys_of

    ctx.catalog.require_owner(ctx.who, found)
    full = ctx.full(parts)
    if full[0] != found.catalog:
        raise LocalError(
            "UC_COMMAND_NOT_SUPPORTED",
            f"`{found.full_name}` cannot be renamed into another catalog.",
        )
    ctx.parent_for(full, "CREATE TABLE")
    with ctx.catalog.transaction():
        before = found.full_name
        ctx.catalog.rename(found, full)
        for child in list(ctx.catalog.objects("TABLE")):
            keys = keys_of(child)
            if any(k["type"] == FOREIGN and k["parent"] == before for k in keys):
                kept = [
                    {**k, "parent": found.full_name} if k.get("parent") == before else k
                    for k in keys
                ]
                ctx.catalog.update(child, spec={**child.spec, "constraints": kept})


def _alter_materialized(ctx: StatementContext, cursor: Cursor, view: Object) -> None:
    from clonexs.local.statements import materialized

    materialized.require_materialized(view)
    if _alter_any(ctx, cursor, view):
        return
    if any(
        cursor.looks_at(word, clause)
        for word in ("ADD", "ALTER", "DROP")
        for clause in ("SCHEDULE", "TRIGGER")
    ):
        materialized.alter_schedule(ctx, cursor, view)
    elif cursor.looks_at("SET", "ROW"):
        _set_filter(ctx, cursor, view)
    elif cursor.looks_at("DROP", "ROW"):
        _drop_filter(ctx, cursor, view)
    elif cursor.accept("ALTER", "COLUMN"):
        alter_columns.tag_or_mask_column(ctx, cursor, view)
    else:
        raise syntax(f"Syntax error at or near '{cursor.token.text}' in ALTER MATERIALIZED VIEW.")


def _alter_view(ctx: StatementContext, cursor: Cursor, view: Object) -> None:
    if _alter_any(ctx, cursor, view):
        return
    if cursor.accept("AS"):
        from clonexs.local.statements.views import redefine_view

        redefine_view(ctx, view, cursor.rest())
    elif cursor.accept("SET", "TBLPROPERTIES"):
        ctx.catalog.require_owner(ctx.who, view)
        pairs = cursor.pairs()
        ctx.catalog.update(view, ctx.who, properties={**view.properties, **pairs})
    elif cursor.accept("UNSET", "TBLPROPERTIES"):
        ctx.catalog.require_owner(ctx.who, view)
        lenient = cursor.accept("IF", "EXISTS")
        kept = _without(view.properties, cursor.keys(), lenient=lenient)
        ctx.catalog.update(view, ctx.who, properties=kept)
    elif cursor.accept("ALTER", "COLUMN"):
        alter_columns.tag_column(ctx, cursor, view)
    elif cursor.accept("WITH", "SCHEMA") or cursor.accept("SCHEMA"):
        from clonexs.local.statements.views import set_schema_mode

        set_schema_mode(ctx, view, cursor)
    else:
        raise LocalError(
            "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
            f"ALTER … {cursor.token.text} needs a table, but `{view.full_name}` is a view.",
        )


def _alter_data(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    """What only tables with data have."""
    forms: dict[tuple[str, ...], Callable[[StatementContext, Cursor, Object], None]] = {
        ("ADD", "CONSTRAINT"): alter_constraints.add,
        ("ADD", "PRIMARY"): alter_constraints.add,
        ("ADD", "FOREIGN"): alter_constraints.add,
        ("ADD", "CHECK"): alter_constraints.add,
        ("DROP", "CONSTRAINT"): alter_constraints.drop,
        ("DROP", "PRIMARY"): alter_constraints.drop_primary,
        ("DROP", "FOREIGN"): alter_constraints.drop_foreign,
        ("SET", "TBLPROPERTIES"): _set_properties,
        ("UNSET", "TBLPROPERTIES"): _unset_properties,
        ("CLUSTER", "BY"): _cluster,
        ("SET", "ROW"): _set_filter,
        ("DROP", "ROW"): _drop_filter,
        ("ADD", "COLUMN"): alter_columns.add,
        ("ADD", "COLUMNS"): alter_columns.add,
        ("DROP", "COLUMN"): alter_columns.drop,
        ("DROP", "COLUMNS"): alter_columns.drop,
        ("RENAME", "COLUMN"): alter_columns.rename,
        ("ALTER", "COLUMN"): alter_columns.alter,
        ("CHANGE", "COLUMN"): alter_columns.alter,
    }
    for words, function in forms.items():
        if cursor.looks_at(*words):
            function(ctx, cursor, table)
            return
    if set_optimization(ctx, cursor, table) or set_collation(ctx, cursor, table):
        return
    raise syntax(f"Syntax error at or near '{cursor.token.text}': ALTER TABLE does not know it.")


def _set_properties(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    cursor.expect("SET", "TBLPROPERTIES")
    pairs = cursor.pairs()
    require_change(ctx, table)
    for key in pairs:
        if key.startswith("delta.constraints."):
            raise LocalError(
                "DELTA_ADD_CONSTRAINTS",
                "Please use ALTER TABLE ADD CONSTRAINT to add CHECK constraints.",
            )
        if key in {"clusteringColumns", "delta.clustering"} or key.startswith(
            "delta.feature.clustering"
        ):
            raise LocalError(
                "DELTA_ALTER_TABLE_SET_CLUSTERING_TABLE_FEATURE_NOT_ALLOWED",
                "Cannot enable clustering by properties; use CLUSTER BY.",
            )

    def change(snapshot: Snapshot, metadata: Action) -> None:
        configuration = metadata.setdefault("configuration", {})
        old, new = snapshot.properties.get(_MAPPING, "none"), pairs.get(_MAPPING)
        if new is not None and new != old:
            if (old, new) != ("none", "name"):
                raise LocalError(
                    "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE",
                    f"Changing column mapping mode from '{old}' to '{new}' is not supported.",
                )
            with_mapping(metadata)
            configuration = metadata["configuration"]
        kept = {
            k: v
            for k, v in pairs.items()
            if not k.startswith(_RESERVED)
            and k not in {"delta.minReaderVersion", "delta.minWriterVersion"}
        }
        configuration.update(kept)

    edit(
        ctx,
        table,
        change,
        operation="SET TBLPROPERTIES",
        parameters={"properties": json.dumps(pairs)},
    )


def _without(properties: dict[str, str], keys: list[str], *, lenient: bool) -> dict[str, str]:
    missing = [key for key in keys if key not in properties]
    if missing and not lenient:
        raise LocalError(
            "DELTA_UNSET_NON_EXISTENT_PROPERTY",
            f"Attempted to unset non-existent property '{missing[0]}'.",
        )
    return {k: v for k, v in properties.items() if k not in keys}


def _unset_properties(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    cursor.expect("UNSET", "TBLPROPERTIES")
    lenient = cursor.accept("IF", "EXISTS")
    keys = cursor.keys()
    require_change(ctx, table)
    if _MAPPING in keys and table.properties.get(_MAPPING, "none") != "none":
        raise LocalError(
            "DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE",
            "Column mapping cannot be turned off by removing the property.",
        )
    if any(key.startswith("delta.constraints.") for key in keys):
        raise LocalError(
            "DELTA_DROP_CONSTRAINTS",
            "Please use ALTER TABLE DROP CONSTRAINT to drop CHECK constraints.",
        )

    def change(snapshot: Snapshot, metadata: Action) -> None:
        metadata["configuration"] = _without(snapshot.properties, keys, lenient=lenient)

    edit(
        ctx,
        table,
        change,
        operation="UNSET TBLPROPERTIES",
        parameters={"properties": json.dumps(keys), "ifExists": lenient},
    )


def _cluster(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    cursor.expect("CLUSTER", "BY")
    columns, is_auto = clustering(cursor)
    require_change(ctx, table)
    if len(columns) > MAX_CLUSTER_COLUMNS:
        raise LocalError(
            "DELTA_CLUSTER_BY_INVALID_NUM_COLUMNS",
            f"CLUSTER BY supports up to {MAX_CLUSTER_COLUMNS} clustering columns.",
        )

    def change(snapshot: Snapshot, metadata: Action) -> list[Action]:
        if snapshot.partitions:
            raise LocalError(
                "DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED",
                "ALTER TABLE CLUSTER BY cannot be applied to a partitioned table.",
            )
        names = [field["name"] for field in snapshot.schema["fields"]]
        wanted = [spelled(names, each) for each in columns]
        return [clustering_action(snapshot.schema, wanted)]

    edit(
        ctx,
        table,
        change,
        operation="CLUSTER BY",
        parameters={
            "oldClusteringColumns": ",".join(table.spec.get("clustering", ())),
            "newClusteringColumns": ",".join(columns),
        },
        spec={"cluster_by_auto": True if is_auto else None},
    )


def _set_filter(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    cursor.expect("SET")
    text = parse_filter(cursor)
    ctx.catalog.require_owner(ctx.who, table)
    with ctx.catalog.transaction():
        made = filter_of(ctx, table, text)
        ctx.catalog.update(table, ctx.who, spec={**table.spec, "row_filter": made})


def _drop_filter(ctx: StatementContext, cursor: Cursor, table: Object) -> None:
    cursor.expect("DROP", "ROW", "FILTER")
    ctx.catalog.require_owner(ctx.who, table)
    with ctx.catalog.transaction():
        kept = {key: value for key, value in table.spec.items() if key != "row_filter"}
        ctx.catalog.update(table, ctx.who, spec=kept)
