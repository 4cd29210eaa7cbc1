"""Answers in the platform's shapes: JSON of SDK dataclasses, and errors."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from clonexs.local.errors import LocalError

_LOG = logging.getLogger(__name__)
_JSON = "application/json"
_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_REQUEST_INFO = "type.googleapis.com/google.rpc.RequestInfo"
_SCIM_TYPES = {
    400: "invalidValue",
    401: "unauthenticated",
    403: "forbidden",
    404: "notFound",
    409: "uniqueness",
}
_SCIM = "/api/2.0/preview/scim/"


def json_answer(made: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """What a handler gave, as an answer: an SDK dataclass, plain data, ``None``, or an answer already."""
    if isinstance(made, Response):
        return made
    data = {} if made is None else made
    if hasattr(data, "as_dict"):
        data = data.as_dict()
    return Response(msgspec.json.encode(data), status, headers, media_type=_JSON)


def error_answer(error: Exception, request: Request) -> Response:
    """A refusal in the platform's shape; what is no refusal of ours says only where to look."""
    request_id = str(uuid.uuid4())
    if not isinstance(error, LocalError):
        _LOG.error(
            "request %s failed: %s %s", request_id, request.method, request.url.path, exc_info=error
        )
        error = _unexpected(error, request_id)
    wait = getattr(error, "retry_after", None)
    headers = {} if wait is None else {"Retry-After": str(wait)}
    if request.url.path.startswith(_SCIM):
        return json_answer(_scim(error), error.http_status, headers)
    domain = "unity-catalog" if "/unity-catalog/" in request.url.path else "workspace"
    body = {
        **error.body(),
        "details": [
            {
                "@type": _ERROR_INFO,
                "reason": error.error_code,
                "domain": f"{domain}.databricks.com",
                "metadata": {"error_class": error.error_class, "sql_state": error.sql_state},
            },
            {"@type": _REQUEST_INFO, "request_id": request_id},
        ],
    }
    return json_answer(body, error.http_status, headers)


def _unexpected(error: Exception, request_id: str) -> LocalError:
    from clonexs.local.full_disk import is_full, no_space

    if is_full(error):
        return no_space(getattr(error, "filename", None))
    return LocalError(
        "INTERNAL_ERROR", f"The local workspace failed; its log names request {request_id}."
    )


def _scim(error: LocalError) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "detail": error.message,
        "status": str(error.http_status),
        "scimType": _SCIM_TYPES.get(error.http_status, "serverError"),
    }
