"""Messages between a browser and a page: envelopes, errors, frames.

Version 1. Every message is ``{v, t, id?, re?, client?, inst?}`` and what its type adds. A reply
names its question in ``re`` and its tab in ``client``. Replies above 64 kB travel as one gzip
buffer; data travels in frames of at most 1 MB.
"""

from __future__ import annotations

import base64
import gzip
import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from clonexs.widgets.state import Json

_LOG = logging.getLogger(__name__)
VERSION = 1
LARGE = 64 << 10
FRAME = 1_000_000

Message: TypeAlias = dict[str, Json]
Send: TypeAlias = Callable[[Message, Sequence[bytes]], None]


@dataclass(frozen=True, slots=True)
class Packet:
    """A message with its binary buffers."""

    message: Message
    buffers: tuple[bytes, ...] = ()

    def as_text(self) -> Packet:
        """The same packet for a host that drops binary buffers."""
        if not self.buffers:
            return self
        texts: list[Json] = [base64.b64encode(buffer).decode() for buffer in self.buffers]
        return Packet({**self.message, "b64": texts})


def envelope(
    kind: str, content: Mapping[str, Json], *, re: str | None = None, client: str | None = None
) -> Message:
    """Build a message of type ``kind``; absent links are left out."""
    message: Message = {"v": VERSION, "t": kind}
    if re is not None:
        message["re"] = re
    if client is not None:
        message["client"] = client
    message.update(content)
    return message


def packed(message: Message) -> Packet:
    """The message as it is, or as one gzip buffer when it is large."""
    text = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) <= LARGE:
        return Packet(message)
    outer: Message = {"t": "gzip"}
    outer |= {key: message[key] for key in ("v", "re", "client", "inst") if key in message}
    return Packet(outer, (gzip.compress(text, 5),))


def frames(
    payload: bytes, *, ref: str, re: str, client: str, inst: str, **content: Json
) -> Iterator[Packet]:
    """Cut ``payload`` into numbered frames of at most 1 MB."""
    pieces = [payload[at : at + FRAME] for at in range(0, len(payload), FRAME)] or [b""]
    for seq, piece in enumerate(pieces):
        last = seq == len(pieces) - 1
        part: Message = {"inst": inst, "ref": ref, "seq": seq, "last": last}
        message = envelope("data", part | content if last else part, re=re, client=client)
        yield Packet(message, (piece,))


def error_content(error: BaseException) -> dict[str, Json]:
    """What a browser is told of a failure: never a traceback.

    The trace id stands in the log beside the traceback.
    """
    from clonexs.workspace.explain import explain

    trace = secrets.token_hex(4)
    explained = explain(error)
    unexpected = explained.code == "INTERNAL"
    _LOG.log(
        logging.ERROR if unexpected else logging.INFO,
        "page action failed [%s] %s",
        trace,
        explained.message,
        exc_info=error if unexpected else None,
    )
    content: dict[str, Json] = {
        "code": explained.code,
        "message": explained.message,
        "retryable": explained.retryable,
        "trace": trace,
    }
    for name in ("object", "hint", "details"):
        if value := getattr(explained, name):
            content[name] = str(value)
    if explained.fields:
        content["fields"] = dict(explained.fields)
    return content


def text_of(message: Mapping[str, Json], key: str) -> str:
    """The text at ``key`` of a message from the browser; empty when it is absent or no text."""
    value = message.get(key)
    return value if isinstance(value, str) else ""


def mapping_of(message: Mapping[str, Json], key: str) -> dict[str, Json]:
    """The object at ``key`` of a message from the browser; empty when it is absent or none."""
    value = message.get(key)
    return value if isinstance(value, dict) else {}
