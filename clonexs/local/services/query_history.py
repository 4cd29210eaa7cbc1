"""``query_history`` of the SDK: statements of warehouses and sessions, newest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.query_log import Entry
from clonexs.local.services.routing import ANYONE, Api, Call

if TYPE_CHECKING:
    from databricks.sdk.service.sql import ListQueriesResponse

api = Api()
routes = api.routes

_PAGE, _MOST = 100, 999
_LOOKED_AT = 10_000
_INDEXED = re.compile(r"filter_by\.(\w+)(?:\[\d*\])?")
_RANGE = "query_start_time_range"
_LISTS = {"statuses", "user_ids", "warehouse_ids", "statement_ids"}


@api.get("/api/2.0/sql/history/queries", sdk="query_history.list", rule=ANYONE)
def list_queries(call: Call) -> ListQueriesResponse:
    """One page of the history; who is no administrator sees the own statements."""
    from databricks.sdk.service.sql import ListQueriesResponse, QueryInfo

    length = min(call.number("max_results") or _PAGE, _MOST)
    if length < 1:
        raise LocalError("INVALID_PARAMETER_VALUE", "max_results must not be negative.")
    wanted = _filters(call)
    skipped = _skipped(call.query("page_token"))
    found = [each for each in _entries(call, wanted) if _matches(call, wanted, each)]
    shown = found[skipped : skipped + length]
    has_next = len(found) > skipped + length
    return ListQueriesResponse(
        res=[QueryInfo.from_dict(_about(call, each)) for each in shown],
        has_next_page=has_next,
        next_page_token=str(skipped + length) if has_next else None,
    )


def _skipped(token: str | None) -> int:
    if not token:
        return 0
    if not token.isdigit():
        raise LocalError("INVALID_PARAMETER_VALUE", "Invalid page token.")
    return int(token)


def _filters(call: Call) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for name, value in call.request.query_params.multi_items():
        if name.startswith(f"filter_by.{_RANGE}."):
            made.setdefault(name.removeprefix("filter_by."), []).append(value)
        elif found := _INDEXED.fullmatch(name):
            if found.group(1) not in _LISTS:
                raise LocalError("INVALID_PARAMETER_VALUE", f"Unknown field: {name}")
            made.setdefault(found.group(1), []).append(value)
    return made


def _entries(call: Call, wanted: dict[str, list[str]]) -> list[Entry]:
    if ids := wanted.get("statement_ids"):
        found = [call.server.queries.find(each) for each in ids]
        return sorted(
            (each for each in found if each is not None),
            key=lambda each: each.started_at,
            reverse=True,
        )
    since = _moment(wanted, "start_time_ms")
    until = _moment(wanted, "end_time_ms")
    return call.server.queries.entries(since=since or 0.0, until=until, limit=_LOOKED_AT)


def _moment(wanted: dict[str, list[str]], name: str) -> float | None:
    given = wanted.get(f"{_RANGE}.{name}")
    if not given:
        return None
    try:
        return int(given[0]) / 1000
    except ValueError:
        raise LocalError("INVALID_PARAMETER_VALUE", f"{name} must be a whole number.") from None


def _matches(call: Call, wanted: dict[str, list[str]], entry: Entry) -> bool:
    if not call.who.is_workspace_admin and entry.principal != call.who.name:
        return False
    tests = {
        "statuses": entry.status,
        "warehouse_ids": _warehouse(entry),
        "user_ids": _user_id(call, entry.principal),
    }
    return all(value in wanted[name] for name, value in tests.items() if name in wanted)


def _warehouse(entry: Entry) -> str:
    way, _, warehouse = entry.client.partition(":")
    return warehouse if way == "warehouse" else ""


def _user_id(call: Call, name: str) -> str:
    found = call.server.catalog.people.find(name)
    return found[2] if found else ""


def _about(call: Call, entry: Entry) -> dict[str, Any]:
    started = int(entry.started_at * 1000)
    ended = None if entry.ended_at is None else int(entry.ended_at * 1000)
    user = _user_id(call, entry.principal)
    warehouse = _warehouse(entry)
    made: dict[str, Any] = {
        "query_id": entry.statement_id,
        "lookup_key": entry.statement_id,
        "query_text": entry.text,
        "statement_type": entry.kind,
        "status": entry.status,
        "is_final": ended is not None,
        "query_start_time_ms": started,
        "user_name": entry.principal,
        "executed_as_user_name": entry.principal,
        "client_application": entry.client.partition(":")[0],
        "query_tags": [_tag(each) for each in entry.tags],
        "error_message": entry.error,
        "rows_produced": entry.rows,
    }
    if user:
        made |= {"user_id": int(user), "executed_as_user_id": int(user)}
    if warehouse:
        made |= {"warehouse_id": warehouse, "endpoint_id": warehouse}
    if ended is not None:
        made |= {
            "query_end_time_ms": ended,
            "execution_end_time_ms": ended,
            "duration": ended - started,
        }
    if call.flag("include_metrics") and ended is not None:
        made["metrics"] = {
            "total_time_ms": ended - started,
            "execution_time_ms": ended - started,
            "rows_produced_count": entry.rows or 0,
        }
    return made


def _tag(text: str) -> dict[str, str]:
    key, separator, value = text.partition("=")
    return {"key": key, "value": value} if separator else {"key": key}
