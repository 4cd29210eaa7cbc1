"""Results behind links: fetched without our credential, and given the types of the manifest."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import pyarrow as pa
    from databricks.sdk.service.sql import ExternalLink, ResultData

_TIMEOUT_S = 60
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class LinkFailed(Exception):
    """The storage behind a link cannot be reached from here."""


def download(link: ExternalLink, again: Callable[[], ResultData]) -> bytes:
    """The bytes behind a link.

    Args:
        link: The link.
        again: Asks for the same chunk again, when the link has expired.

    Raises:
        LinkFailed: if it cannot be fetched.
    """
    try:
        return _fetched(link)
    except urllib.error.HTTPError:
        fresh = again().external_links or []
        if not fresh:
            raise LinkFailed("the workspace gives no fresh link") from None
    except OSError as error:
        raise LinkFailed(type(error).__name__) from None
    try:
        return _fetched(fresh[0])
    except OSError as error:
        raise LinkFailed(type(error).__name__) from None


def _fetched(link: ExternalLink) -> bytes:
    # Without the Authorization header: the link carries its own right to read. No error of it may
    # be shown either, since the address is the right.
    url = link.external_link or ""
    request = urllib.request.Request(url, headers=dict(link.http_headers or {}))
    handlers = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in _LOOPBACK else []
    with urllib.request.build_opener(*handlers).open(request, timeout=_TIMEOUT_S) as answer:
        body: bytes = answer.read()
    return body


def typed_columns(table: pa.Table, columns: Sequence[tuple[str, str]]) -> pa.Table:
    """Rows with the types that the manifest names, where Arrow carries them as text.

    Args:
        table: The rows.
        columns: ``(name, type text)`` of each column.
    """
    import pyarrow as pa

    from clonexs.workspace.json_rows import arrow_type, day_interval

    for index, (name, text) in enumerate(columns):
        column, wanted = table.column(index), arrow_type(text)
        if pa.types.is_duration(wanted) and pa.types.is_string(column.type):
            values = [None if v is None else day_interval(v) for v in column.to_pylist()]
            table = table.set_column(index, name, pa.array(values, wanted))
    return table
