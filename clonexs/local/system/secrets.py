"""What must not be written down: secrets in requests and in statements."""

from __future__ import annotations

import re
from typing import Any

REDACTED = "[REDACTED]"
_SECRET = re.compile(
    r"passw|pwd|secret(?!_scope|s?_acl)|token|private_?key|access_?key|api_?key|authorization"
    r"|credential_?value|string_value|bytes_value|connection_?string|sas_|bearer|client_assertion"
    r"|\bcontents?\b|certificate|signature",
    re.IGNORECASE,
)
# Names that look like one and are none.
_HARMLESS = re.compile(
    r"page_token|token_id|tokens?_lifetime|lifetime_seconds|max_token|secret_id|idempotency_token",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"\s*(?:CREATE|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:FOREIGN\s+)?"
    r"(?:CONNECTION|SERVER|STORAGE\s+CREDENTIAL|SERVICE\s+CREDENTIAL|CREDENTIAL|CATALOG|SECRET)\b",
    re.IGNORECASE,
)
_LITERAL = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*\"""", re.DOTALL)


def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return bool(_SECRET.search(name)) and not _HARMLESS.search(name)


def redacted(value: Any, name: str = "") -> Any:
    """A value as it may be written down, with what is inside it."""
    if name and is_secret(name) and value not in (None, "", [], {}):
        return REDACTED
    if isinstance(value, dict):
        return {key: redacted(each, str(key)) for key, each in value.items()}
    if isinstance(value, list):
        return [redacted(each) for each in value]
    return value


def redacted_statement(text: str) -> str:
    """A statement as it may be written down: a connection's options lose their secrets."""
    if not _STATEMENT.match(text):
        return text
    made, position, name = [], 0, ""
    for found in _LITERAL.finditer(text):
        gap = text[position : found.start()]
        name = _name(gap) or name
        made.append(gap)
        is_value = bool(name) and is_secret(name)
        made.append(f"'{REDACTED}'" if is_value else found.group())
        # In `OPTIONS ('password' 'x')` the name of an option is a literal of its own.
        name = "" if is_value else found.group()[1:-1]
        position = found.end()
    return "".join([*made, text[position:]])


def _name(gap: str) -> str:
    words = re.findall(r"[\w.]+", gap)
    return words[-1] if words else ""
