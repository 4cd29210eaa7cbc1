"""What the engine's process asks: where is the table behind this alias?

The engine believes it talks to a Unity Catalog. It gets to know nothing but the folders of tables
that a statement was allowed to use, under names that nobody can guess.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from clonexs.local.server import Server

PREFIX = "/local/engine"
_UNITY = f"{PREFIX}/api/2.1/unity-catalog"
_ALIASES = "cx"


def routes(server: Server) -> list[Route]:
    """The routes that the engine's process asks."""

    async def table(request: Request) -> Response:
        if not _is_engine(server, request):
            return _refusal(401, "UNAUTHENTICATED")
        catalog, schema, name = [*request.path_params["name"].split("."), "", ""][:3]
        found = server.engine.location(name) if catalog == schema == _ALIASES else None
        return _refusal(404, "TABLE_DOES_NOT_EXIST") if found is None else _table(name, found)

    async def schema(request: Request) -> Response:
        if not _is_engine(server, request):
            return _refusal(401, "UNAUTHENTICATED")
        if request.path_params["name"] != f"{_ALIASES}.{_ALIASES}":
            return _refusal(404, "SCHEMA_DOES_NOT_EXIST")
        return JSONResponse(
            {
                "name": _ALIASES,
                "catalog_name": _ALIASES,
                "full_name": f"{_ALIASES}.{_ALIASES}",
                "schema_id": "00000000-0000-0000-0000-000000000000",
            }
        )

    async def nothing(request: Request) -> Response:
        return _refusal(404, "NOT_FOUND")

    return [
        Route(f"{_UNITY}/tables/{{name}}", table),
        Route(f"{_UNITY}/schemas/{{name}}", schema),
        Route(
            f"{PREFIX}/{{rest:path}}", nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]
        ),
    ]


def _is_engine(server: Server, request: Request) -> bool:
    sent = request.headers.get("authorization", "")
    return secrets.compare_digest(sent.encode(), f"Bearer {server.engine_secret}".encode())


def _table(name: str, location: str) -> Response:
    # EXTERNAL, because the engine would coordinate commits of a managed table with us; no columns,
    # because it then reads them from the Delta log, at whatever version it is asked for.
    return JSONResponse(
        {
            "name": name,
            "catalog_name": _ALIASES,
            "schema_name": _ALIASES,
            "table_type": "EXTERNAL",
            "data_source_format": "DELTA",
            "columns": [],
            "storage_location": location,
            "properties": {},
            "table_id": "00000000-0000-0000-0000-000000000000",
        }
    )


def _refusal(status: int, code: str) -> Response:
    return JSONResponse({"error_code": code, "message": code}, status)
