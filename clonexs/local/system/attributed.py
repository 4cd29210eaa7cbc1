"""``system.billing.attributed_usage``: the usage of warehouses, by the statements that ran on them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clonexs.local.system.build import Ask, Made, day, moment
from clonexs.local.system.identity import CLOUD, account_id, workspace_id
from clonexs.local.system.meter import Slice, slices
from clonexs.local.system.usage import SIMULATED, record_id

_STATEMENTS = (
    "SELECT statement_id, principal, started_at, ended_at, tags FROM queries WHERE client = ?"
    " AND started_at < ? AND ended_at > ?"
)
_DIGITS = Decimal("0.000000000001")


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of a slice that one statement had."""

    found: Slice
    statement: str
    who: str
    start: float
    end: float
    quantity: Decimal
    tags: list[tuple[str, str]]


def attributed_usage(ask: Ask) -> Made:
    """What statements used; what a warehouse used while none ran is nobody's."""
    parts = [part for each in slices(ask.server) for part in _parts(ask, each)]
    return Made(
        len(parts),
        {
            "record_id": [f"{record_id(ask, each.found)}:{each.statement}" for each in parts],
            "usage_metadata": [
                {
                    "dbsql_statement_id": each.statement,
                    "warehouse_id": each.found.metadata["warehouse_id"],
                    "client_application": "Databricks SQL Statement Execution API",
                }
                for each in parts
            ],
            "identity_metadata": [{"executed_by": each.who} for each in parts],
            "start_time": [moment(each.start) for each in parts],
            "end_time": [moment(each.end) for each in parts],
            "usage_date": [day(each.start) for each in parts],
            "usage_unit": [each.found.unit for each in parts],
            "active_usage_quantity": [each.quantity for each in parts],
            "granular_tags": [{"query_tags": each.tags} for each in parts],
            "usage_record_ids": [[record_id(ask, each.found)] for each in parts],
            "account_id": account_id(ask.server),
            "workspace_id": workspace_id(ask.server),
            "sku_name": [each.found.sku for each in parts],
            "cloud": CLOUD,
            "billing_origin_product": [each.found.product for each in parts],
            "custom_tags": [[*each.found.tags.items(), SIMULATED] for each in parts],
        },
    )


def _parts(ask: Ask, found: Slice) -> list[_Part]:
    warehouse = found.metadata.get("warehouse_id")
    if warehouse is None:
        return []
    rows = ask.server.catalog.database.execute(
        _STATEMENTS, (f"warehouse:{warehouse}", found.end, found.start)
    )
    spans = [(max(row[2], found.start), min(row[3], found.end), row) for row in rows]
    work = sum(end - start for start, end, _ in spans)
    busy = _covered([(start, end) for start, end, _ in spans])
    if not work:
        return []
    # Statements that ran side by side share the time that they ran in.
    rate = float(found.quantity) / (found.end - found.start) * busy / work
    return [
        _Part(
            found,
            row[0],
            row[1],
            start,
            end,
            Decimal(repr(rate * (end - start))).quantize(_DIGITS),
            _tags(row[4]),
        )
        for start, end, row in spans
    ]


def _covered(spans: list[tuple[float, float]]) -> float:
    """Seconds in which at least one of them runs."""
    total, last = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, last))
        last = max(last, end)
    return total


def _tags(text: Any) -> list[tuple[str, str]]:
    made = {}
    for tag in json.loads(text or "[]"):
        key, _, value = str(tag).partition("=")
        made[key] = value
    return list(made.items())
