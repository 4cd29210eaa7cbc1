"""A workspace that only waits: every statement and request takes its latency, and no work is done.

What a run takes beyond the latency that its parallel statements cannot avoid is then our own.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from clonexs.workspace.client import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.workspace.backend import Statement

SOURCE, TARGET = "prod", "dev"
ME = "bench@local"
_COLUMNS = (
    ("id", "bigint", "long"),
    ("customer_id", "bigint", "long"),
    ("name", "string", "string"),
    ("note", "string", "string"),
    ("amount", "decimal(18,2)", "decimal(18,2)"),
    ("rate", "double", "double"),
    ("day", "date", "date"),
    ("at", "timestamp", "timestamp"),
)
_PAIRS = re.compile(r"SELECT (\d+) AS pair")


@dataclass(slots=True, kw_only=True)
class SleepingWorkspace:
    """Catalog ``prod`` with tables and views that read them; ``dev`` is there once it was made.

    Attributes:
        schemas: Number of schemas.
        tables: Tables in each of them.
        views: Views in each of them.
        statement_s: What a statement takes.
        request_s: What a REST request takes.
        statements: Statements that were run.
        in_flight_high_water: The most statements that were run at once.
    """

    schemas: int
    tables: int
    views: int = 0
    statement_s: float = 0.05
    request_s: float = 0.02
    statements: int = 0
    in_flight_high_water: int = 0
    is_made: bool = False
    _in_flight: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _listed: dict[str, Any] = field(default_factory=dict)

    name = "sleeping"

    def workspace(self) -> Workspace:
        """It, as the product sees a workspace."""
        from clonexs.workspace.capabilities import capabilities_of

        for name in _ANSWERS:
            _answer(name)  # pyarrow takes its time at the first table, which is nobody's latency
        from clonexs.workspace.target import TargetRef

        return Workspace(
            target=TargetRef(kind="local", name="sleeping"),
            host="",
            open_client=lambda: _client(self),
            backend=self,
            capabilities=capabilities_of("local", "spark_connect"),
        )

    # What a SQL backend does.

    def run(self, statement: Statement) -> tuple[pa.Table | None, str | None]:
        """Wait, and answer as if it had been done."""
        with self._lock:
            self.statements += 1
            self._in_flight += 1
            self.in_flight_high_water = max(self.in_flight_high_water, self._in_flight)
        _sleep(self.statement_s)
        with self._lock:
            self._in_flight -= 1
        text = statement.text
        if text.startswith("CREATE CATALOG"):
            self.is_made = True
        if " DEEP CLONE " in text:
            return _answer("clone"), None
        if text.startswith("SELECT 'source' AS side"):
            return _answer("content"), None
        if pairs := _PAIRS.findall(text):
            return _rows([{"pair": int(p), "a": 1, "b": 1} for p in pairs]), None
        return _answer("nothing"), None

    def interrupt(self, tag: str) -> None:
        """Nothing runs that could be stopped."""

    def close(self) -> None:
        """Nothing is held."""

    # What it holds.

    def catalogs(self) -> list[str]:
        """Catalogs that are there."""
        return [SOURCE, TARGET] if self.is_made else [SOURCE]

    def request(self, answer: Any) -> Any:
        """An answer of REST, after its latency."""
        _sleep(self.request_s)
        return answer

    def tables_of(self, catalog: str, schema: str) -> list[Any]:
        """Tables and views of a schema."""
        key = f"{catalog}.{schema}"
        if key not in self._listed:
            tables = [_table(catalog, schema, f"t{n}") for n in range(self.tables)]
            views = [_view(catalog, schema, n, self.tables) for n in range(self.views)]
            self._listed[key] = [*tables, *views]
        found: list[Any] = self._listed[key]
        return found


def _sleep(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)


_ANSWERS: Mapping[str, list[dict[str, object]]] = {
    "nothing": [],
    "clone": [
        {
            "source_table_size": 1000,
            "source_num_of_files": 1,
            "num_removed_files": 0,
            "num_copied_files": 1,
            "removed_files_size": 0,
            "copied_files_size": 1000,
        }
    ],
    "content": [{"side": s, "n": 1, "total": 1, "mixed": 1} for s in ("source", "target")],
}


@cache
def _answer(name: str) -> pa.Table:
    return _rows(_ANSWERS[name])


def _rows(rows: list[dict[str, object]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows)


def _client(held: SleepingWorkspace) -> Any:
    """The part of databricks-sdk's client that a clone asks."""
    from databricks.sdk.service import catalog as uc

    def catalog_info(name: str) -> uc.CatalogInfo:
        return uc.CatalogInfo(name=name, owner=ME, catalog_type=uc.CatalogType.MANAGED_CATALOG)

    def schemas(catalog: str, **_: Any) -> Iterator[uc.SchemaInfo]:
        names = [f"s{number}" for number in range(held.schemas)]
        made = [uc.SchemaInfo(catalog_name=catalog, name=n, owner=ME) for n in names]
        return iter(held.request(made))

    return SimpleNamespace(
        current_user=SimpleNamespace(
            me=lambda: held.request(SimpleNamespace(user_name=ME, groups=[]))
        ),
        metastores=SimpleNamespace(
            summary=lambda: held.request(SimpleNamespace(owner=ME, metastore_id="m", name="m"))
        ),
        catalogs=SimpleNamespace(
            list=lambda **_: iter(held.request([catalog_info(n) for n in held.catalogs()])),
            get=lambda name: held.request(catalog_info(name)),
        ),
        schemas=SimpleNamespace(list=schemas),
        tables=SimpleNamespace(
            list=lambda catalog, schema, **_: iter(held.request(held.tables_of(catalog, schema)))
        ),
        functions=SimpleNamespace(list=lambda *_, **__: iter(held.request([]))),
        volumes=SimpleNamespace(list=lambda *_, **__: iter(held.request([]))),
    )


def _table(catalog: str, schema: str, name: str) -> Any:
    from databricks.sdk.service import catalog as uc

    return uc.TableInfo(
        catalog_name=catalog,
        schema_name=schema,
        name=name,
        table_type=uc.TableType.MANAGED,
        data_source_format=uc.DataSourceFormat.DELTA,
        owner=ME,
        properties={"delta.minReaderVersion": "1", "delta.minWriterVersion": "2"},
        storage_location=f"s3://bucket/{catalog}/{schema}/{name}",
        columns=_columns(_COLUMNS),
    )


def _columns(columns: Sequence[tuple[str, str, str]]) -> list[Any]:
    from databricks.sdk.service import catalog as uc

    return [
        uc.ColumnInfo(
            name=name,
            type_text=text,
            type_json=f'{{"name":"{name}","type":"{word}","nullable":true,"metadata":{{}}}}',
            nullable=True,
            position=position,
        )
        for position, (name, text, word) in enumerate(columns)
    ]


def _view(catalog: str, schema: str, number: int, tables: int) -> Any:
    from databricks.sdk.service import catalog as uc

    return uc.TableInfo(
        catalog_name=catalog,
        schema_name=schema,
        name=f"v{number}",
        table_type=uc.TableType.VIEW,
        owner=ME,
        columns=_columns(_COLUMNS[:3]),
        view_definition=view_text(catalog, schema, number, tables),
    )


def view_text(catalog: str, schema: str, number: int, tables: int) -> str:
    """A view as people write them: a join, an aggregate, names in two and three parts."""
    one, other = number % tables, (number + 1) % tables
    return (
        f"WITH recent AS (SELECT id, customer_id, amount, day FROM {catalog}.{schema}.t{one}"
        " WHERE day >= DATE'2024-01-01' AND note <> 'from prod.s0.t0')\n"
        "SELECT r.customer_id AS id, max(o.name) AS customer_id, -- of the newest\n"
        "  concat('n', CAST(sum(r.amount) AS STRING)) AS name\n"
        f"FROM recent AS r LEFT JOIN `{catalog}`.`{schema}`.`t{other}` AS o ON r.id = o.id\n"
        "GROUP BY r.customer_id HAVING count(*) > 1 ORDER BY 1"
    )
