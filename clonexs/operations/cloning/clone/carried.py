"""Packs the facts of the source into a plan, so that a worker needs not read them again.

What a copy is held against is what was planned: the source may change afterwards, and reading it
twice would double the requests of a run.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from clonexs.names import CatalogName, FunctionName, Name, SchemaName, TableName, VolumeName
from clonexs.serde import from_json, from_plain, to_json, to_plain
from clonexs.workspace.inventory import (
    CatalogFacts,
    Constraint,
    Function,
    Inventory,
    SchemaFacts,
    Table,
    Unknown,
    Volume,
)

_KINDS: dict[str, type[Any]] = {
    "catalog": CatalogName,
    "schema": SchemaName,
    "table": TableName,
    "function": FunctionName,
    "volume": VolumeName,
}
_WORDS = {kind: word for word, kind in _KINDS.items()}


def pack(inventory: Inventory) -> str:
    """The inventory as text."""
    data = {
        "catalog": to_plain(inventory.catalog),
        "schemas": [to_plain(each) for each in inventory.schemas.values()],
        "tables": [to_plain(each) for each in inventory.tables.values()],
        "functions": [to_plain(each) for each in inventory.functions.values()],
        "volumes": [to_plain(each) for each in inventory.volumes.values()],
        "tags": _by_name(inventory.tags, to_plain),
        "column_tags": _by_name(inventory.column_tags, to_plain),
        "grants": _by_name(inventory.grants, _grants),
        "constraints": _by_name(inventory.constraints, to_plain),
        "grants_visibility": inventory.grants_visibility,
    }
    return base64.b85encode(zlib.compress(to_json(data).encode(), 6)).decode()


def unpack(text: str) -> Inventory:
    """The inventory again."""
    data = from_json(zlib.decompress(base64.b85decode(text)))
    schemas = [from_plain(SchemaFacts, each) for each in data["schemas"]]
    tables = [from_plain(Table, each) for each in data["tables"]]
    functions = [from_plain(Function, each) for each in data["functions"]]
    volumes = [from_plain(Volume, each) for each in data["volumes"]]
    return Inventory(
        catalog=from_plain(CatalogFacts, data["catalog"]),
        schemas={each.name: each for each in schemas},
        tables={each.name: each for each in tables},
        functions={each.name: each for each in functions},
        volumes={each.name: each for each in volumes},
        tags=_named(data["tags"], dict),
        column_tags=_named(data["column_tags"], dict),
        grants=_named(data["grants"], _grants_again),
        constraints=_named(data["constraints"], _constraints_again),
        grants_visibility=data["grants_visibility"],
    )


def _by_name(facts: Mapping[Any, Any] | Unknown, encode: Any) -> Any:
    if isinstance(facts, Unknown):
        return {"unknown": facts.reason}
    return [[_WORDS[type(name)], *name.parts, encode(value)] for name, value in facts.items()]


def _named(data: Any, decode: Any) -> Any:
    if isinstance(data, dict):
        return Unknown(data["unknown"])
    made: dict[Name, Any] = {}
    for kind, *parts, value in data:
        made[_KINDS[kind](*parts)] = decode(value)
    return made


def _grants(value: Mapping[str, frozenset[str]] | Unknown) -> Any:
    if isinstance(value, Unknown):
        return asdict(value)
    return {principal: sorted(privileges) for principal, privileges in value.items()}


def _grants_again(value: Mapping[str, Any]) -> Any:
    if isinstance(value.get("reason"), str):
        return Unknown(value["reason"])
    return {principal: frozenset(privileges) for principal, privileges in value.items()}


def _constraints_again(value: list[Any]) -> tuple[Constraint, ...]:
    return tuple(from_plain(Constraint, each) for each in value)
