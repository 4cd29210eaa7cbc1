"""Tags, where they were set; inherited ones are in no relation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from clonexs.local.catalog import Object
from clonexs.local.information_schema.frame import Column, Relation, columns
from clonexs.local.information_schema.seen import Seen

_PARTS = ("catalog_name", "schema_name")


def _tags(
    names: tuple[str, ...], objects: Callable[[Seen], list[Object]]
) -> Callable[[Seen], Mapping[str, Column]]:
    def build(seen: Seen) -> Mapping[str, Column]:
        return _rows(
            names,
            (
                (*found.parts, key, value)
                for found in objects(seen)
                for key, value in sorted(seen.catalog.tags(found).items())
            ),
        )

    return build


def _column_tags(seen: Seen) -> Mapping[str, Column]:
    return _rows(
        (*_PARTS, "table_name", "column_name"),
        (
            (*table.parts, column, key, value)
            for table in seen.tables
            for column, tags in sorted(seen.catalog.column_tags(table).items())
            for key, value in sorted(tags.items())
        ),
    )


def _rows(names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Mapping[str, Column]:
    listed = (*names, "tag_name", "tag_value")
    values = list(zip(*rows, strict=True)) or [()] * len(listed)
    return {name: list(value) for name, value in zip(listed, values, strict=True)}


def _relation(
    name: str, parts: tuple[str, ...], build: Callable[[Seen], Mapping[str, Column]]
) -> Relation:
    listed = columns(f"{' '.join(parts)} tag_name tag_value S")
    return Relation(name, listed, build, keys=parts[:3])


RELATIONS = (
    _relation("catalog_tags", _PARTS[:1], _tags(_PARTS[:1], lambda seen: seen.catalogs)),
    _relation("schema_tags", _PARTS, _tags(_PARTS, lambda seen: seen.schemas)),
    _relation(
        "table_tags",
        (*_PARTS, "table_name"),
        _tags((*_PARTS, "table_name"), lambda seen: seen.tables),
    ),
    _relation("column_tags", (*_PARTS, "table_name", "column_name"), _column_tags),
    _relation(
        "volume_tags",
        (*_PARTS, "volume_name"),
        _tags((*_PARTS, "volume_name"), lambda seen: seen.volumes),
    ),
)
