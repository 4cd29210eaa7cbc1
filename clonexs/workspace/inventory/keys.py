"""Primary and foreign keys of a whole catalog: one statement over its ``information_schema``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from clonexs.names import CatalogName, TableName
from clonexs.workspace.gateway import SqlGateway
from clonexs.workspace.inventory.facts import Constraint
from clonexs.workspace.inventory.tags import relations

_KEYS = """\
SELECT 'KEY' AS kind, constraint_schema AS cs, constraint_name AS cn, table_schema AS s,
table_name AS o, constraint_type AS a, 0 AS i, 0 AS j FROM {table_constraints}
WHERE constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')
UNION ALL SELECT 'COLUMN', constraint_schema, constraint_name, table_schema, table_name,
column_name, ordinal_position, position_in_unique_constraint FROM {key_column_usage}
UNION ALL SELECT 'REFERENCE', constraint_schema, constraint_name, unique_constraint_catalog,
unique_constraint_schema, unique_constraint_name, 0, 0 FROM {referential_constraints}"""
Row: TypeAlias = Mapping[str, object]
_Key: TypeAlias = tuple[str, str]  # schema and name of a constraint


def read_constraints(
    sql: SqlGateway, catalog: CatalogName
) -> dict[TableName, tuple[Constraint, ...]]:
    """Keys of a catalog's tables, primary keys first.

    RELY and TIMESERIES are not in these relations. The parent of a foreign key that leads into
    another catalog is not either: it stays ``None``.
    """
    rows = sql.fetch(
        _KEYS,
        relations(catalog, "table_constraints", "key_column_usage", "referential_constraints"),
        step="constraints",
    )
    return _Keys(catalog, rows).by_table()


class _Keys:
    """The rows of the three relations, joined here: what leads elsewhere must not lose its row."""

    def __init__(self, catalog: CatalogName, rows: Iterable[Row]) -> None:
        self.catalog = catalog
        self.keys: list[Row] = []
        self.columns: dict[tuple[_Key, str], list[Row]] = defaultdict(list)
        self.references: dict[_Key, Row] = {}
        self.owners: dict[_Key, TableName] = {}
        for row in rows:
            key = (str(row["cs"]), str(row["cn"]))
            match row["kind"]:
                case "KEY":
                    self.keys.append(row)
                    if row["a"] == "PRIMARY KEY":
                        self.owners[key] = self._table(row)
                case "COLUMN":
                    self.columns[key, str(row["o"])].append(row)
                case "REFERENCE":
                    self.references[key] = row

    def by_table(self) -> dict[TableName, tuple[Constraint, ...]]:
        made: dict[TableName, list[Constraint]] = defaultdict(list)
        for row in self.keys:
            made[self._table(row)].append(self._constraint(row))
        return {
            table: tuple(sorted(found, key=lambda one: (one.kind != "PRIMARY KEY", one.name)))
            for table, found in made.items()
        }

    def _table(self, row: Row) -> TableName:
        return TableName(self.catalog.catalog, str(row["s"]), str(row["o"]))

    def _used(self, key: _Key, table: str) -> list[Row]:
        return sorted(self.columns[key, table], key=lambda used: _number(used["i"]))

    def _constraint(self, row: Row) -> Constraint:
        key, table = (str(row["cs"]), str(row["cn"])), str(row["o"])
        used = self._used(key, table)
        columns = tuple(str(one["a"]) for one in used)
        if row["a"] == "PRIMARY KEY":
            return Constraint(name=key[1], kind="PRIMARY KEY", columns=columns)
        parent, named = self._parent(key)
        return Constraint(
            name=key[1],
            kind="FOREIGN KEY",
            columns=columns,
            parent=parent,
            parent_columns=tuple(named.get(_number(one["j"]), "") for one in used) if named else (),
        )

    def _parent(self, key: _Key) -> tuple[TableName | None, dict[int, str]]:
        reference = self.references.get(key)
        if reference is None or reference["s"] != self.catalog.catalog:
            return None, {}
        unique = (str(reference["o"]), str(reference["a"]))
        parent = self.owners.get(unique)
        if parent is None:
            return None, {}
        used = self._used(unique, parent.table)
        return parent, {_number(one["i"]): str(one["a"]) for one in used}


def _number(value: object) -> int:
    return int(value) if isinstance(value, int) else 0
