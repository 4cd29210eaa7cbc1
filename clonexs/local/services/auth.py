"""The door of the REST server: what browsers of other sites can send stays out.

Who is asking is told by the token alone, which every route asks for.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from clonexs.local.errors import LocalError
from clonexs.local.services.answers import error_answer

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
# What a page of another site can send without asking the browser for leave.
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
_WITH_BODY = {"POST", "PUT", "PATCH"}
# The SDK uploads notebooks as a form. Its token makes it a request that no browser sends for a page
# of another site without asking first.
_UPLOADS = ("multipart/form-data", "/api/2.0/workspace/import")


class Door:
    """Refuses what no client of ours sends: other hosts, foreign origins, forms."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            try:
                check_door(scope)
            except LocalError as error:
                await error_answer(error, Request(scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def check_door(scope: Scope) -> None:
    """Refuse a request whose Host, Origin or content type a client of this server never sends.

    Raises:
        LocalError: saying what is not accepted.
    """
    headers = Headers(scope=scope)
    address = scope.get("server") or ("", None)
    hosts = {f"{name}:{address[1]}" for name in _LOOPBACK}
    sent = headers.getlist("host")
    if len(sent) != 1 or sent[0].lower() not in hosts:
        raise LocalError("FORBIDDEN_HOST", "This host name is not served here.")
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in {f"http://{host}" for host in hosts}:
        raise LocalError("FORBIDDEN_ORIGIN", "Requests from other sites are not served.")
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        raise LocalError("FORBIDDEN_ORIGIN", "Requests from other sites are not served.")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_upload = (kind, scope["path"]) == _UPLOADS and "authorization" in headers
    if scope["method"] in _WITH_BODY and kind in _FORMS and not is_upload:
        raise LocalError("UNSUPPORTED_MEDIA_TYPE", f"The content type {kind} is not accepted.")
