"""What a statement does, by the words it begins with: which object, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from clonexs.local.errors import LocalError
from clonexs.local.statements.grammar import Cursor

_KINDS = (
    (("STREAMING", "TABLE"), "TABLE"),
    (("MATERIALIZED", "VIEW"), "VIEW"),
    (("EXTERNAL", "TABLE"), "TABLE"),
    (("EXTERNAL", "VOLUME"), "VOLUME"),
    (("EXTERNAL", "LOCATION"), "EXTERNAL_LOCATION"),
    (("STORAGE", "CREDENTIAL"), "STORAGE_CREDENTIAL"),
    (("SERVICE", "CREDENTIAL"), "CREDENTIAL"),
    (("FOREIGN", "CATALOG"), "CATALOG"),
    (("CATALOG",), "CATALOG"),
    (("SCHEMA",), "SCHEMA"),
    (("DATABASE",), "SCHEMA"),
    (("TABLE",), "TABLE"),
    (("VIEW",), "VIEW"),
    (("FUNCTION",), "FUNCTION"),
    (("PROCEDURE",), "FUNCTION"),
    (("VOLUME",), "VOLUME"),
    (("CONNECTION",), "CONNECTION"),
    (("SHARE",), "SHARE"),
    (("RECIPIENT",), "RECIPIENT"),
    (("PROVIDER",), "PROVIDER"),
    (("COLUMN",), "COLUMN"),
    (("METASTORE",), "METASTORE"),
)
_DEPTH = {"TABLE": 3, "VIEW": 3, "FUNCTION": 3, "VOLUME": 3, "SCHEMA": 2, "COLUMN": 4}
_SKIPPED = {"OR", "REPLACE", "TEMPORARY", "TEMP", "GLOBAL"}


@dataclass(slots=True)
class Facts:
    """What a statement does.

    Attributes:
        verb: ``CREATE DROP ALTER TAG GRANT REVOKE UNDROP COMMENT INSERT MERGE UPDATE DELETE COPY
            TRUNCATE RESTORE``; empty for what changes nothing.
        kind: Kind of the object: ``TABLE VIEW SCHEMA …``.
        name: Its full name.
        source: The table that is cloned.
        path: The path that rows are copied from.
        to: Who is granted something, or it is taken from.
        privileges: What is granted or taken.
        has_query: Whether rows of a query become rows of the object.
    """

    verb: str = ""
    kind: str = ""
    name: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    path: str = ""
    to: str = ""
    privileges: list[str] = field(default_factory=list)
    has_query: bool = False


def facts_of(text: str, place: tuple[str, str]) -> Facts:
    """What a statement does; nothing for a query, and for a text that is not understood.

    Args:
        text: One statement.
        place: Catalog and schema of its short names.
    """
    try:
        cursor = Cursor(text)
        return _facts(cursor, place) or Facts()
    except LocalError:
        return Facts()


def _facts(cursor: Cursor, place: tuple[str, str]) -> Facts | None:
    head = cursor.token.upper
    cursor.index += 1
    if head in {"CREATE", "REPLACE"}:
        return _create(cursor, place)
    if head in {"DROP", "ALTER", "UNDROP", "TRUNCATE"}:
        return _change(cursor, place, head)
    if head in {"GRANT", "REVOKE"}:
        return _grant(cursor, place, head)
    if head == "COMMENT":
        cursor.expect("ON")
        kind = _kind(cursor)
        depth = 4 if kind == "COLUMN" else 3
        return Facts("COMMENT", kind, _full(cursor.name(), place, kind)[:depth])
    if head in {"SET", "UNSET"} and cursor.accept("TAG"):
        cursor.expect("ON")
        kind = _kind(cursor)
        return Facts("TAG", kind, _full(cursor.name(), place, kind))
    return _rows(cursor, place, head)


def _create(cursor: Cursor, place: tuple[str, str]) -> Facts:
    while cursor.token.upper in _SKIPPED:
        cursor.index += 1
    kind = _kind(cursor)
    cursor.accept("IF", "NOT", "EXISTS")
    made = Facts("CREATE", kind, _full(cursor.name(), place, kind))
    forms = (("SHALLOW", "CLONE"), ("DEEP", "CLONE"), ("CLONE",))
    if kind == "TABLE" and any(cursor.accept(*form) for form in forms):
        made.source = _full(cursor.name(), place, kind)
    made.has_query = kind in {"TABLE", "VIEW"} and not made.source
    return made


def _change(cursor: Cursor, place: tuple[str, str], head: str) -> Facts:
    kind = _kind(cursor)
    cursor.accept("IF", "EXISTS")
    made = Facts(head, kind, _full(cursor.name(), place, kind))
    if head == "ALTER":
        pairs = set(pairwise(token.upper for token in cursor.tokens[cursor.index :]))
        if pairs & {("SET", "TAGS"), ("UNSET", "TAGS")}:
            made.verb = "TAG"
    return made


def _grant(cursor: Cursor, place: tuple[str, str], head: str) -> Facts:
    privileges: list[str] = []
    words: list[str] = []
    while not cursor.at_end and not cursor.looks_at("ON"):
        if cursor.accept(","):
            privileges.append(" ".join(words))
            words = []
        else:
            words.append(cursor.identifier().upper())
    cursor.expect("ON")
    kind = _kind(cursor) or "TABLE"
    name = () if kind == "METASTORE" else _full(cursor.name(), place, kind)
    cursor.one_of("TO", "FROM")
    to = cursor.identifier()
    return Facts(head, kind, name, to=to, privileges=[*privileges, " ".join(words)])


def _rows(cursor: Cursor, place: tuple[str, str], head: str) -> Facts | None:
    if head == "INSERT":
        cursor.accept("INTO") or cursor.accept("OVERWRITE")
    elif head in {"MERGE", "COPY"}:
        cursor.expect("INTO")
    elif head == "DELETE":
        cursor.expect("FROM")
    elif head not in {"UPDATE", "RESTORE"}:
        return None
    cursor.accept("TABLE")
    made = Facts(head, "TABLE", _full(cursor.name(), place, "TABLE"))
    made.has_query = head in {"INSERT", "MERGE"}
    if head == "COPY":
        cursor.until("FROM")
        cursor.expect("FROM")
        made.path = _path(cursor)
    return made


def _path(cursor: Cursor) -> str:
    # `FROM 'path'`, or `FROM (SELECT … FROM 'path')`.
    for token in cursor.tokens[cursor.index :]:
        if token.text[:1] in {"'", '"'}:
            return token.text[1:-1]
    return ""


def _kind(cursor: Cursor) -> str:
    for words, kind in _KINDS:
        if cursor.accept(*words):
            return kind
    return ""


def _full(parts: tuple[str, ...], place: tuple[str, str], kind: str) -> tuple[str, ...]:
    depth = _DEPTH.get(kind, 1 if kind else 3)
    folded = tuple(part.lower() for part in parts)
    front = place[: max(0, depth - len(folded))] if depth in {2, 3} else ()
    return (*front, *folded)
