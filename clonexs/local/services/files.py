"""``files`` of the SDK: files and directories of volumes."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING

from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import Response, StreamingResponse

from clonexs.local.catalog.objects import fold
from clonexs.local.errors import LocalError, not_found
from clonexs.local.services.requests import page
from clonexs.local.services.routing import Api, Call, Rule
from clonexs.local.services.volume_files import Place
from clonexs.local.sharing.inbound import inbound_of
from clonexs.local.sharing.readonly import refuse_change

if TYPE_CHECKING:
    from databricks.sdk.service.files import ListDirectoryResponse

api = Api()
routes = api.routes


class _AnyPath(Convertor[str]):
    # The framework's own stops at a line break, which a file's name may hold.
    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any_path", _AnyPath())
_FILES = "/api/2.0/fs/files/{path:any_path}"
_DIRECTORIES = "/api/2.0/fs/directories/{path:any_path}"
_PAGE = 1000
_BLOCK = 1024 * 1024
_VOLUME_DEPTH = 4
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_READS = Rule("READ VOLUME", lambda call: None)
_WRITES = Rule("WRITE VOLUME", lambda call: None)


@api.on("HEAD", _FILES, sdk="files.get_metadata", rule=_READS)
def get_metadata(call: Call) -> Response:
    """Size and age of a file."""
    handle, found = _place(call, "READ VOLUME").open()
    os.close(handle)
    return Response(headers=_headers(found, found.st_size))


@api.get(_FILES, sdk="files.download", rule=_READS)
def download(call: Call) -> Response:
    """The bytes of a file, or a stretch of them."""
    handle, found = _place(call, "READ VOLUME").open()
    try:
        _check_unmodified(call, found)
        stretch = _stretch(call.request.headers.get("range"), found.st_size)
    except BaseException:
        os.close(handle)
        raise
    start, end = stretch or (0, found.st_size)
    headers = _headers(found, end - start)
    if stretch is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{found.st_size}"
    return StreamingResponse(
        _blocks(handle, start, end), 206 if stretch is not None else 200, headers
    )


@api.put(_FILES, sdk="files.upload", rule=_WRITES)
async def upload(call: Call) -> Response:
    """Write a file; it appears whole, or not at all."""
    place = await asyncio.to_thread(_place, call, "WRITE VOLUME")
    overwrite = call.query("overwrite") is None or call.flag("overwrite")
    writing = place.writing(overwrite=overwrite)
    handle = await asyncio.to_thread(writing.__enter__)
    try:
        async for block in _gathered(call.request.stream()):
            await asyncio.to_thread(_write, handle, block)
    except BaseException as error:
        await asyncio.to_thread(writing.__exit__, type(error), error, error.__traceback__)
        raise
    await asyncio.to_thread(writing.__exit__, None, None, None)
    return Response(status_code=204)


@api.delete(_FILES, sdk="files.delete", rule=_WRITES)
def delete(call: Call) -> Response:
    """Remove a file."""
    _place(call, "WRITE VOLUME").remove()
    return Response(status_code=204)


@api.on("HEAD", _DIRECTORIES, sdk="files.get_directory_metadata", rule=_READS)
def get_directory_metadata(call: Call) -> Response:
    """Whether there is a directory."""
    _place(call, "READ VOLUME").check_directory()
    return Response()


@api.get(_DIRECTORIES, sdk="files.list_directory_contents", rule=_READS)
def list_directory_contents(call: Call) -> ListDirectoryResponse:
    """What is in a directory."""
    from databricks.sdk.service.files import DirectoryEntry, ListDirectoryResponse

    place = _place(call, "READ VOLUME")
    found, token = page(
        place.entries(),
        lambda entry: entry.name,
        size=call.number("page_size"),
        token=call.query("page_token"),
        cap=_PAGE,
    )
    made = [
        DirectoryEntry(
            path=f"{place.shown}/{each.name}",
            name=each.name,
            is_directory=each.is_directory,
            file_size=None if each.is_directory else each.size,
            last_modified=each.modified_ms,
        )
        for each in found
    ]
    return ListDirectoryResponse(contents=made, next_page_token=token)


@api.put(_DIRECTORIES, sdk="files.create_directory", rule=_WRITES)
def create_directory(call: Call) -> Response:
    """Make a directory and those above it."""
    _place(call, "WRITE VOLUME").make_directory()
    return Response(status_code=204)


@api.delete(_DIRECTORIES, sdk="files.delete_directory", rule=_WRITES)
def delete_directory(call: Call) -> Response:
    """Remove an empty directory."""
    _place(call, "WRITE VOLUME").remove_directory()
    return Response(status_code=204)


def _place(call: Call, privilege: str) -> Place:
    """The place that a path names, in a volume on which the caller has a privilege.

    Raises:
        LocalError: if it is no such path, or leaves its volume.
    """
    given = call.path("path")
    parts = given.rstrip("/").split("/")
    if parts[0] != "Volumes" or len(parts) < _VOLUME_DEPTH:
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            f"Invalid path '/{given}': it must be /Volumes/<catalog>/<schema>/<volume>/….",
        )
    inner = tuple(parts[_VOLUME_DEPTH:])
    if any(part in {"", ".", ".."} or "\0" in part for part in inner):
        raise LocalError("INVALID_PARAMETER_VALUE", f"Invalid path '/{given}'.")
    catalog = call.server.catalog
    name = ".".join(fold(parts[1:_VOLUME_DEPTH]))
    volume = catalog.find("VOLUME", name)
    if volume is None or not catalog.is_visible(call.who, volume):
        raise not_found("VOLUME", name)
    catalog.require(call.who, privilege, volume)
    if privilege == "WRITE VOLUME":
        refuse_change(volume)
    root = inbound_of(catalog).volume_folder(volume)
    return Place(root, inner, "/" + "/".join(parts))


def _headers(found: os.stat_result, length: int) -> dict[str, str]:
    return {
        "content-length": str(length),
        "content-type": "application/octet-stream",
        "last-modified": formatdate(found.st_mtime, usegmt=True),
        "accept-ranges": "bytes",
    }


def _check_unmodified(call: Call, found: os.stat_result) -> None:
    since = call.request.headers.get("if-unmodified-since")
    if since is None:
        return
    try:
        limit = parsedate_to_datetime(since).timestamp()
    except ValueError:
        return
    if int(found.st_mtime) > limit:
        error = LocalError("PRECONDITION_FAILED", "The file has changed since.")
        error.http_status = 412
        raise error


def _stretch(text: str | None, size: int) -> tuple[int, int] | None:
    """Start and end of the bytes that a ``Range`` asks for; ``None`` for all of them."""
    found = _RANGE.fullmatch(text.strip()) if text else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last) + 1 if last else size, size)
    else:
        start, end = max(0, size - int(last)), size
    if start >= end:
        error = LocalError("RANGE_NOT_SATISFIABLE", f"The file has {size} bytes.")
        error.http_status = 416
        raise error
    return start, end


def _blocks(handle: int, start: int, end: int) -> Iterator[bytes]:
    with os.fdopen(handle, "rb", buffering=0) as file:
        file.seek(start)
        left = end - start
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


async def _gathered(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    made = bytearray()
    async for part in stream:
        made += part
        if len(made) >= _BLOCK:
            yield bytes(made)
            made.clear()
    if made:
        yield bytes(made)


def _write(handle: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(handle, view) :]
