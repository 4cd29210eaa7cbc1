"""Functions, their parameters and the columns of their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.information_schema.frame import Column, Relation, columns, of, yes_no
from clonexs.local.information_schema.seen import Seen
from clonexs.local.information_schema.table_columns import COLLATION, FACETS
from clonexs.local.information_schema.types import facet_columns


def _named(found: list[Object]) -> dict[str, Column]:
    return {
        "specific_catalog": of(found, "catalog"),
        "specific_schema": of(found, "schema"),
        "specific_name": of(found, "name"),
    }


def _routines(seen: Seen) -> Mapping[str, Column]:
    found = seen.functions
    types = [
        "table" if each.spec.get("returns_table") else str(each.spec.get("return_type") or "")
        for each in found
    ]
    return {
        **_named(found),
        "routine_catalog": of(found, "catalog"),
        "routine_schema": of(found, "schema"),
        "routine_name": of(found, "name"),
        "routine_owner": of(found, "owner"),
        "routine_type": "FUNCTION",
        "full_data_type": ["TABLE" if each == "table" else each for each in types],
        **facet_columns(types),
        "routine_body": [each.spec.get("routine_body") for each in found],
        "routine_definition": [
            each.spec.get("routine_definition") if seen.owns(each) else None for each in found
        ],
        "external_language": [each.spec.get("external_language") for each in found],
        "parameter_style": "SQL",
        "is_deterministic": [yes_no(each.spec.get("is_deterministic", True)) for each in found],
        "sql_data_access": [
            str(each.spec.get("sql_data_access", "CONTAINS_SQL")).replace("_", " ")
            for each in found
        ],
        "is_null_call": "YES",
        "security_type": "DEFINER",
        "comment": of(found, "comment"),
        "created": of(found, "created_at"),
        "created_by": of(found, "created_by"),
        "last_altered": of(found, "updated_at"),
        "last_altered_by": of(found, "updated_by"),
    }


def _parameters(seen: Seen) -> Mapping[str, Column]:
    rows = [(f, p) for f in seen.functions for p in f.spec.get("parameters", ())]
    return {
        **_typed(rows, "parameter_name"),
        "parameter_mode": "IN",
        "is_result": "NO",
        "as_locator": "NO",
        "parameter_default": [each.get("default") for _, each in rows],
    }


def _routine_columns(seen: Seen) -> Mapping[str, Column]:
    found = [each for each in seen.functions if each.spec.get("returns_table")]
    rows = [(f, c) for f in found for c in f.spec.get("return_columns", ())]
    return _typed(rows, "column_name")


def _typed(rows: Iterable[tuple[Object, dict[str, Any]]], name: str) -> dict[str, Column]:
    rows = list(rows)
    texts = [str(each["type_text"]) for _, each in rows]
    return {
        **_named([found for found, _ in rows]),
        "ordinal_position": [int(each["position"]) + 1 for _, each in rows],
        name: [each["name"] for _, each in rows],
        "full_data_type": list(texts),
        **facet_columns(texts),
        "comment": [each.get("comment") for _, each in rows],
    }


RELATIONS = (
    Relation(
        "routines",
        columns(
            "specific_catalog specific_schema specific_name routine_catalog routine_schema"
            f" routine_name routine_owner routine_type data_type full_data_type S, {FACETS},"
            " routine_body routine_definition external_name external_language parameter_style"
            " is_deterministic sql_data_access is_null_call security_type sql_path comment S,"
            f" created T, created_by S, last_altered T, last_altered_by S, {COLLATION}"
        ),
        _routines,
        keys=("specific_catalog", "specific_schema", "specific_name"),
    ),
    Relation(
        "parameters",
        columns(
            "specific_catalog specific_schema specific_name S, ordinal_position I, parameter_mode"
            f" is_result as_locator parameter_name data_type full_data_type S, {FACETS},"
            f" parameter_default comment S, {COLLATION}"
        ),
        _parameters,
        keys=("specific_catalog", "specific_schema", "specific_name"),
    ),
    Relation(
        "routine_columns",
        columns(
            "specific_catalog specific_schema specific_name S, ordinal_position I, column_name"
            f" data_type full_data_type S, {FACETS}, comment S"
        ),
        _routine_columns,
        keys=("specific_catalog", "specific_schema", "specific_name"),
    ),
)
