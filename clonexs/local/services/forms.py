"""Bodies of the kind that carries files (``multipart/form-data``), as the SDK's uploads send them."""

from __future__ import annotations

import re

from clonexs.local.errors import LocalError

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'[ ;]name="([^"]*)"', re.IGNORECASE)


def parts(content_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a body by their names.

    Raises:
        LocalError: if the body is not what its content type says.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise _malformed()
    mark = b"--" + found.group(1).encode("latin-1")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if len(pieces) < 2 or pieces[-1].strip() != b"--":
        raise _malformed()
    made = {}
    for piece in pieces[1:-1]:
        head, between, content = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if not between or name is None:
            raise _malformed()
        made[name.group(1).decode()] = content
    return made


def _malformed() -> LocalError:
    return LocalError("MALFORMED_REQUEST", "The form in the body of the request is not complete.")
