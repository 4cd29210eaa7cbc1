"""Tags of a whole catalog: one statement over its ``information_schema``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from clonexs.names import CatalogName, Name, TableName, Value, VolumeName
from clonexs.workspace.gateway import SqlGateway, any_of
from clonexs.workspace.inventory.contents import Tags

INFORMATION_SCHEMA = "information_schema"
# The tag relations say catalog_name and schema_name, the others table_catalog and table_schema.
_TAGS = """\
SELECT 'CATALOG' AS kind, '' AS s, '' AS o, '' AS c, tag_name, tag_value FROM {catalog_tags}
UNION ALL SELECT 'SCHEMA', schema_name, '', '', tag_name, tag_value FROM {schema_tags}
UNION ALL SELECT 'TABLE', schema_name, table_name, '', tag_name, tag_value FROM {table_tags}
UNION ALL SELECT 'COLUMN', schema_name, table_name, column_name, tag_name, tag_value
FROM {column_tags}
UNION ALL SELECT 'VOLUME', schema_name, volume_name, '', tag_name, tag_value FROM {volume_tags}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllTags:
    """Tags of objects and of columns."""

    objects: Mapping[Name, Tags]
    columns: Mapping[TableName, Mapping[str, Tags]]


def read_tags(sql: SqlGateway, catalog: CatalogName, schemas: Collection[str] | None) -> AllTags:
    """All tags of a catalog, of its schemas in scope and of what is in them."""
    text, params = _TAGS, dict[str, Value]()
    if schemas is not None:
        condition, params = any_of("s", sorted(schemas))
        text = f"SELECT * FROM (\n{_TAGS}\n) AS t WHERE kind = 'CATALOG' OR {condition}"
    rows = sql.fetch(
        text,
        relations(
            catalog, "catalog_tags", "schema_tags", "table_tags", "column_tags", "volume_tags"
        ),
        params,
        step="tags",
    )
    objects: dict[Name, dict[str, str]] = defaultdict(dict)
    columns: dict[TableName, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        schema, name = str(row["s"]), str(row["o"])
        # A key-only tag has no value: NULL and '' are the same.
        key, value = str(row["tag_name"]), str(row["tag_value"] or "")
        match row["kind"]:
            case "CATALOG":
                objects[catalog][key] = value
            case "SCHEMA":
                objects[catalog.schema(schema)][key] = value
            case "TABLE":
                objects[TableName(catalog.catalog, schema, name)][key] = value
            case "VOLUME":
                objects[VolumeName(catalog.catalog, schema, name)][key] = value
            case "COLUMN":
                columns[TableName(catalog.catalog, schema, name)][str(row["c"])][key] = value
    return AllTags(
        objects=dict(objects), columns={table: dict(found) for table, found in columns.items()}
    )


def relations(catalog: CatalogName, *names: str) -> dict[str, Name]:
    """Relations of the catalog's ``information_schema``, for the markers of a statement."""
    return {name: TableName(catalog.catalog, INFORMATION_SCHEMA, name) for name in names}
