"""One request that was let in: who asks, what for, and which objects they may see."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request

from clonexs.local.catalog import Object, Principal
from clonexs.local.catalog.objects import fold
from clonexs.local.errors import LocalError, denied, not_found
from clonexs.local.information_schema.listed import find_listed
from clonexs.local.services import requests

if TYPE_CHECKING:
    from clonexs.local.server import Server
    from clonexs.local.statements import StatementContext

# The privilege that lets read the metadata of an object, for refusals.
_READS = {
    "SCHEMA": "USE SCHEMA",
    "TABLE": "SELECT",
    "FUNCTION": "EXECUTE",
    "VOLUME": "READ VOLUME",
    "MODEL": "EXECUTE",
    "EXTERNAL_LOCATION": "READ FILES",
    "STORAGE_CREDENTIAL": "READ FILES",
    "CONNECTION": "USE CONNECTION",
}
_DEPTH = {"CATALOG": 1, "SCHEMA": 2, "TABLE": 3, "FUNCTION": 3, "VOLUME": 3, "MODEL": 3}
_T = TypeVar("_T")


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
        target: The object that the route's rule looked up; read it as :attr:`found`.
        browse_only: Whether the object is shown to the caller because of BROWSE alone.
    """

    server: Server
    request: Request
    who: Principal
    body: bytes = b""
    browse_only: bool = False
    target: Object | None = None

    @property
    def found(self) -> Object:
        """The object the route is about; only routes whose rule names one have it."""
        assert self.target is not None
        return self.target

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
        found = find_listed(catalog, kind, name)
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
