"""What a recipient finds in a share: every object once, under the name it is shared as."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from clonexs.local.catalog import Catalog, Object
from clonexs.local.errors import not_found
from clonexs.local.sharing import shareable
from clonexs.local.sharing.shares import Record, find_object, records_of

_IN_SCHEMA = ("TABLE", "VOLUME")
# Properties without which the files cannot be read; no other travels.
KEPT_PROPERTIES = ("delta.columnMapping.",)
_COLUMN = ("name", "type_text", "type_json", "nullable", "position", "comment", "partition_index")


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of a share.

    Attributes:
        record: What brought it into the share: itself, or the schema it is in.
        kind: ``TABLE``, ``VIEW``, ``MATERIALIZED_VIEW`` or ``VOLUME``.
        schema: Schema that it is shared in.
        name: Name that it is shared under.
        found: The object.
    """

    record: Record
    kind: str
    schema: str
    name: str
    found: Object

    @property
    def is_whole(self) -> bool:
        """Whether it came with its schema: such tables are shared with all of their history."""
        return bool(self.record["kind"] == "SCHEMA")

    @property
    def has_history(self) -> bool:
        """Whether older versions may be read."""
        return self.is_whole or bool(self.record["history"])

    @property
    def has_changes(self) -> bool:
        """Whether the change data feed may be read; the table must have one, too."""
        return self.has_history or bool(self.record["cdf"])

    @property
    def first_version(self) -> int:
        """The oldest version that may be read."""
        return 0 if self.is_whole else int(self.record["start_version"])

    @property
    def comment(self) -> str | None:
        """What the share says about it, or else its own comment."""
        own = None if self.is_whole else self.record.get("comment")
        return own if own is not None else self.found.comment


def entries(catalog: Catalog, share: Object) -> list[Entry]:
    """Everything in a share that can be read through it now, by name."""
    made = [
        each
        for record in records_of(share)
        for each in _expanded(catalog, record)
        if shareable.is_readable(catalog, share.owner, each.found, each.kind)
    ]
    return sorted(made, key=lambda each: (each.schema, each.name))


def _expanded(catalog: Catalog, record: Record) -> Iterator[Entry]:
    found = find_object(catalog, record)
    if found is None:
        return
    if record["kind"] != "SCHEMA":
        schema, _, name = record["shared_as"].partition(".")
        yield Entry(record, record["kind"], schema, name, found)
        return
    for kind in _IN_SCHEMA:
        for each in catalog.objects(kind, found.full_name):
            yield Entry(record, shareable.type_of(each), record["shared_as"], each.name, each)


def schemas_of(catalog: Catalog, share: Object) -> list[str]:
    """Names of the schemas of a share; one that is shared as a whole may be empty."""
    whole = {each["shared_as"] for each in records_of(share) if each["kind"] == "SCHEMA"}
    return sorted(whole | {each.schema for each in entries(catalog, share)})


def entry_of(catalog: Catalog, share: Object, schema: str, name: str) -> Entry:
    """A table or view of a share by the name it is shared under.

    Raises:
        LocalError: as for an absent one if it cannot be read any more.
    """
    wanted = schema.lower(), name.lower()
    return _only(
        catalog,
        share,
        lambda each: (each.schema, each.name) == wanted and each.kind != "VOLUME",
        f"{share.name}.{schema}.{name}",
    )


def entry_by_id(catalog: Catalog, share: Object, object_id: str) -> Entry:
    """An object of a share by its identifier.

    Raises:
        LocalError: as for an absent one if it cannot be read any more.
    """
    return _only(
        catalog, share, lambda each: each.found.id == object_id, f"{share.name}.{object_id}"
    )


def _only(catalog: Catalog, share: Object, fits: Callable[[Entry], bool], name: str) -> Entry:
    for record in records_of(share):
        for each in _expanded(catalog, record):
            if fits(each) and shareable.is_readable(catalog, share.owner, each.found, each.kind):
                return each
    raise not_found("TABLE", name)


def described(entry: Entry) -> dict[str, Any]:
    """What a recipient's catalog is told of an object: no policy, tag, grant or owner."""
    found = entry.found
    made: dict[str, Any] = {
        "id": found.id,
        "kind": entry.kind,
        "schema": entry.schema,
        "name": entry.name,
        "comment": entry.comment,
        "created_at": found.created_at,
    }
    if found.kind == "TABLE":
        made["columns"] = [
            {key: column[key] for key in _COLUMN if key in column} for column in found.columns
        ]
        made["properties"] = {
            key: value for key, value in found.properties.items() if key.startswith(KEPT_PROPERTIES)
        }
        made["constraints"] = [
            each for each in found.spec.get("constraints", ()) if each["type"] == "PRIMARY KEY"
        ]
    return made
