"""The statements that make objects: one for each, in its idempotent form where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clonexs.aspects.properties import is_server_property
from clonexs.names import CatalogName, SchemaName, TableName, VolumeName, quote, text_literal
from clonexs.workspace.inventory import Argument, Column, Mask, Table, Volume

EVOLUTION = "EVOLUTION"
# The other mode is what a view gets anyway.
_SPELLED_MODES = frozenset({"BINDING", "TYPE EVOLUTION", EVOLUTION})


def create_catalog(target: CatalogName, *, location: str, comment: str | None) -> str:
    """``CREATE CATALOG``."""
    return " ".join(
        [
            f"CREATE CATALOG IF NOT EXISTS {target.quoted}",
            *([f"MANAGED LOCATION {text_literal(location)}"] if location else []),
            *([f"COMMENT {text_literal(comment)}"] if comment else []),
        ]
    )


def create_schema(
    target: SchemaName, *, location: str, comment: str | None, properties: Mapping[str, str]
) -> str:
    """``CREATE SCHEMA``."""
    return " ".join(
        [
            f"CREATE SCHEMA IF NOT EXISTS {target.quoted}",
            *([f"COMMENT {text_literal(comment)}"] if comment else []),
            *([f"MANAGED LOCATION {text_literal(location)}"] if location else []),
            *([f"WITH DBPROPERTIES ({_pairs(properties)})"] if properties else []),
        ]
    )


def clone_table(
    source: TableName,
    target: TableName,
    *,
    shallow: bool,
    over_existing: bool,
    version: int | None,
    timestamp: str,
    properties: Mapping[str, str],
    location: str,
) -> str:
    """``CREATE [OR REPLACE] TABLE … CLONE``.

    Without OR REPLACE it fails where the target exists: somebody made it since the plan.
    """
    verb = "CREATE OR REPLACE TABLE" if over_existing else "CREATE TABLE"
    parts = [f"{verb} {target.quoted} {'SHALLOW' if shallow else 'DEEP'} CLONE {source.quoted}"]
    if version is not None:
        parts.append(f"VERSION AS OF {version:d}")
    elif timestamp:
        parts.append(f"TIMESTAMP AS OF {text_literal(timestamp)}")
    if properties:
        parts.append(f"TBLPROPERTIES ({_pairs(properties)})")
    if location:
        parts.append(f"LOCATION {text_literal(location)}")
    return " ".join(parts)


def declare_table(
    table: Table,
    target: TableName,
    *,
    properties: Mapping[str, str],
    comment: str | None,
    with_security: bool,
    location: str,
    clustering: Sequence[str] = (),
) -> str:
    """``CREATE OR REPLACE TABLE`` with every column declared, protection included: still empty.

    ``table`` has its masks and its filter as they should be at the target.
    """
    columns = ",\n  ".join(_column(column, with_security=with_security) for column in table.columns)
    parts = [f"CREATE OR REPLACE TABLE {target.quoted} (\n  {columns}\n) USING DELTA"]
    partitions = sorted(
        (c for c in table.columns if c.partition_index is not None),
        key=lambda column: column.partition_index or 0,
    )
    if partitions:
        parts.append(f"PARTITIONED BY ({', '.join(quote(c.name) for c in partitions)})")
    elif clustering:
        parts.append(f"CLUSTER BY ({', '.join(quote(name) for name in clustering)})")
    if location:
        parts.append(f"LOCATION {text_literal(location)}")
    if comment:
        parts.append(f"COMMENT {text_literal(comment)}")
    if properties:
        parts.append(f"TBLPROPERTIES ({_pairs(properties)})")
    if with_security and table.row_filter is not None:
        arguments = _arguments(table.row_filter.arguments)
        parts.append(f"WITH ROW FILTER {table.row_filter.function.quoted} ON ({arguments})")
    return "\n".join(parts)


def fill_table(table: Table, target: TableName) -> str:
    """``INSERT`` of what the caller may see; generated columns compute themselves.

    It overwrites, so that it has one end however often it is done: a statement may outlive the
    worker that sent it.
    """
    names = ", ".join(quote(c.name) for c in table.columns if c.generated is None)
    return f"INSERT OVERWRITE {target.quoted} ({names}) SELECT {names} FROM {table.name.quoted}"


def create_view(
    view: Table,
    target: TableName,
    query: str,
    *,
    comment: str | None,
    properties: Mapping[str, str],
) -> str:
    """``CREATE OR REPLACE VIEW`` with its column list, which the definition alone loses.

    A view that follows the columns below it (schema evolution) has no list of its own.
    """
    mode = schema_mode(view)
    columns = ", ".join(
        quote(c.name) + (f" COMMENT {text_literal(c.comment)}" if c.comment else "")
        for c in (() if mode == EVOLUTION else view.columns)
    )
    parts = [f"CREATE OR REPLACE VIEW {target.quoted}" + (f" ({columns})" if columns else "")]
    if comment:
        parts.append(f"COMMENT {text_literal(comment)}")
    if properties:
        parts.append(f"TBLPROPERTIES ({_pairs(properties)})")
    if mode in _SPELLED_MODES:
        parts.append(f"WITH SCHEMA {mode}")
    return "\n".join([*parts, f"AS {query}"])


def schema_mode(view: Table) -> str:
    """What a view does when columns below it change; empty where the platform does not tell."""
    return view.properties.get("view.schemaMode", "").upper()


def create_volume(volume: Volume, target: VolumeName, *, comment: str | None, location: str) -> str:
    """``CREATE VOLUME``; external where it has a location of its own."""
    external = " EXTERNAL" if location else ""
    return " ".join(
        [
            f"CREATE{external} VOLUME IF NOT EXISTS {target.quoted}",
            *([f"LOCATION {text_literal(location)}"] if location else []),
            *([f"COMMENT {text_literal(comment)}"] if comment else []),
        ]
    )


def own_properties(properties: Mapping[str, str]) -> dict[str, str]:
    """Properties without those that the server keeps itself."""
    return {k: v for k, v in properties.items() if not is_server_property(k)}


def _column(column: Column, *, with_security: bool) -> str:
    text = f"{quote(column.name)} {column.type_text}"
    if not column.nullable:
        text += " NOT NULL"
    if column.identity is not None:
        # The copy keeps the numbers of the source, so it must accept them.
        text += f" {column.identity.replace('GENERATED ALWAYS', 'GENERATED BY DEFAULT')}"
    elif column.generated is not None:
        text += f" GENERATED ALWAYS AS ({column.generated})"
    elif column.default is not None:
        text += f" DEFAULT {column.default}"
    if column.comment:
        text += f" COMMENT {text_literal(column.comment)}"
    if with_security and column.mask is not None:
        text += f" {_mask(column.mask)}"
    return text


def _mask(mask: Mask) -> str:
    text = f"MASK {mask.function.quoted}"
    return text + (f" USING COLUMNS ({_arguments(mask.using)})" if mask.using else "")


def _arguments(arguments: Sequence[Argument]) -> str:
    return ", ".join(
        quote(argument.column) if argument.column is not None else str(argument.constant)
        for argument in arguments
    )


def _pairs(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{text_literal(k)} = {text_literal(v)}" for k, v in pairs.items())
