"""Grants, direct and inherited. Ownership is no grant and stands in none of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from clonexs.local.catalog import Object
from clonexs.local.catalog.grants import GRANTABLE
from clonexs.local.information_schema.frame import Column, Relation, columns
from clonexs.local.information_schema.seen import Seen

# grantor, grantee, the object, privilege, where it comes from.
Row: TypeAlias = tuple[str, str, Object, str, str]


def _rows(seen: Seen, objects: list[Object]) -> Iterator[Row]:
    above: dict[str, list[tuple[str, str, str, str]]] = {}
    for found in objects:
        parents = seen.parents(found)
        everything = seen.who.is_metastore_admin or any(
            seen.who.is_(each.owner) for each in (found, *parents)
        )
        for grantee, privilege, grantor in seen.catalog.grants.on(found):
            if everything or seen.who.is_(grantee):
                yield grantor, grantee, found, privilege, "NONE"
        key = found.full_name.rpartition(".")[0]
        if key not in above:
            above[key] = list(_inherited(seen, found, parents))
        for grantor, grantee, privilege, level in above[key]:
            if everything or seen.who.is_(grantee):
                yield grantor, grantee, found, privilege, level


def _inherited(
    seen: Seen, found: Object, parents: list[Object]
) -> Iterator[tuple[str, str, str, str]]:
    usable = GRANTABLE.get(found.kind, frozenset())
    for holder in parents:
        for grantee, privilege, grantor in seen.catalog.grants.on(holder):
            if privilege in usable:
                yield grantor, grantee, privilege, holder.kind


def _build(
    objects: Callable[[Seen], list[Object]], *names: tuple[str, ...]
) -> Callable[[Seen], Mapping[str, Column]]:
    def build(seen: Seen) -> Mapping[str, Column]:
        rows = list(_rows(seen, objects(seen)))
        made: dict[str, Column] = {
            "grantor": [row[0] for row in rows],
            "grantee": [row[1] for row in rows],
            "privilege_type": [row[3] for row in rows],
            "is_grantable": "NO",
            "inherited_from": [row[4] for row in rows],
        }
        for listed in names:
            for index, name in enumerate(listed):
                made[name] = [row[2].parts[index] for row in rows]
        return made

    return build


def _relation(
    name: str,
    objects: Callable[[Seen], list[Object]],
    *names: tuple[str, ...],
    everywhere: bool = True,
) -> Relation:
    listed = " ".join(each for group in names for each in group)
    return Relation(
        name,
        columns(f"grantor grantee {listed} privilege_type is_grantable inherited_from S"),
        _build(objects, *names),
        everywhere,
        keys=names[0] if everywhere else (),
    )


RELATIONS = (
    _relation("catalog_privileges", lambda seen: seen.catalogs, ("catalog_name",)),
    _relation("schema_privileges", lambda seen: seen.schemas, ("catalog_name", "schema_name")),
    _relation(
        "table_privileges",
        lambda seen: seen.tables,
        ("table_catalog", "table_schema", "table_name"),
    ),
    _relation(
        "volume_privileges",
        lambda seen: seen.volumes,
        ("volume_catalog", "volume_schema", "volume_name"),
    ),
    _relation(
        "routine_privileges",
        lambda seen: seen.functions,
        ("specific_catalog", "specific_schema", "specific_name"),
        ("routine_catalog", "routine_schema", "routine_name"),
    ),
)


def outside(name: str, column: str, *kinds: str) -> Relation:
    """The grants on objects that are in no catalog.

    Args:
        name: Name of the relation.
        column: Column that holds the name of the object.
        kinds: Kinds of the objects.
    """

    def objects(seen: Seen) -> list[Object]:
        return [each for kind in kinds for each in seen.outside(kind)]

    return _relation(name, objects, (column,), everywhere=False)
