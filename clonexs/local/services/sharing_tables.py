"""Reading one table by the open sharing protocol: version, metadata, files, changes."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from starlette.responses import Response

from clonexs.local.delta import log
from clonexs.local.delta.log import Snapshot
from clonexs.local.delta.schema import field, struct
from clonexs.local.services.requests import number
from clonexs.local.services.sharing_protocol import Reading, lines_answer, moment
from clonexs.local.sharing import protocol, signed
from clonexs.local.sharing.changes import shared_changes
from clonexs.local.sharing.contents import Entry
from clonexs.local.sharing.hints import Hints
from clonexs.local.sharing.outbound import view_rows
from clonexs.local.sharing.protocol import Capabilities
from clonexs.local.sharing.shareable import invalid
from clonexs.local.sharing.signed import Signer
from clonexs.local.sharing.snapshots import cleaned, folder_of, shared_snapshot, version_of

_UNSERVED = ("startingVersion", "endingVersion")


def version(reading: Reading) -> Response:
    """The newest version of a table, or the first one from a moment on."""
    entry = reading.entry
    asked = reading.request.query_params.get("startingTimestamp")
    if entry.found.is_view:
        found = 0
    elif asked is None:
        found = log.latest_version(folder_of(entry))
    else:
        found = _from(entry, moment(asked))
    return Response(headers={"Delta-Table-Version": str(found)})


def metadata(reading: Reading) -> Response:
    """Protocol and metadata of a table."""
    snapshot = _snapshot(reading, reading.entry, {})
    form = _capabilities(reading).format_for(snapshot)
    return lines_answer(protocol.head_lines(snapshot, form), snapshot.version, form)


def query(reading: Reading) -> Response:
    """Links to the files of a table at a version."""
    body, entry = reading.body, reading.entry
    for name in _UNSERVED:
        if body.get(name) is not None:
            raise invalid(f"{name} is not supported by this server; ask for changes instead.")
    hints = Hints.parse(body)
    is_view = entry.found.is_view
    snapshot = _written(reading, entry) if is_view else _snapshot(reading, entry, body)
    form = _capabilities(reading).format_for(snapshot)
    lines = [
        *protocol.head_lines(snapshot, form),
        *protocol.file_lines(snapshot, form, _signer(reading, entry), hints),
    ]
    return lines_answer(lines, snapshot.version, form)


def changes(reading: Reading) -> Response:
    """Links to the files that hold the changes between two versions."""
    entry, given = reading.entry, reading.request.query_params
    if entry.found.is_view:
        raise invalid("Views have no changes.")
    first = number("startingVersion", given.get("startingVersion"))
    last = number("endingVersion", given.get("endingVersion"))
    if first is None and given.get("startingTimestamp"):
        first = _from(entry, moment(given["startingTimestamp"]))
    if last is None and given.get("endingTimestamp"):
        last = log.version_at(folder_of(entry), moment(given["endingTimestamp"]))
    if first is None:
        raise invalid("startingVersion or startingTimestamp is needed.")
    whole, commits = shared_changes(entry, reading.recipient, first, last)
    snapshot = shared_snapshot(entry, reading.recipient, whole.version)
    form = _capabilities(reading).format_for(snapshot)
    lines = [
        *protocol.head_lines(snapshot, form),
        *protocol.change_lines(commits, form, _signer(reading, entry)),
    ]
    return lines_answer(lines, snapshot.version, form)


def _capabilities(reading: Reading) -> Capabilities:
    return Capabilities.parse(reading.request.headers.get("delta-sharing-capabilities", ""))


def _signer(reading: Reading, entry: Entry) -> Signer:
    base = f"{str(reading.request.url).partition('/shares/')[0]}/files"
    return Signer(reading.catalog, base, reading.share, reading.recipient, entry)


def _from(entry: Entry, milliseconds: int) -> int:
    folder = folder_of(entry)
    for each in log.versions(folder):
        if log.commit_time(folder, each) >= milliseconds:
            return each
    raise invalid("The timestamp is after the newest version of the table.")


def _snapshot(reading: Reading, entry: Entry, body: dict[str, Any]) -> Snapshot:
    if entry.found.is_view:
        return _described(entry)
    asked, at = body.get("version"), body.get("timestamp")
    if asked is not None and (isinstance(asked, bool) or not isinstance(asked, int)):
        raise invalid("version must be a whole number.")
    found = version_of(entry, asked, None if at is None else moment(str(at)))
    return shared_snapshot(entry, reading.recipient, found)


# Views: their rows are written down, and the file is what a recipient fetches.


def _described(entry: Entry) -> Snapshot:
    fields = [
        field(c["name"], c["type_json"], nullable=c["nullable"], comment=c.get("comment"))
        for c in entry.found.columns
    ]
    made = Snapshot(Path(), 0, {"minReaderVersion": 1, "minWriterVersion": 2}, {})
    made.metadata = {
        "id": entry.found.id,
        "schemaString": json.dumps(struct(fields)),
        "partitionColumns": [],
        "configuration": {},
    }
    made.protocol, made.metadata = cleaned(made)
    made.timestamp = entry.found.updated_at
    return made


def _written(reading: Reading, entry: Entry) -> Snapshot:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pa.ipc.open_stream(view_rows(reading.server, reading.share, entry)).read_all()
    folder = signed.copies(reading.catalog)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    signed.sweep(folder)
    name = f"{uuid.uuid4()}.parquet"
    pq.write_table(rows, folder / name)
    made = _described(entry)
    made.files[name] = {
        "path": name,
        "partitionValues": {},
        "size": (folder / name).stat().st_size,
        "stats": json.dumps({"numRecords": rows.num_rows}),
    }
    return made
