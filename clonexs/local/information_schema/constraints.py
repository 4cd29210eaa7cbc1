"""Keys and CHECK constraints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.information_schema.frame import Column, Relation, columns
from clonexs.local.information_schema.seen import Seen

_CHECK = "delta.constraints."
_CONSTRAINT = ("constraint_catalog", "constraint_schema", "constraint_name")
_TABLE = ("table_catalog", "table_schema", "table_name")
_UNIQUE = ("unique_constraint_catalog", "unique_constraint_schema", "unique_constraint_name")


def _keys(seen: Seen) -> Iterator[tuple[Object, dict[str, Any]]]:
    for table in seen.tables:
        for key in table.spec.get("constraints", ()):
            yield table, key


def _checks(seen: Seen) -> Iterator[tuple[Object, str, str]]:
    for table in seen.tables:
        for name, clause in table.properties.items():
            if name.startswith(_CHECK):
                yield table, name.removeprefix(_CHECK), clause


def _named(table: Object, name: str) -> tuple[str, str, str]:
    return table.catalog, table.schema, name


def _columns(names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> dict[str, Column]:
    values = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: list(value) for name, value in zip(names, values, strict=True)}


def _check_constraints(seen: Seen) -> Mapping[str, Column]:
    return _columns(
        (*_CONSTRAINT, "check_clause"),
        ((*_named(table, name), clause) for table, name, clause in _checks(seen)),
    )


def _table_constraints(seen: Seen) -> Mapping[str, Column]:
    rows = [
        (*_named(table, key["name"]), *table.parts, key["type"], "NO") for table, key in _keys(seen)
    ]
    rows += [
        (*_named(table, name), *table.parts, "CHECK", "YES") for table, name, _ in _checks(seen)
    ]
    made = _columns((*_CONSTRAINT, *_TABLE, "constraint_type", "enforced"), rows)
    return {**made, "is_deferrable": "YES", "initially_deferred": "YES"}


def _key_column_usage(seen: Seen) -> Mapping[str, Column]:
    return _columns(
        (
            *_CONSTRAINT,
            *_TABLE,
            "column_name",
            "ordinal_position",
            "position_in_unique_constraint",
        ),
        (
            (
                *_named(table, key["name"]),
                *table.parts,
                column,
                index,
                index if key["type"] == "FOREIGN KEY" else None,
            )
            for table, key in _keys(seen)
            for index, column in enumerate(key["columns"], start=1)
        ),
    )


def _parent(seen: Seen, key: dict[str, Any]) -> tuple[Object, str] | None:
    """The table a foreign key points to, and the name of its primary key."""
    parent = seen.catalog.find("TABLE", key["parent"])
    for each in parent.spec.get("constraints", ()) if parent is not None else ():
        if each["type"] == "PRIMARY KEY" and parent is not None:
            return parent, each["name"]
    return None


def _referential_constraints(seen: Seen) -> Mapping[str, Column]:
    rows = []
    for table, key in _keys(seen):
        if key["type"] == "FOREIGN KEY" and (found := _parent(seen, key)) is not None:
            rows.append((*_named(table, key["name"]), *_named(*found)))
    made = _columns((*_CONSTRAINT, *_UNIQUE), rows)
    return {
        **made,
        "match_option": "FULL",
        "update_rule": "NO ACTION",
        "delete_rule": "NO ACTION",
    }


def _used(seen: Seen, key: dict[str, Any], table: Object) -> tuple[Object, list[str]] | None:
    # A foreign key uses the table and columns that it points to.
    if key["type"] != "FOREIGN KEY":
        return table, key["columns"]
    found = _parent(seen, key)
    return None if found is None else (found[0], key["parent_columns"])


def _constraint_table_usage(seen: Seen) -> Mapping[str, Column]:
    rows = []
    for table, key in _keys(seen):
        if (used := _used(seen, key, table)) is not None:
            rows.append((*used[0].parts, *_named(table, key["name"])))
    rows += [(*table.parts, *_named(table, name)) for table, name, _ in _checks(seen)]
    return _columns((*_TABLE, *_CONSTRAINT), rows)


def _constraint_column_usage(seen: Seen) -> Mapping[str, Column]:
    rows = []
    for table, key in _keys(seen):
        if (used := _used(seen, key, table)) is not None:
            rows += [(*used[0].parts, column, *_named(table, key["name"])) for column in used[1]]
    return _columns((*_TABLE, "column_name", *_CONSTRAINT), rows)


RELATIONS = (
    Relation(
        "check_constraints",
        columns(
            "constraint_catalog constraint_schema constraint_name check_clause sql_path comment S"
        ),
        _check_constraints,
        keys=("constraint_catalog", "constraint_schema"),
    ),
    Relation(
        "table_constraints",
        columns(
            "constraint_catalog constraint_schema constraint_name table_catalog table_schema"
            " table_name constraint_type is_deferrable initially_deferred enforced S"
        ),
        _table_constraints,
        keys=("table_catalog", "table_schema", "table_name"),
    ),
    Relation(
        "key_column_usage",
        columns(
            "constraint_catalog constraint_schema constraint_name table_catalog table_schema"
            " table_name column_name S, ordinal_position position_in_unique_constraint I"
        ),
        _key_column_usage,
        keys=("table_catalog", "table_schema", "table_name"),
    ),
    Relation(
        "referential_constraints",
        columns(
            "constraint_catalog constraint_schema constraint_name unique_constraint_catalog"
            " unique_constraint_schema unique_constraint_name match_option update_rule"
            " delete_rule S"
        ),
        _referential_constraints,
        keys=("constraint_catalog", "constraint_schema"),
    ),
    Relation(
        "constraint_table_usage",
        columns(
            "table_catalog table_schema table_name constraint_catalog constraint_schema"
            " constraint_name S"
        ),
        _constraint_table_usage,
        keys=("constraint_catalog", "constraint_schema"),
    ),
    Relation(
        "constraint_column_usage",
        columns(
            "table_catalog table_schema table_name column_name constraint_catalog"
            " constraint_schema constraint_name S"
        ),
        _constraint_column_usage,
        keys=("constraint_catalog", "constraint_schema"),
    ),
)
