"""``query_history`` of the SDK: statements of warehouses and sessions, newest first."""

from __future__ import annotations

import base64
import itertools
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError
from clonexs.local.query_log import Entry
from clonexs.local.services.routing import ANYONE, Api, Call
from clonexs.local.services.statement_runs import Runs

if TYPE_CHECKING:
    from databricks.sdk.service.sql import ListQueriesResponse

api = Api()
routes = api.routes

_PAGE, _MOST, _BATCH = 100, 999, 1000
_INDEXED = re.compile(r"filter_by\.(\w+)(?:\[\d*\])?")
_RANGE = "query_start_time_range"
_LISTS = {"statuses", "user_ids", "warehouse_ids", "statement_ids"}
_STATUSES = {"QUEUED", "STARTED", "COMPILING", "COMPILED", "RUNNING"} | {
    "FINISHED",
    "FAILED",
    "CANCELED",
}
# The words of statements that the platform's list of types has under another one, or not.
_TYPES = {"WITH": "SELECT", "VALUES": "SELECT", "TABLE": "SELECT", "DESC": "DESCRIBE"}
_Position = tuple[float, str]


@api.get("/api/2.0/sql/history/queries", sdk="query_history.list", rule=ANYONE)
def list_queries(call: Call) -> ListQueriesResponse:
    """One page of the history; who is no administrator sees the own statements."""
    from databricks.sdk.service.sql import ListQueriesResponse, QueryInfo

    length = min(call.number("max_results") or _PAGE, _MOST)
    if length < 1:
        raise LocalError("INVALID_PARAMETER_VALUE", "max_results must not be negative.")
    wanted = _filters(call)
    after = _position(call.query("page_token"))
    found = list(itertools.islice(_newest_first(call, wanted, after), length + 1))
    shown, has_next = found[:length], len(found) > length
    return ListQueriesResponse(
        res=[QueryInfo.from_dict(_about(call, each)) for each in shown],
        has_next_page=has_next,
        next_page_token=_token(shown[-1]) if has_next else None,
    )


def _newest_first(
    call: Call, wanted: dict[str, list[str]], after: _Position | None
) -> Iterator[Entry]:
    """The statements that are asked for, from a position on, which others that come do not shift."""
    for entry in _entries(call, wanted, after):
        if (after is None or _place(entry) < after) and _matches(call, wanted, entry):
            yield entry


def _entries(call: Call, wanted: dict[str, list[str]], after: _Position | None) -> Iterator[Entry]:
    if ids := wanted.get("statement_ids"):
        known = [call.server.queries.find(each) for each in dict.fromkeys(ids)]
        yield from sorted((each for each in known if each is not None), key=_place, reverse=True)
        return
    since = _moment(wanted, "start_time_ms") or 0.0
    until = _moment(wanted, "end_time_ms")
    until = math.inf if until is None else until
    if after is not None:
        until = min(until, math.nextafter(after[0], math.inf))
    yield from sorted(_queued(call, since, until), key=_place, reverse=True)
    seen: set[str] = set()
    while True:
        batch = call.server.queries.entries(since=since, until=until, limit=_BATCH)
        fresh = [each for each in batch if each.statement_id not in seen]
        yield from sorted(fresh, key=_place, reverse=True)
        if len(batch) < _BATCH or not fresh:
            return
        # Those of the last moment may go on in the next batch.
        seen = {each.statement_id for each in batch if each.started_at == batch[-1].started_at}
        until = math.nextafter(batch[-1].started_at, math.inf)


def _queued(call: Call, since: float, until: float) -> list[Entry]:
    """Statements that wait for their warehouse to start."""
    return [
        Entry(
            statement_id=run.id,
            principal=run.who.name,
            text=run.text,
            kind=run.text.split(None, 1)[0].upper().lstrip("("),
            status="QUEUED",
            started_at=run.sent_at,
            tags=run.tags,
            client=f"warehouse:{run.warehouse.id}",
        )
        for run in call.server.service(Runs).waiting()
        if since <= run.sent_at < until
    ]


def _place(entry: Entry) -> _Position:
    return entry.started_at, entry.statement_id


def _token(entry: Entry) -> str:
    text = f"{entry.started_at!r} {entry.statement_id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _position(token: str | None) -> _Position | None:
    if not token:
        return None
    try:
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
        moment, _, statement_id = text.partition(" ")
        return float(moment), statement_id
    except ValueError:
        raise LocalError("INVALID_PARAMETER_VALUE", "Invalid page token.") from None


def _filters(call: Call) -> dict[str, list[str]]:
    made: dict[str, list[str]] = {}
    for name, value in call.request.query_params.multi_items():
        if name.startswith(f"filter_by.{_RANGE}."):
            made.setdefault(name.removeprefix("filter_by."), []).append(value)
        elif found := _INDEXED.fullmatch(name):
            if found.group(1) not in _LISTS:
                raise LocalError("INVALID_PARAMETER_VALUE", f"Unknown field: {name}")
            made.setdefault(found.group(1), []).append(value)
    unknown = set(made.get("statuses", ())) - _STATUSES
    if unknown:
        raise LocalError("INVALID_PARAMETER_VALUE", f"Unknown status: {', '.join(unknown)}")
    return made


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
        "statement_type": _type(entry.kind),
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


def _type(kind: str) -> str:
    from databricks.sdk.service.sql import QueryStatementType

    word = _TYPES.get(kind, kind)
    return word if word in QueryStatementType.__members__ else "OTHER"


def _tag(text: str) -> dict[str, str]:
    key, separator, value = text.partition("=")
    return {"key": key, "value": value} if separator else {"key": key}
