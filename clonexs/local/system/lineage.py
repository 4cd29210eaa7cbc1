"""``system.access.table_lineage`` and ``column_lineage``: who read what into what."""

from __future__ import annotations

import json
from typing import Any

from clonexs.local.system.bounds import where
from clonexs.local.system.build import Ask, Column, Made, day, moment
from clonexs.local.system.identity import account_id, made_id, metastore_id, workspace_id

_COLUMNS = (
    "l.seq, l.at, l.statement_id, l.event_id, l.principal, l.source, l.source_type, l.source_path,"
    " l.target, l.target_type, l.target_path, l.direct, l.entity"
)
_TEXTS = {
    "source_table_full_name": "l.source",
    "target_table_full_name": "l.target",
    "statement_id": "l.statement_id",
    "created_by": "l.principal",
}


def table_lineage(ask: Ask) -> Made:
    """Reads and writes of tables, oldest first."""
    condition, values = where(
        ask.asked, texts=_TEXTS, moments={"event_time": "l.at"}, days={"event_date": "l.at"}
    )
    rows = _select(ask, f"{_COLUMNS} FROM lineage l WHERE {condition} ORDER BY l.seq", values)
    made = _shared(ask, rows)
    made["record_id"] = lambda: [made_id(ask.server, "lineage", row[0]) for row in rows]
    return Made(len(rows), made)


def column_lineage(ask: Ask) -> Made:
    """The same for columns; what has no source column is not in it."""
    condition, values = where(
        ask.asked, texts=_TEXTS, moments={"event_time": "c.at"}, days={"event_date": "c.at"}
    )
    rows = _select(
        ask,
        f"{_COLUMNS}, c.source_column, c.target_column, c.seq FROM column_lineage c"
        f" JOIN lineage l ON l.seq = c.lineage WHERE {condition} ORDER BY c.seq",
        values,
    )
    made = _shared(ask, rows)
    made |= {
        "source_column_name": [row[13] for row in rows],
        "target_column_name": [row[14] for row in rows],
        "record_id": lambda: [made_id(ask.server, "column", row[15]) for row in rows],
    }
    return Made(len(rows), made)


def _select(ask: Ask, text: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    from clonexs.local.system.activity import Activity

    return ask.server.service(Activity).store.select(f"SELECT {text}", values)


def _shared(ask: Ask, rows: list[tuple[Any, ...]]) -> dict[str, Column]:
    entities = [json.loads(row[12] or "{}") for row in rows]
    return {
        "account_id": account_id(ask.server),
        "metastore_id": metastore_id(ask.server),
        "workspace_id": workspace_id(ask.server),
        "entity_type": [each.get("type") for each in entities],
        "entity_id": [each.get("id") for each in entities],
        "entity_run_id": [each.get("run") for each in entities],
        "entity_metadata": lambda: [each.get("metadata") for each in entities],
        **_side("source", [row[5] for row in rows]),
        "source_path": [row[7] for row in rows],
        "source_type": [row[6] for row in rows],
        **_side("target", [row[8] for row in rows]),
        "target_path": [row[10] for row in rows],
        "target_type": [row[9] for row in rows],
        "created_by": [row[4] for row in rows],
        "event_time": lambda: [moment(row[1]) for row in rows],
        "event_date": lambda: [day(row[1]) for row in rows],
        "event_id": [row[3] for row in rows],
        "statement_id": [row[2] for row in rows],
        "direct_access": lambda: [bool(row[11]) for row in rows],
    }


def _side(side: str, names: list[str | None]) -> dict[str, Column]:
    parts = [name.split(".", 2) if name else [None] * 3 for name in names]
    return {
        f"{side}_table_full_name": names,
        f"{side}_table_catalog": [each[0] for each in parts],
        f"{side}_table_schema": [each[1] for each in parts],
        f"{side}_table_name": [each[2] for each in parts],
    }
