"""The open sharing protocol: what holders of a recipient's token read, with any client of it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, not_found
from clonexs.local.services import requests
from clonexs.local.services.answers import json_answer
from clonexs.local.services.recipient_activation import PROTOCOL
from clonexs.local.services.wire import carried
from clonexs.local.sharing import recipients, shares
from clonexs.local.sharing.contents import Entry, entries, entry_of, schemas_of
from clonexs.local.sharing.identity import metastore_id
from clonexs.local.sharing.shareable import invalid
from clonexs.local.sharing.signed import file_of

if TYPE_CHECKING:
    from clonexs.local.server import Server

_BASE = f"{PROTOCOL}/{{metastore}}"
_SHARE = f"{_BASE}/shares/{{share}}"
_TABLE = f"{_SHARE}/schemas/{{schema}}/tables/{{table}}"
_LINES = "application/x-ndjson; charset=utf-8"
_PAGE = 500


class Reading:
    """One request of a recipient that was let in.

    Args:
        server: The server.
        request: The request.
        body: Its body.
        recipient: Who asks.
    """

    def __init__(self, server: Server, request: Request, body: bytes, recipient: Object) -> None:
        self.server, self.request, self.recipient = server, request, recipient
        self.catalog = server.catalog
        self.body = requests.json_object(body)

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    @property
    def share(self) -> Object:
        """The share that the path names, if it is granted to the recipient."""
        name = self.path("share").lower()
        for each in shares.granted_to(self.catalog, self.recipient):
            if each.name == name:
                return each
        raise not_found("SHARE", name)

    @property
    def entry(self) -> Entry:
        """The table that the path names."""
        return entry_of(self.catalog, self.share, self.path("schema"), self.path("table"))

    def page(self, items: Iterable[dict[str, Any]]) -> Response:
        """A page of a list, as ``maxResults`` and ``pageToken`` ask for."""
        query = self.request.query_params
        found, token = requests.page(
            items,
            lambda each: f"{each.get('share', '')}\0{each.get('schema', '')}\0{each['name']}",
            size=requests.number("maxResults", query.get("maxResults")),
            token=query.get("pageToken"),
            cap=_PAGE,
        )
        return json_answer({"items": found, **({"nextPageToken": token} if token else {})})


def lines_answer(lines: Iterable[dict[str, Any]], version: int, form: str) -> Response:
    """Lines of JSON, with the version and the format in the headers."""
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    headers = {
        "Delta-Table-Version": str(version),
        "delta-sharing-capabilities": f"responseformat={form}",
    }
    return Response(text, 200, headers, media_type=_LINES)


def routes(server: Server) -> list[Route]:
    """The routes of the protocol, and of the files that its answers link to."""
    from clonexs.local.services import sharing_tables as tables

    def route(path: str, handler: Callable[[Reading], Response], *methods: str) -> Route:
        return Route(path, _endpoint(server, handler), methods=list(methods or ("GET",)))

    return [
        route(f"{_BASE}/shares", _shares),
        route(_SHARE, _share),
        route(f"{_SHARE}/schemas", _schemas),
        route(f"{_SHARE}/all-tables", _all_tables),
        route(f"{_SHARE}/schemas/{{schema}}/tables", _tables),
        route(f"{_TABLE}/version", tables.version),
        route(_TABLE, tables.version, "HEAD"),
        route(f"{_TABLE}/metadata", tables.metadata),
        route(f"{_TABLE}/query", tables.query, "POST"),
        route(f"{_TABLE}/changes", tables.changes),
        Route(f"{_BASE}/files/{{token}}", _files(server), methods=["GET"]),
    ]


def _endpoint(server: Server, handler: Callable[[Reading], Response]) -> Callable[[Request], Any]:
    def answered(request: Request, body: bytes) -> Response:
        try:
            return handler(Reading(server, request, body, _recipient(server, request)))
        except LocalError as error:
            return _refusal(error)

    async def run(request: Request) -> Response:
        body = await requests.read_body(request)
        return await asyncio.to_thread(answered, request, body)

    async def endpoint(request: Request) -> Response:
        return await carried(server, request, run, own_count=False)

    return endpoint


def _recipient(server: Server, request: Request) -> Object:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise LocalError("UNAUTHENTICATED", "A bearer token is required.")
    address = request.client.host if request.client is not None else ""
    found = recipients.holder(server.catalog, secret.strip(), address)
    if request.path_params["metastore"] != metastore_id(server.catalog):
        raise LocalError("RESOURCE_DOES_NOT_EXIST", "There is no such metastore here.")
    return found


def _refusal(error: LocalError) -> Response:
    body = {"errorCode": error.error_code, "message": error.message}
    return json_answer(body, error.http_status)


def _files(server: Server) -> Callable[[Request], Any]:
    def found(request: Request) -> Response:
        try:
            signature = request.query_params.get("X-Amz-Signature", "")
            path = file_of(server.catalog, request.path_params["token"], signature)
        except LocalError as error:
            return _refusal(error)
        if not path.is_file():
            return _refusal(LocalError("RESOURCE_DOES_NOT_EXIST", "The file is not there."))
        return FileResponse(path, media_type="application/octet-stream")

    async def run(request: Request) -> Response:
        return await asyncio.to_thread(found, request)

    async def endpoint(request: Request) -> Response:
        return await carried(server, request, run, own_count=False)

    return endpoint


# Lists.


def _shares(reading: Reading) -> Response:
    granted = shares.granted_to(reading.catalog, reading.recipient)
    return reading.page({"name": each.name, "id": each.id} for each in granted)


def _share(reading: Reading) -> Response:
    share = reading.share
    return json_answer({"share": {"name": share.name, "id": share.id}})


def _schemas(reading: Reading) -> Response:
    share = reading.share
    names = schemas_of(reading.catalog, share)
    return reading.page({"name": name, "share": share.name} for name in names)


def _all_tables(reading: Reading) -> Response:
    return reading.page(_listed(reading, None))


def _tables(reading: Reading) -> Response:
    schema = reading.path("schema").lower()
    if schema not in schemas_of(reading.catalog, reading.share):
        raise not_found("SCHEMA", f"{reading.path('share')}.{schema}")
    return reading.page(_listed(reading, schema))


def _listed(reading: Reading, schema: str | None) -> list[dict[str, Any]]:
    share = reading.share
    return [
        {
            "name": each.name,
            "schema": each.schema,
            "share": share.name,
            "shareId": share.id,
            "id": each.found.id,
        }
        for each in entries(reading.catalog, share)
        if each.kind != "VOLUME" and schema in {None, each.schema}
    ]


def moment(text: str) -> int:
    """A moment of the protocol, in milliseconds since the epoch.

    Raises:
        LocalError: if it is none.
    """
    try:
        return int(dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)
    except ValueError:
        raise invalid(f"'{text}' is not a timestamp.") from None
