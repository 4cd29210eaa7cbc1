"""Catalogs, schemas, tables, views and volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.information_schema.frame import Column, Relation, columns, of, yes_no
from clonexs.local.information_schema.seen import Seen

_CHANGES = "created T, created_by S, last_altered T, last_altered_by S"
SYSTEM_USER = "System user"


def _changes(found: list[Object]) -> dict[str, Column]:
    return {
        "created": of(found, "created_at"),
        "created_by": of(found, "created_by"),
        "last_altered": of(found, "updated_at"),
        "last_altered_by": of(found, "updated_by"),
    }


def _catalog_name(seen: Seen) -> Mapping[str, Column]:
    return {"catalog_name": of(seen.catalogs, "name")}


def _catalogs(seen: Seen) -> Mapping[str, Column]:
    return {
        "catalog_name": of(seen.catalogs, "name"),
        "catalog_owner": of(seen.catalogs, "owner"),
        "comment": of(seen.catalogs, "comment"),
        **_changes(seen.catalogs),
    }


def _schemata(seen: Seen) -> Mapping[str, Column]:
    return {
        "catalog_name": of(seen.schemas, "catalog"),
        "schema_name": of(seen.schemas, "name"),
        "schema_owner": of(seen.schemas, "owner"),
        "comment": of(seen.schemas, "comment"),
        **_changes(seen.schemas),
        "url": [each.spec.get("storage_root") for each in seen.schemas],
    }


def _tables(seen: Seen) -> Mapping[str, Column]:
    from clonexs.local.information_schema.relations import relation_names

    found = seen.tables
    made: dict[str, Any] = {
        "table_catalog": of(found, "catalog"),
        "table_schema": of(found, "schema"),
        "table_name": of(found, "name"),
        "table_type": of(found, "table_type"),
        "is_insertable_into": [yes_no(not each.is_view) for each in found],
        "table_owner": of(found, "owner"),
        "comment": of(found, "comment"),
        "data_source_format": [
            None if each.is_view else each.spec.get("data_source_format", "DELTA") for each in found
        ],
        "storage_path": of(found, "storage_location"),
        **_changes(found),
    }
    for catalog in seen.own_schemas:
        names = [each for each in relation_names(catalog) if seen.asks_for(each)]
        schema = seen.catalog.get("SCHEMA", f"{catalog}.information_schema")
        fixed: dict[str, Any] = {
            "table_catalog": catalog,
            "table_schema": "information_schema",
            "table_type": "VIEW",
            "is_insertable_into": "NO",
            "table_owner": SYSTEM_USER,
            "created": schema.created_at,
            "created_by": SYSTEM_USER,
            "last_altered": schema.created_at,
            "last_altered_by": SYSTEM_USER,
        }
        for name, values in made.items():
            values += names if name == "table_name" else [fixed.get(name)] * len(names)
    return {**made, "commit_action": "PRESERVE"}


def _views(seen: Seen) -> Mapping[str, Column]:
    found = [each for each in seen.tables if each.is_view]
    return {
        "table_catalog": of(found, "catalog"),
        "table_schema": of(found, "schema"),
        "table_name": of(found, "name"),
        "view_definition": [
            each.spec.get("view_definition") if seen.owns(each) else None for each in found
        ],
        "check_option": "NONE",
        "is_updatable": "NO",
        "is_insertable_into": "NO",
        "is_materialized": [yes_no(each.table_type == "MATERIALIZED_VIEW") for each in found],
    }


def _volumes(seen: Seen) -> Mapping[str, Column]:
    return {
        "volume_catalog": of(seen.volumes, "catalog"),
        "volume_schema": of(seen.volumes, "schema"),
        "volume_name": of(seen.volumes, "name"),
        "volume_type": [each.spec.get("volume_type") for each in seen.volumes],
        "volume_owner": of(seen.volumes, "owner"),
        "comment": of(seen.volumes, "comment"),
        "storage_location": of(seen.volumes, "storage_location"),
        **_changes(seen.volumes),
    }


RELATIONS = (
    Relation("information_schema_catalog_name", columns("catalog_name S"), _catalog_name),
    Relation(
        "catalogs",
        columns(f"catalog_name catalog_owner comment S, {_CHANGES}"),
        _catalogs,
        keys=("catalog_name",),
    ),
    Relation(
        "schemata",
        columns(
            f"catalog_name schema_name schema_owner comment S, {_CHANGES}, url S,"
            " custom_max_retention_hours L"
        ),
        _schemata,
        keys=("catalog_name", "schema_name"),
    ),
    Relation(
        "tables",
        columns(
            "table_catalog table_schema table_name table_type is_insertable_into commit_action"
            " table_owner comment S, created T, created_by S, last_altered T, last_altered_by"
            " data_source_format storage_sub_directory storage_path S"
        ),
        _tables,
        keys=("table_catalog", "table_schema", "table_name"),
    ),
    Relation(
        "views",
        columns(
            "table_catalog table_schema table_name view_definition check_option is_updatable"
            " is_insertable_into sql_path is_materialized S"
        ),
        _views,
        keys=("table_catalog", "table_schema", "table_name"),
    ),
    Relation(
        "volumes",
        columns(
            "volume_catalog volume_schema volume_name volume_type volume_owner comment"
            f" storage_location S, {_CHANGES}"
        ),
        _volumes,
        keys=("volume_catalog", "volume_schema", "volume_name"),
    ),
)
