"""SHOW CREATE TABLE: the statement that makes a table or view again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.delta.schema import to_text
from clonexs.local.engine.text import literal, quoted
from clonexs.local.errors import denied
from clonexs.local.statements.constraints import CHECK_PREFIX, keys_of
from clonexs.local.statements.context import StatementContext, rows
from clonexs.local.statements.describe import readable
from clonexs.local.statements.describe_text import key_text, shown_properties
from clonexs.local.statements.grammar import Cursor
from clonexs.local.statements.refresh_schedule import schedule_text

if TYPE_CHECKING:
    import pyarrow as pa


def show_create(ctx: StatementContext, cursor: Cursor) -> pa.Table:
    """``SHOW CREATE TABLE t [AS SERDE]``."""
    import pyarrow as pa

    cursor.expect("TABLE")
    found = readable(ctx, cursor.name())
    cursor.accept("AS", "SERDE")
    cursor.end()
    if found.is_view:
        _require_definition(ctx, found)
        text = view_text(found)
    else:
        text = table_text(ctx, found)
    return rows([("createtab_stmt", pa.string())], [(text,)])


def _require_definition(ctx: StatementContext, view: Object) -> None:
    if not ctx.catalog.grants.manages(ctx.who, view, ctx.catalog.parents(view)):
        raise denied("MANAGE", "VIEW", view.full_name)


def view_text(view: Object) -> str:
    """The CREATE VIEW of a view."""
    columns = ",\n  ".join(
        quoted(column["name"])
        + (f" COMMENT {literal(column['comment'])}" if column.get("comment") else "")
        for column in view.columns
    )
    word = "VIEW" if view.is_expanded else "MATERIALIZED VIEW"
    parts = [f"CREATE {word} {quoted(*view.parts)} (\n  {columns})"]
    if view.comment is not None:
        parts.append(f"COMMENT {literal(view.comment)}")
    if view.properties:
        parts.append(f"TBLPROPERTIES ({_pairs(view.properties)})")
    if schedule := view.spec.get("schedule"):
        parts.append(schedule_text(schedule))
    if mode := view.spec.get("schema_mode"):
        parts.append(f"WITH SCHEMA {mode}")
    parts.append(f"AS {view.spec.get('view_definition', '')}")
    return "\n".join(parts)


def table_text(ctx: StatementContext, table: Object) -> str:
    """The CREATE TABLE of a table."""
    lines = [_column(column) for column in table.columns]
    lines += [
        f"CONSTRAINT {quoted(key['name'])} {key_text(key, with_rely=True)}"
        for key in keys_of(table)
    ]
    lines += [
        f"CONSTRAINT {quoted(key.removeprefix(CHECK_PREFIX))} CHECK ({value})"
        for key, value in sorted(table.properties.items())
        if key.startswith(CHECK_PREFIX)
    ]
    parts = [f"CREATE TABLE {quoted(*table.parts)} (\n  " + ",\n  ".join(lines) + ")"]
    parts.append("USING delta")
    partitions = sorted(
        (c for c in table.columns if "partition_index" in c), key=lambda c: c["partition_index"]
    )
    if partitions:
        parts.append(f"PARTITIONED BY ({', '.join(quoted(c['name']) for c in partitions)})")
    if table.spec.get("clustering"):
        parts.append(f"CLUSTER BY ({', '.join(map(quoted, table.spec['clustering']))})")
    elif table.spec.get("cluster_by_auto"):
        parts.append("CLUSTER BY AUTO")
    if table.comment is not None:
        parts.append(f"COMMENT {literal(table.comment)}")
    if table.table_type.startswith("EXTERNAL"):
        parts.append(f"LOCATION {literal(table.storage_location or '')}")
    properties = {
        k: v for k, v in shown_properties(ctx, table).items() if not k.startswith(CHECK_PREFIX)
    }
    parts.append(f"TBLPROPERTIES (\n  {_pairs(properties)})")
    if rule := table.spec.get("row_filter"):
        listed = ", ".join(_argument(each) for each in rule["columns"])
        parts.append(f"WITH ROW FILTER {quoted(*rule['function'].split('.'))} ON ({listed})")
    return "\n".join(parts) + "\n"


def _column(column: dict[str, Any]) -> str:
    made = f"{quoted(column['name'])} {_kind(column['type_json'])}"
    if not column.get("nullable", True):
        made += " NOT NULL"
    if identity := column.get("identity"):
        word = "BY DEFAULT" if identity["explicit"] else "ALWAYS"
        made += (
            f" GENERATED {word} AS IDENTITY"
            f" (START WITH {identity['start']} INCREMENT BY {identity['step']})"
        )
    elif column.get("generated"):
        made += f" GENERATED ALWAYS AS ({column['generated']})"
    elif column.get("default") is not None:
        made += f" DEFAULT {column['default']}"
    if column.get("comment") is not None:
        made += f" COMMENT {literal(column['comment'])}"
    if mask := column.get("mask"):
        made += f" MASK {quoted(*mask['function'].split('.'))}"
        if mask.get("using"):
            made += f" USING COLUMNS ({', '.join(_argument(each) for each in mask['using'])})"
    return made


def _kind(kind: Any) -> str:
    # Names of types in capitals, names of fields as they are.
    if isinstance(kind, str):
        return to_text(kind).upper()
    if kind["type"] == "array":
        return f"ARRAY<{_kind(kind['elementType'])}>"
    if kind["type"] == "map":
        return f"MAP<{_kind(kind['keyType'])}, {_kind(kind['valueType'])}>"
    inner = ", ".join(_field(each) for each in kind["fields"])
    return f"STRUCT<{inner}>"


def _field(field: dict[str, Any]) -> str:
    name = field["name"] if re.fullmatch(r"[A-Za-z_]\w*", field["name"]) else quoted(field["name"])
    comment = (field.get("metadata") or {}).get("comment")
    return (
        f"{name}: {_kind(field['type'])}"
        + ("" if field.get("nullable", True) else " NOT NULL")
        + (f" COMMENT {literal(comment)}" if comment is not None else "")
    )


def _argument(text: str) -> str:
    return text if text.startswith("'") else quoted(text)


def _pairs(properties: dict[str, str]) -> str:
    return ",\n  ".join(f"{literal(k)} = {literal(v)}" for k, v in sorted(properties.items()))
