"""Wider types of columns: the rows are written again, under one commit."""

from __future__ import annotations

import json
import re
import shutil
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.delta import log
from clonexs.local.delta import table as delta_table
from clonexs.local.delta.log import Action, Snapshot
from clonexs.local.delta.protocol import engine_metadata, engine_protocol
from clonexs.local.delta.schema import columns_of, struct, to_text
from clonexs.local.engine import data
from clonexs.local.errors import LocalError
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.staging import move_files, staging
from clonexs.local.statements.table_changes import edit

_WHOLE = ("byte", "short", "integer", "long")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)$")
_DIGITS = {"byte": 3, "short": 5, "integer": 10, "long": 20}


def change_types(ctx: StatementContext, table: Object, kinds: dict[str, Any]) -> None:
    """Give columns wider types.

    Raises:
        LocalError: if a type is not wider, or widening is not turned on for the table.
    """
    now = {column["name"]: column["type_json"] for column in table.columns}
    wanted = {name: kind for name, kind in kinds.items() if kind != now[name]}
    if not wanted:
        return
    for name, kind in wanted.items():
        is_on = table.properties.get("delta.enableTypeWidening") == "true"
        if not is_on or not _is_wider(now[name], kind):
            raise LocalError(
                "DELTA_UNSUPPORTED_ALTER_TABLE_CHANGE_COL_OP",
                f"ALTER TABLE CHANGE COLUMN is not supported for changing column `{name}` of"
                f" `{table.full_name}` from {to_text(now[name]).upper()} to {to_text(kind).upper()}.",
            )

    def change(snapshot: Snapshot, metadata: Action) -> list[Action]:
        schema = snapshot.schema
        for field in schema["fields"]:
            field["type"] = wanted.get(field["name"], field["type"])
        metadata["schemaString"] = json.dumps(schema)
        adds = _rewritten(ctx, table, metadata)
        return [*delta_table.removals(snapshot), *({"add": each} for each in adds)]

    edit(
        ctx,
        table,
        change,
        operation="CHANGE COLUMN",
        parameters={"columns": json.dumps({n: to_text(k) for n, k in wanted.items()})},
    )


def _rewritten(ctx: StatementContext, table: Object, metadata: Action) -> list[Action]:
    path = ctx.path(table)
    stage = staging(path)
    plain = engine_metadata(metadata)
    try:
        log.write_commit(stage, 0, [{"protocol": engine_protocol(plain)}, {"metaData": plain}])
        fields = json.loads(plain["schemaString"])["fields"]
        columns = columns_of(struct(fields), list(plain.get("partitionColumns") or []))
        data.fill(
            ctx.engine, ctx.session, stage, columns, f"SELECT * FROM {ctx.engine.alias(table)}", {}
        )
        adds = list(log.load(stage).files.values())
        move_files(stage, path, adds)
        return adds
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _is_wider(old: Any, new: Any) -> bool:
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    if old in _WHOLE and new in _WHOLE:
        return _WHOLE.index(new) > _WHOLE.index(old)
    if new == "double":
        return old in {"float", "byte", "short", "integer"}
    if (old, new) == ("date", "timestamp_ntz"):
        return True
    wide = _DECIMAL.match(new)
    if wide is None:
        return False
    precision, scale = int(wide.group(1)), int(wide.group(2))
    if old in _DIGITS:
        return precision - scale >= _DIGITS[old]
    narrow = _DECIMAL.match(old)
    if narrow is None:
        return False
    before, digits = int(narrow.group(1)), int(narrow.group(2))
    return scale >= digits and precision - scale >= before - digits
