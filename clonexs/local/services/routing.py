"""One declaration per route: method, path, SDK name, privilege rule; and what every request passes.

A service module makes ``api = Api()``, decorates its handlers and ends with ``routes = api.routes``:

    @api.get(f"{UC}/catalogs/{{name}}", sdk="catalogs.get", rule=sees("CATALOG", "name"))
    def get_catalog(call: Call) -> CatalogInfo: ...

A plain handler runs in a thread with its body read; an ``async`` one runs in the event loop and reads
``call.request`` itself. It gives an SDK dataclass, plain data, a ``Response``, or ``None`` for ``{}``.
"""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clonexs.local.catalog import Object, Principal
from clonexs.local.catalog.objects import fold
from clonexs.local.errors import LocalError, denied, not_found
from clonexs.local.services import requests
from clonexs.local.services.answers import json_answer
from clonexs.local.services.wire import carried

if TYPE_CHECKING:
    from clonexs.local.server import Server
    from clonexs.local.statements import StatementContext

UC = "/api/2.1/unity-catalog"
# The privilege that lets read the metadata of an object, for refusals.
_READS = {
    "SCHEMA": "USE SCHEMA",
    "TABLE": "SELECT",
    "FUNCTION": "EXECUTE",
    "VOLUME": "READ VOLUME",
    "EXTERNAL_LOCATION": "READ FILES",
    "STORAGE_CREDENTIAL": "READ FILES",
}
_DEPTH = {"CATALOG": 1, "SCHEMA": 2, "TABLE": 3, "FUNCTION": 3, "VOLUME": 3}
_THREADS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="rest")
_T = TypeVar("_T")
Handler = Callable[["Call"], Any]


def unserved(what: str) -> LocalError:
    """The refusal for a part of a request that is not served."""
    return LocalError("NOT_IMPLEMENTED", f"The local workspace does not serve {what}.")


@dataclass(slots=True)
class Call:
    """One request that was let in.

    Attributes:
        server: The server.
        request: The request; its body is read already unless the handler is ``async``.
        who: The caller.
        body: The request's body.
        browse_only: Whether the object is shown to the caller because of BROWSE alone.
    """

    server: Server
    request: Request
    who: Principal
    body: bytes = b""
    browse_only: bool = False
    _found: Object | None = field(default=None)

    @property
    def found(self) -> Object:
        """The object the route is about; only routes whose rule names one have it."""
        assert self._found is not None
        return self._found

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """A query parameter."""
        return self.request.query_params.get(name)

    def needed(self, name: str) -> str:
        """A query parameter that must be there.

        Raises:
            LocalError: if it is missing or empty.
        """
        value = self.query(name)
        if not value:
            raise LocalError("INVALID_PARAMETER_VALUE", f"Missing required field: {name}")
        return value

    def flag(self, name: str) -> bool:
        """A query parameter that is ``true`` or ``false``; absent is ``False``."""
        return requests.flag(name, self.query(name))

    def number(self, name: str) -> int | None:
        """A query parameter that is a whole number."""
        return requests.number(name, self.query(name))

    def json(self) -> dict[str, Any]:
        """The body as a JSON object.

        Raises:
            LocalError: if it is none.
        """
        return requests.json_object(self.body)

    def parse(self, kind: type[_T]) -> _T:
        """The body as a dataclass of the SDK.

        Raises:
            LocalError: naming the field that is unknown or of the wrong type.
        """
        return requests.parse(kind, self.json())

    def arguments(self, method: Callable[..., Any]) -> dict[str, Any]:
        """Path and body as the arguments of an SDK method, for bodies without a dataclass.

        Raises:
            LocalError: naming the field that is unknown, missing or of the wrong type.
        """
        return requests.arguments(method, {**self.json(), **self.request.path_params})

    def page(
        self, items: Iterable[_T], key: Callable[[_T], str], *, cap: int = requests.PAGE
    ) -> tuple[list[_T], str | None]:
        """The page of a sorted list that ``max_results`` and ``page_token`` ask for."""
        return requests.page(
            items, key, size=self.number("max_results"), token=self.query("page_token"), cap=cap
        )

    @property
    def context(self) -> StatementContext:
        """Surroundings of a statement of this caller, for effects that SQL and REST share."""
        from clonexs.local.engine.session import SqlSession
        from clonexs.local.statements import StatementContext

        session = SqlSession(str(uuid.uuid4()), self.who)
        return StatementContext(self.server.catalog, session, self.server.engine)

    def named(self, kind: str, full_name: str) -> Object:
        """An object the caller may know of.

        Raises:
            LocalError: as for an absent one if it is hidden; if the name has the wrong shape.
        """
        catalog = self.server.catalog
        parts = tuple(full_name.split(".")) if kind in _DEPTH else (full_name,)
        if len(parts) != _DEPTH.get(kind, 1):
            raise LocalError("INVALID_PARAMETER_VALUE", f"'{full_name}' is not a valid name.")
        name = ".".join(fold(parts))
        found = catalog.find(kind, name)
        if found is None or not catalog.is_visible(self.who, found):
            raise not_found(kind, name)
        return found

    def see(self, kind: str, full_name: str) -> Object:
        """An object the caller may read the metadata of; ``include_browse`` makes BROWSE enough.

        Raises:
            LocalError: as :meth:`named`; if a privilege is missing, which it names.
        """
        found = self.named(kind, full_name)
        catalog, parents = self.server.catalog, self.server.catalog.parents(found)
        if not catalog.grants.may_read(self.who, found, parents):
            self.browse_only = True
            if not self.flag("include_browse"):
                catalog.grants.require_reach(self.who, found, parents)
                raise denied(_READS.get(kind, "USE CATALOG"), kind, found.full_name)
        return found

    def listed(self, kind: str, parent: str = "") -> Iterator[tuple[Object, bool]]:
        """Objects of a kind, by name, that a list shows to the caller, and whether it may only browse them."""
        catalog = self.server.catalog
        with_browse = self.flag("include_browse")
        for each in catalog.objects(kind, parent):
            parents = catalog.parents(each)
            if catalog.grants.may_read(self.who, each, parents):
                yield each, False
            elif with_browse and catalog.grants.is_visible(self.who, each, parents):
                yield each, True


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may call a route: what people read, and the check, which may look up ``call.found``."""

    text: str
    check: Callable[[Call], Object | None]


def _anyone(_: Call) -> None:
    return None


def _admin(call: Call) -> None:
    if not call.who.is_workspace_admin:
        raise LocalError("PERMISSION_DENIED", "Only workspace administrators can do this.")


def _metastore_admin(call: Call) -> None:
    if not call.who.is_metastore_admin:
        raise denied("MANAGE", "METASTORE", "local")


ANYONE = Rule("every signed-in caller", _anyone)
ADMIN = Rule("workspace administrators", _admin)
METASTORE_ADMIN = Rule("metastore administrators", _metastore_admin)


def checked(text: str) -> Rule:
    """A rule that depends on the body: the handler checks it, ``text`` says what."""
    return Rule(text, _anyone)


def sees(kind: str, name: str) -> Rule:
    """Callers who may know of the object of ``kind`` that the path's part ``name`` names."""
    return Rule(
        f"owner, MANAGE, BROWSE or any privilege on the {kind.lower()}",
        lambda call: call.see(kind, call.path(name)),
    )


def owns(kind: str, name: str) -> Rule:
    """Callers who own or manage the object of ``kind`` that the path's part ``name`` names."""

    def check(call: Call) -> Object:
        found = call.named(kind, call.path(name))
        call.server.catalog.require_owner(call.who, found)
        return found

    return Rule(f"owner or MANAGE on the {kind.lower()}", check)


@dataclass(frozen=True, slots=True)
class Served:
    """One declared route."""

    method: str
    path: str
    sdk: str
    rule: Rule
    handler: Handler
    own_count: bool = False


class Api:
    """The routes of one service module."""

    def __init__(self) -> None:
        self.served: list[Served] = []

    def get(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``GET path``."""
        return self.on("GET", path, sdk=sdk, rule=rule, own_count=own_count)

    def post(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``POST path``."""
        return self.on("POST", path, sdk=sdk, rule=rule, own_count=own_count)

    def patch(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``PATCH path``."""
        return self.on("PATCH", path, sdk=sdk, rule=rule, own_count=own_count)

    def put(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``PUT path``."""
        return self.on("PUT", path, sdk=sdk, rule=rule, own_count=own_count)

    def delete(
        self, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``DELETE path``."""
        return self.on("DELETE", path, sdk=sdk, rule=rule, own_count=own_count)

    def on(
        self, method: str, path: str, *, sdk: str, rule: Rule, own_count: bool = False
    ) -> Callable[[Handler], Handler]:
        """Serve ``method path``.

        Args:
            method: HTTP method.
            path: Path with its parameters in braces.
            sdk: Name of the SDK's method, such as ``catalogs.get``.
            rule: Who may call it.
            own_count: Whether the handler runs or awaits statements, which ``server.statement``
                delays and counts as work itself.
        """

        def keep(handler: Handler) -> Handler:
            self.served.append(Served(method, path, sdk, rule, handler, own_count))
            return handler

        return keep

    def routes(self, server: Server) -> list[Route]:
        """The declared routes, for one server."""
        return [
            Route(each.path, _endpoint(server, each), methods=[each.method]) for each in self.served
        ]


def _endpoint(server: Server, served: Served) -> Callable[[Request], Any]:
    is_async = inspect.iscoroutinefunction(served.handler)

    def admit(request: Request, body: bytes) -> Call:
        who = server.authenticate(request.headers.get("authorization"))
        call = Call(server, request, who, body)
        call._found = served.rule.check(call)
        return call

    def answered(request: Request, body: bytes) -> Response:
        return json_answer(served.handler(admit(request, body)))

    async def run(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        if not is_async:
            body = await requests.read_body(request)
            return await loop.run_in_executor(_THREADS, answered, request, body)
        call = await loop.run_in_executor(_THREADS, admit, request, b"")
        return json_answer(await served.handler(call))

    async def endpoint(request: Request) -> Response:
        return await carried(server, request, run, own_count=served.own_count)

    return endpoint
