"""What this workspace answers to another one: the shares of its recipient, and what is in them."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, not_found
from clonexs.local.sharing import recipients, shares, snapshots
from clonexs.local.sharing.changes import shared_changes
from clonexs.local.sharing.contents import Entry, described, entries, entry_by_id, schemas_of

if TYPE_CHECKING:
    from clonexs.local.server import Server

Body = dict[str, Any]


def answer(server: Server, metastore: str, what: str, body: Body) -> Body:
    """The answer to a question of the workspace that is a metastore.

    Raises:
        LocalError: if there is no such question, or what it is about is not shared with it.
    """
    found = _QUESTIONS.get(what)
    if found is None:
        raise LocalError("RESOURCE_DOES_NOT_EXIST", f"There is no question '{what}'.")
    return found(server, recipients.of_metastore(server.catalog, metastore), body)


def _offers(server: Server, recipient: Object | None, _: Body) -> Body:
    if recipient is None:
        return {"recipient": None, "shares": []}
    granted = shares.granted_to(server.catalog, recipient)
    return {
        "recipient": recipient.id,
        "comment": recipient.comment,
        "shares": [{"id": e.id, "name": e.name, "comment": e.comment} for e in granted],
    }


def _contents(server: Server, recipient: Object | None, body: Body) -> Body:
    """What is in some shares; ``None`` for one that is as the asker knows it, nothing for one gone."""
    if recipient is None:
        return {"shares": {}}
    known = body.get("shares") or {}
    catalog = server.catalog
    mark = f"{server.instance}:{catalog.version}:{catalog.people.version}"
    made: Body = {}
    for share in shares.granted_to(catalog, recipient):
        if share.id in known:
            made[share.id] = None if known[share.id] == mark else _content(server, share, mark)
    return {"shares": made}


def _content(server: Server, share: Object, mark: str) -> Body:
    return {
        "mark": mark,
        "name": share.name,
        "schemas": schemas_of(server.catalog, share),
        "objects": [described(each) for each in entries(server.catalog, share)],
    }


def _table(server: Server, recipient: Object | None, body: Body) -> Body:
    owner, entry = _entry(server, recipient, body, "TABLE")
    version = snapshots.version_of(entry, body.get("version"), body.get("timestamp"))
    return snapshots.as_json(snapshots.shared_snapshot(entry, owner, version))


def _history(server: Server, recipient: Object | None, body: Body) -> Body:
    _, entry = _entry(server, recipient, body, "TABLE")
    limit = body.get("limit")
    return {"commits": snapshots.shared_history(entry, None if limit is None else int(limit))}


def _changes(server: Server, recipient: Object | None, body: Body) -> Body:
    owner, entry = _entry(server, recipient, body, "TABLE")
    last = body.get("last")
    whole, commits = shared_changes(
        entry, owner, int(body["first"]), None if last is None else int(last)
    )
    snapshot = snapshots.shared_snapshot(entry, owner, whole.version)
    return {
        "snapshot": snapshots.as_json(snapshot),
        "commits": [[each.version, each.timestamp, each.actions] for each in commits],
    }


def _rows(server: Server, recipient: Object | None, body: Body) -> Body:
    _, entry = _entry(server, recipient, body, "VIEW", "MATERIALIZED_VIEW")
    share = _share(server, recipient, body)
    return {"rows": base64.b64encode(view_rows(server, share, entry)).decode()}


def view_rows(server: Server, share: Object, entry: Entry) -> bytes:
    """Rows of a shared view as an Arrow stream, read with the rights of the share's owner."""
    from clonexs.local.engine.client import arrow_stream
    from clonexs.local.engine.session import SqlSession
    from clonexs.local.engine.text import quoted

    engine = server.engine
    session = SqlSession(str(uuid.uuid4()), server.catalog.people.principal(share.owner))
    engine.prepare(session)
    try:
        text = f"SELECT * FROM {quoted(*entry.found.parts)}"
        return arrow_stream(engine.query_table(session, text))
    finally:
        engine.client.release(session.id, session.principal.name)


def _volume(server: Server, recipient: Object | None, body: Body) -> Body:
    _, entry = _entry(server, recipient, body, "VOLUME")
    return {"location": entry.found.storage_location}


def _share(server: Server, recipient: Object | None, body: Body) -> Object:
    granted = shares.granted_to(server.catalog, recipient) if recipient is not None else []
    for each in granted:
        if each.id == body.get("share"):
            return each
    raise not_found("SHARE", str(body.get("name", "")))


def _entry(
    server: Server, recipient: Object | None, body: Body, *kinds: str
) -> tuple[Object, Entry]:
    share = _share(server, recipient, body)
    entry = entry_by_id(server.catalog, share, str(body.get("object")))
    if entry.kind not in kinds or recipient is None:
        raise not_found("TABLE", entry.name)
    return recipient, entry


_QUESTIONS: dict[str, Callable[[Server, Object | None, Body], Body]] = {
    "offers": _offers,
    "contents": _contents,
    "table": _table,
    "history": _history,
    "changes": _changes,
    "rows": _rows,
    "volume": _volume,
}
