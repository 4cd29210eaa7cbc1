"""``system.billing.list_prices``: what a unit of each SKU costs, from a file that may be edited.

The file ``list_prices.json`` in the workspace's folder is written at the first read. An entry has
``sku_name``, ``usage_unit``, ``currency_code``, ``price`` (text, so that no digit is lost),
``starts`` and, when another price follows it, ``ends`` (days).
"""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.system.build import Ask, Made
from clonexs.local.system.identity import CLOUD, account_id

_LOG = logging.getLogger(__name__)
SQL_SKUS = {
    "SERVERLESS": "PREMIUM_SERVERLESS_SQL_COMPUTE_LOCAL",
    "PRO": "PREMIUM_SQL_PRO_COMPUTE_LOCAL",
    "CLASSIC": "PREMIUM_SQL_COMPUTE_LOCAL",
}
JOBS_SKU, STORAGE_SKU = "PREMIUM_JOBS_SERVERLESS_COMPUTE_LOCAL", "PREMIUM_STORAGE_LOCAL"
_DEFAULTS = {
    SQL_SKUS["SERVERLESS"]: ("DBU", "0.70"),
    SQL_SKUS["PRO"]: ("DBU", "0.55"),
    SQL_SKUS["CLASSIC"]: ("DBU", "0.22"),
    JOBS_SKU: ("DBU", "0.35"),
    STORAGE_SKU: ("GB-month", "0.023"),
}
_FIRST_DAY = "2020-01-01"
_MICROS = 1_000_000


def list_prices(ask: Ask) -> Made:
    """Every price with the time it is or was in force."""
    found = _entries(ask.server.folder.root / "list_prices.json")
    return Made(
        len(found),
        {
            "account_id": account_id(ask.server),
            "price_start_time": [_moment(each["starts"]) for each in found],
            "price_end_time": [_moment(each.get("ends")) for each in found],
            "sku_name": [str(each["sku_name"]) for each in found],
            "cloud": CLOUD,
            "currency_code": [str(each["currency_code"]) for each in found],
            "usage_unit": [str(each["usage_unit"]) for each in found],
            "pricing": [_pricing(Decimal(str(each["price"]))) for each in found],
        },
    )


def _entries(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        _write(path)
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        for each in found:
            _check(each)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, InvalidOperation) as error:
        _LOG.warning("the list of prices cannot be read: %s", error)
        raise LocalError(
            "INVALID_STATE",
            f"The list of prices {path.name} in the workspace's folder is not valid.",
        ) from error
    return found


def _check(entry: dict[str, Any]) -> None:
    for name in ("sku_name", "usage_unit", "currency_code"):
        if not isinstance(entry[name], str):
            raise TypeError(name)
    if not Decimal(str(entry["price"])).is_finite():
        raise ValueError("price")
    _moment(entry["starts"])
    _moment(entry.get("ends"))


def _write(path: Path) -> None:
    made = [
        {
            "sku_name": name,
            "usage_unit": unit,
            "currency_code": "USD",
            "price": price,
            "starts": _FIRST_DAY,
        }
        for name, (unit, price) in _DEFAULTS.items()
    ]
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(made, file, indent=2)


def _pricing(price: Decimal) -> dict[str, Any]:
    return {
        "default": price,
        "promotional": {"default": price},
        "effective_list": {"default": price},
    }


def _moment(day: str | None) -> int | None:
    if day is None:
        return None
    found = date.fromisoformat(day)
    return int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp()) * _MICROS
