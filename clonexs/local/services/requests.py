"""What requests carry, checked: bodies against the SDK's dataclasses, query parameters, pages."""

from __future__ import annotations

import base64
import dataclasses
import enum
import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from clonexs.local.errors import LocalError

MAX_BODY = 32 * 1024 * 1024
PAGE = 500
_T = TypeVar("_T")


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The whole body of a request.

    Raises:
        LocalError: as soon as it is larger than ``limit`` bytes.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    made = bytearray()
    async for part in request.stream():
        made += part
        if len(made) > limit:
            raise _too_large(limit)
    return bytes(made)


def json_object(body: bytes) -> dict[str, Any]:
    """A body as a JSON object; an empty one is ``{}``.

    Raises:
        LocalError: if it is no JSON object.
    """
    if not body.strip():
        return {}
    try:
        made = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LocalError(
            "MALFORMED_REQUEST", "Invalid JSON given in the body of the request."
        ) from error
    if not isinstance(made, dict):
        raise LocalError("MALFORMED_REQUEST", "The body of the request must be a JSON object.")
    return made


def flag(name: str, value: str | None) -> bool:
    """A query parameter that is ``true`` or ``false``; absent is ``False``."""
    if value is None:
        return False
    if value.lower() not in {"true", "false"}:
        raise LocalError("INVALID_PARAMETER_VALUE", f"{name} must be true or false.")
    return value.lower() == "true"


def number(name: str, value: str | None) -> int | None:
    """A query parameter that is a whole number."""
    if value is None:
        return None
    try:
        return int(value)
    except ValueError:
        raise LocalError("INVALID_PARAMETER_VALUE", f"{name} must be a whole number.") from None


# Bodies.


def arguments(method: Callable[..., Any], data: dict[str, Any]) -> dict[str, Any]:
    """Data as the arguments of an SDK method, for bodies that the SDK has no dataclass for.

    Args:
        method: The method, such as ``CatalogsAPI.create``.
        data: What the request carries, by the names of the method's parameters.

    Raises:
        LocalError: naming the field that is unknown, missing or of the wrong type.
    """
    given = {name: value for name, value in data.items() if value is not None}
    known, needed = _signature(method)
    for name, value in given.items():
        if name not in known:
            raise LocalError("INVALID_PARAMETER_VALUE", f"Unknown field: {name}")
        _check(known[name], value, name)
    for name in needed:
        if given.get(name) in (None, ""):
            raise LocalError("INVALID_PARAMETER_VALUE", f"Missing required field: {name}")
    return given


@functools.lru_cache(maxsize=512)
def _signature(method: Callable[..., Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    hints = {n: h for n, h in typing.get_type_hints(method).items() if n != "return"}
    given = inspect.signature(method).parameters
    needed = tuple(n for n in hints if given[n].default is inspect.Parameter.empty)
    return hints, needed


def parse(kind: type[_T], data: dict[str, Any]) -> _T:
    """Data as a dataclass of the SDK.

    Raises:
        LocalError: naming the field that is unknown or of the wrong type.
    """
    _check_fields(kind, data, "")
    made: _T = kind.from_dict(data)  # type: ignore[attr-defined]  # every SDK dataclass has it
    return made


@functools.lru_cache(maxsize=512)
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _check_fields(kind: type, data: dict[str, Any], place: str) -> None:
    hints = _hints(kind)
    for name, value in data.items():
        if name not in hints:
            raise LocalError("INVALID_PARAMETER_VALUE", f"Unknown field: {place}{name}")
        if value is not None:
            _check(hints[name], value, f"{place}{name}")


def _check(kind: Any, value: Any, place: str) -> None:
    origin = typing.get_origin(kind)
    if origin in {typing.Union, types.UnionType}:
        inner = [each for each in typing.get_args(kind) if each is not type(None)]
        return _check(inner[0], value, place) if len(inner) == 1 else None
    if origin is list:
        _expect(value, list, place, "a list")
        for index, each in enumerate(value):
            _check(typing.get_args(kind)[0], each, f"{place}[{index}]")
    elif origin is dict:
        _expect(value, dict, place, "an object")
        for name, each in value.items():
            _check(typing.get_args(kind)[1], each, f"{place}.{name}")
    elif isinstance(kind, type) and dataclasses.is_dataclass(kind):
        _expect(value, dict, place, "an object")
        _check_fields(kind, value, f"{place}.")
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        known = [each.value for each in kind]
        if value not in known:
            raise LocalError(
                "INVALID_PARAMETER_VALUE",
                f"{place} must be one of {', '.join(map(str, known))}, not {value!r}.",
            )
    else:
        _check_plain(kind, value, place)
    return None


def _check_plain(kind: Any, value: Any, place: str) -> None:
    if kind is bool:
        _expect(value, bool, place, "true or false")
    elif kind is str:
        _expect(value, str, place, "text")
    elif kind is int and (isinstance(value, bool) or not isinstance(value, int)):
        # 64-bit numbers may come as text.
        if not (isinstance(value, str) and value.lstrip("-").isdigit()):
            _expect(value, type(None), place, "a whole number")
    elif kind is float and (isinstance(value, bool) or not isinstance(value, int | float)):
        _expect(value, type(None), place, "a number")


def _expect(value: Any, kind: type, place: str, word: str) -> None:
    if not isinstance(value, kind):
        raise LocalError(
            "MALFORMED_REQUEST", f"Could not parse request object: {place} must be {word}."
        )


# Pages.


def page(
    items: Iterable[_T],
    key: Callable[[_T], str],
    *,
    size: int | None,
    token: str | None,
    cap: int = PAGE,
) -> tuple[list[_T], str | None]:
    """One page of a list that is sorted by ``key``, and the token of the next one.

    The token holds the last key, so that objects which come and go between two pages shift nothing.

    Args:
        items: Everything there is to list.
        key: What the list is sorted by; no two items share it.
        size: What the caller asked for; 0 and ``None`` mean the server's own size.
        token: Where the page before this one ended.
        cap: The server's own size.

    Raises:
        LocalError: if ``size`` is negative or the token was not made here.
    """
    if size is not None and size < 0:
        raise LocalError("INVALID_PARAMETER_VALUE", "max_results must not be negative.")
    length = min(size or cap, cap)
    after = _position(token) if token else None
    made: list[_T] = []
    for each in items:
        if after is not None and key(each) <= after:
            continue
        if len(made) == length:
            return made, base64.urlsafe_b64encode(key(made[-1]).encode()).decode()
        made.append(each)
    return made, None


def _position(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except ValueError:
        raise LocalError("INVALID_PARAMETER_VALUE", "Invalid page token.") from None


def _too_large(limit: int) -> LocalError:
    return LocalError(
        "REQUEST_TOO_LARGE", f"The body of a request may have at most {limit // 1024 // 1024} MiB."
    )
