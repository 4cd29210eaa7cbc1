"""Everything that a server tells of a catalog: what two copies are compared by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from clonexs.session import Session
from tests.local.clone_support import rows

# Identifiers, places and times: what two copies of one thing never share.
_APART = re.compile(
    r"_id$|_at$|_by$|^storage_location$|^sql_path$|^browse_only$|^effective_|^securable_type$"
)
_TAGS = {
    "catalog_tags": "tag_name, tag_value",
    "schema_tags": "schema_name, tag_name, tag_value",
    "table_tags": "schema_name, table_name, tag_name, tag_value",
    "column_tags": "schema_name, table_name, column_name, tag_name, tag_value",
    "volume_tags": "schema_name, volume_name, tag_name, tag_value",
}


def state_of(cx: Session, catalog: str) -> dict[str, Any]:
    """Objects with all that is true of them, rows, tags, grants and files, by name.

    The catalog's own name is written ``<catalog>`` wherever it stands, so that copies compare.

    Args:
        cx: A session that may see everything.
        catalog: The catalog.
    """
    api = cx.api
    found: dict[str, Any] = {"catalog": api.catalogs.get(catalog).as_dict()}
    found["grants catalog"] = _grants(cx, "catalog", catalog)
    for schema in api.schemas.list(catalog):
        if schema.name == "information_schema":
            continue
        full = f"{catalog}.{schema.name}"
        found[f"schema {full}"] = schema.as_dict()
        found[f"grants schema {full}"] = _grants(cx, "schema", full)
        for table in api.tables.list(catalog, str(schema.name)):
            name = str(table.full_name)
            found[f"table {name}"] = api.tables.get(name).as_dict()
            found[f"grants table {name}"] = _grants(cx, "table", name)
            found[f"rows {name}"] = sorted(map(repr, rows(cx, f"SELECT * FROM {name}")))
        for function in api.functions.list(catalog, str(schema.name)):
            found[f"function {function.full_name}"] = function.as_dict()
            found[f"grants function {function.full_name}"] = _grants(
                cx, "function", str(function.full_name)
            )
        for volume in api.volumes.list(catalog, str(schema.name)):
            name = str(volume.full_name)
            found[f"volume {name}"] = volume.as_dict()
            found[f"grants volume {name}"] = _grants(cx, "volume", name)
            found |= _files(cx, f"/Volumes/{name.replace('.', '/')}")
    for view, columns in _TAGS.items():
        told = rows(cx, f"SELECT {columns} FROM {catalog}.information_schema.{view}")
        found[view] = sorted(map(repr, told))
    plain: dict[str, Any] = _plain(found, catalog)
    return plain


def _grants(cx: Session, kind: str, name: str) -> Any:
    told = cx.api.grants.get(kind, name).privilege_assignments or []
    return sorted(
        (str(each.principal), sorted(p.value for p in each.privileges or [])) for each in told
    )


def _files(cx: Session, folder: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for entry in cx.api.files.list_directory_contents(folder):
        path = str(entry.path).rstrip("/")
        if entry.is_directory:
            made |= _files(cx, path)
            continue
        contents = cx.api.files.download(path).contents
        assert contents is not None
        with contents as stream:
            made[f"file {path}"] = stream.read()
    return made


def _plain(value: Any, catalog: str) -> Any:
    if isinstance(value, Mapping):
        return {
            str(_plain(key, catalog)): _plain(each, catalog)
            for key, each in value.items()
            if not _APART.search(str(key))
        }
    if isinstance(value, (list, tuple)):
        return [_plain(each, catalog) for each in value]
    if isinstance(value, str):
        return value.replace(catalog, "<catalog>")
    return value


def differences(have: Mapping[str, Any], want: Mapping[str, Any]) -> dict[str, Any]:
    """What differs between two states, by object."""
    return {
        key: (have.get(key), want.get(key))
        for key in sorted({*have, *want})
        if have.get(key) != want.get(key)
    }
