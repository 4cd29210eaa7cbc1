"""``statement_execution`` of the SDK."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from clonexs.local.errors import LocalError
from clonexs.local.services import requests
from clonexs.local.services.acls import Acls
from clonexs.local.services.result_store import MEDIA_TYPES, Chunk, Result, ResultStore
from clonexs.local.services.result_text import json_rows
from clonexs.local.services.routing import Api, Call, Rule, checked
from clonexs.local.services.statement_runs import Run, Runs
from clonexs.local.services.warehouse_pool import KIND, Warehouses
from clonexs.local.services.wire import carried
from clonexs.local.system.sources import TokenSources

if TYPE_CHECKING:
    from clonexs.local.server import Server

api = Api()

_ALL = "/api/2.0/sql/statements"
_ONE = f"{_ALL}/{{id}}"
_WAIT = re.compile(r"(\d+)s")
_DEFAULT_WAIT = "10s"
_MAX_TEXT = 16 * 1024 * 1024
_MAX_TAGS = 20
_OWN = Rule("who has sent the statement", lambda call: None)


def routes(server: Server) -> list[Route]:
    """The declared routes, and the one behind the links to results, which asks for no credential."""

    async def linked(request: Request) -> Response:
        found = server.service(ResultStore).linked(str(request.path_params["secret"]))
        if found is None:
            raise LocalError("PERMISSION_DENIED", "The link is not valid, or has expired.")
        result, chunk = found
        return StreamingResponse(result.payload(chunk), media_type=MEDIA_TYPES[result.format])

    async def endpoint(request: Request) -> Response:
        return await carried(server, request, linked, own_count=False)

    return [*api.routes(server), Route("/local/results/{secret}", endpoint)]


@api.post(
    _ALL,
    sdk="statement_execution.execute_statement",
    rule=checked("the privileges that the statement needs"),
    own_count=True,
)
async def execute(call: Call) -> dict[str, Any]:
    """Run a statement, and wait for it as long as the caller wants to."""
    call.body = await requests.read_body(call.request)
    run, wait_s, cancels = await asyncio.to_thread(_asked, call)
    await asyncio.to_thread(_runs(call).start, run)
    if wait_s:
        ended = asyncio.wrap_future(run.ended)
        done, _ = await asyncio.wait({ended}, timeout=wait_s)
        if not done and cancels:
            run.cancellation.request()
            await ended
        if run.broken is not None:
            raise run.broken
    else:
        return {"statement_id": run.id, "status": {"state": "PENDING"}}
    return await asyncio.to_thread(_about, call, run)


@api.get(_ONE, sdk="statement_execution.get_statement", rule=_OWN)
def get(call: Call) -> dict[str, Any]:
    """State of a statement, and its result when it has succeeded."""
    return _about(call, _runs(call).get(call.path("id"), call.who))


@api.post(f"{_ONE}/cancel", sdk="statement_execution.cancel_execution", rule=_OWN)
def cancel(call: Call) -> None:
    """Ask a statement to stop."""
    _runs(call).get(call.path("id"), call.who).cancellation.request()


@api.get(
    f"{_ONE}/result/chunks/{{index:int}}",
    sdk="statement_execution.get_statement_result_chunk_n",
    rule=_OWN,
)
def get_chunk(call: Call) -> dict[str, Any]:
    """One chunk of a result."""
    run = _runs(call).get(call.path("id"), call.who)
    if run.result is None:
        raise LocalError("INVALID_STATE", f"The statement {run.id} has no result: {run.state}.")
    index = int(call.path("index"))
    if index >= len(run.result.chunks):
        raise LocalError("INVALID_PARAMETER_VALUE", f"There is no chunk {index}.")
    return _chunk(call, run, run.result, run.result.chunks[index])


def _runs(call: Call) -> Runs:
    return call.server.service(Runs)


def _asked(call: Call) -> tuple[Run, int, bool]:
    """The statement that a request asks for, how long it waits, and whether it ends with the wait."""
    from databricks.sdk.service.sql import StatementExecutionAPI

    given = call.arguments(StatementExecutionAPI.execute_statement)
    text = str(given["statement"])
    if len(text.encode()) > _MAX_TEXT:
        raise LocalError("INVALID_PARAMETER_VALUE", "The statement has more than 16 MiB.")
    warehouse_id = str(given["warehouse_id"])
    links, form = _disposition(given)
    for name in ("row_limit", "byte_limit"):
        if given.get(name) is not None and int(given[name]) < 1:
            raise LocalError("INVALID_PARAMETER_VALUE", f"{name} must be at least 1.")
    run = Run(
        who=call.who,
        text=text,
        warehouse=_warehouse(call, warehouse_id),
        catalog=given.get("catalog", ""),
        schema=given.get("schema", ""),
        parameters=_named(given.get("parameters", [])),
        form=form,
        links=links,
        row_limit=_number(given.get("row_limit")),
        byte_limit=_number(given.get("byte_limit")),
        tags=_tags(given.get("query_tags", [])),
        source=call.server.service(TokenSources).of(call.request.headers.get("authorization")),
    )
    return run, _wait_s(given), given.get("on_wait_timeout") == "CANCEL"


def _warehouse(call: Call, warehouse_id: str) -> Any:
    try:
        found = call.server.service(Warehouses).get(warehouse_id)
    except LocalError:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"'{warehouse_id}' is not the id of a SQL warehouse."
        ) from None
    shown = f"the SQL warehouse '{found.name}'"
    call.server.service(Acls).require(call.who, KIND, found.id, "CAN_USE", shown)
    return found


def _disposition(given: dict[str, Any]) -> tuple[bool, str]:
    links = given.get("disposition", "INLINE") == "EXTERNAL_LINKS"
    form = str(given.get("format", "JSON_ARRAY"))
    if not links and form != "JSON_ARRAY":
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"The format {form} is only supported with the disposition EXTERNAL_LINKS.",
        )
    return links, form


def _wait_s(given: dict[str, Any]) -> int:
    wait = str(given.get("wait_timeout", _DEFAULT_WAIT))
    found = _WAIT.fullmatch(wait)
    seconds = int(found.group(1)) if found else -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"wait_timeout must be 0s, or from 5s to 50s, but is '{wait}'.",
        )
    if seconds == 0 and given.get("on_wait_timeout") == "CANCEL":
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "on_wait_timeout must be CONTINUE when wait_timeout is 0s."
        )
    return seconds


def _named(parameters: list[dict[str, Any]]) -> list[Any]:
    names = [each.get("name") for each in parameters]
    if not all(names):
        raise LocalError("INVALID_PARAMETER_VALUE", "Every parameter must have a name.")
    if len(set(names)) < len(names):
        raise LocalError("INVALID_PARAMETER_VALUE", "Two parameters have the same name.")
    return list(parameters)


def _tags(given: list[dict[str, Any]]) -> tuple[str, ...]:
    pairs = [(each.get("key"), each.get("value")) for each in given[:_MAX_TAGS]]
    return tuple(f"{key}={value}" if value else str(key) for key, value in pairs if key)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _about(call: Call, run: Run) -> dict[str, Any]:
    status: dict[str, Any] = {"state": run.state}
    made: dict[str, Any] = {"statement_id": run.id, "status": status}
    if run.error is not None:
        status |= {"error": run.error, "sql_state": run.sql_state}
    result = run.result
    if run.state == "SUCCEEDED" and result is not None:
        made["manifest"] = result.manifest()
        if result.chunks:
            made["result"] = _chunk(call, run, result, result.chunks[0])
        else:
            made["result"] = {"row_count": 0, "row_offset": 0, "chunk_index": 0}
            made["result"] |= {} if run.links else {"data_array": []}
    return made


def _chunk(call: Call, run: Run, result: Result, chunk: Chunk) -> dict[str, Any]:
    about: dict[str, Any] = dict(chunk.about())
    following = chunk.index + 1
    if following < len(result.chunks):
        path = f"{_ALL}/{run.id}/result/chunks/{following}"
        about |= {"next_chunk_index": following, "next_chunk_internal_link": path}
    if not run.links:
        return {**about, "data_array": json_rows(result.rows(chunk))}
    url, ends = _runs(call).results.link(result, chunk)
    expiration = dt.datetime.fromtimestamp(ends, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return {"external_links": [{**about, "external_link": url, "expiration": f"{expiration}Z"}]}
