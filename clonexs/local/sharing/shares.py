"""Shares: made, filled, granted and dropped. SQL and REST both call these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Catalog, Object, Principal
from clonexs.local.catalog.objects import fold, folded, now_ms
from clonexs.local.delta import log
from clonexs.local.errors import LocalError, already_exists, denied, not_found
from clonexs.local.paths import path_of
from clonexs.local.sharing import rights, shareable
from clonexs.local.sharing.shareable import KINDS, invalid

if TYPE_CHECKING:
    from clonexs.local.statements.context import StatementContext

Record = dict[str, Any]
_MAX_OBJECTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked to be added to a share, changed in it, or removed.

    Attributes:
        action: ``ADD``, ``UPDATE`` or ``REMOVE``.
        kind: Type of the data object.
        name: Its full name.
        given: What is said about it: ``shared_as``, ``comment``, ``partitions``, ``history``, ``cdf``,
            ``start_version``.
    """

    action: str
    kind: str
    name: str
    given: dict[str, Any] = field(default_factory=dict)


def create(
    ctx: StatementContext, name: str, *, comment: str | None = None, lenient: bool = False
) -> Object:
    """Make a share; the caller owns it."""
    known = ctx.catalog.find("SHARE", folded(name))
    if known is not None:
        if lenient:
            return known
        raise already_exists("SHARE", name)
    rights.require(ctx.catalog, ctx.who, "CREATE SHARE")
    spec: dict[str, Any] = {"objects": [], "recipients": {}}
    return ctx.catalog.create(
        Object(kind="SHARE", parts=(name,), owner=ctx.who.name, comment=comment, spec=spec)
    )


def change(
    ctx: StatementContext,
    share: Object,
    *,
    comment: str | None = None,
    new_name: str | None = None,
    owner: str | None = None,
    wanted: Sequence[Wanted] = (),
) -> None:
    """Change a share, all of it or nothing.

    Raises:
        LocalError: if the caller may not, or something cannot be shared.
    """
    with ctx.catalog.transaction():
        if comment is not None or wanted:
            rights.require_owner(ctx.who, share, admins=False)
            spec = dict(share.spec)
            spec["objects"] = records = [dict(each) for each in records_of(share)]
            for each in wanted:
                _apply(ctx, share, records, each)
            if len(records) > _MAX_OBJECTS:
                raise invalid(f"A share may hold at most {_MAX_OBJECTS} objects.")
            changed = share.comment if comment is None else comment
            ctx.catalog.update(share, ctx.who, spec=spec, comment=changed)
        if new_name is not None and folded(new_name) != share.name:
            rights.require_owner(ctx.who, share, admins=False)
            rights.require(ctx.catalog, ctx.who, "CREATE SHARE")
            ctx.catalog.rename(share, (new_name,))
        if owner is not None:
            if not ctx.who.is_metastore_admin:
                raise denied("MANAGE", "METASTORE", "local")
            ctx.catalog.update(share, ctx.who, owner=ctx.catalog.people.known(owner))


def drop(ctx: StatementContext, share: Object) -> None:
    """Drop a share: whoever reads it can no longer."""
    rights.require_owner(ctx.who, share, admins=False)
    with ctx.catalog.transaction():
        ctx.catalog.drop(share)
        ctx.catalog.forget(share)


# What is in it.


def records_of(share: Object) -> list[Record]:
    """Data objects of a share, as they were added."""
    return list(share.spec.get("objects", ()))


def find_object(catalog: Catalog, record: Record) -> Object | None:
    """The object that was shared; one that took its name is another one."""
    kind = KINDS[record["kind"]][0]
    found = catalog.find(kind, record["name"])
    if found is not None and found.id == record["id"]:
        return found
    return next((each for each in catalog.objects(kind) if each.id == record["id"]), None)


def _apply(ctx: StatementContext, share: Object, records: list[Record], wanted: Wanted) -> None:
    if wanted.kind not in KINDS:
        raise LocalError(
            "NOT_IMPLEMENTED",
            f"The local workspace does not serve sharing of objects of type {wanted.kind}.",
        )
    name = ".".join(fold(tuple(wanted.name.split("."))))
    there = ctx.catalog.find(KINDS[wanted.kind][0], name)
    # An object keeps its place in a share when it gets another name.
    known = next(
        (
            each
            for each in records
            if each["kind"] == wanted.kind
            and (each["name"] == name or (there is not None and each["id"] == there.id))
        ),
        None,
    )
    if wanted.action == "ADD":
        if known is not None:
            raise LocalError(
                "RESOURCE_ALREADY_EXISTS", f"'{name}' is already in the share '{share.name}'."
            )
        _add(ctx, share, records, wanted, name)
        return
    if known is None:
        raise LocalError("RESOURCE_DOES_NOT_EXIST", f"'{name}' is not in the share '{share.name}'.")
    records.remove(known)
    if wanted.action == "UPDATE":
        _put(ctx, share, records, {**known, **wanted.given})


def _add(
    ctx: StatementContext, share: Object, records: list[Record], wanted: Wanted, name: str
) -> None:
    found = ctx.catalog.find(KINDS[wanted.kind][0], name)
    if found is None or not ctx.catalog.is_visible(ctx.who, found):
        raise not_found(KINDS[wanted.kind][0], name)
    record = {
        "id": found.id,
        "kind": wanted.kind,
        "name": name,
        "shared_as": name.partition(".")[2],
        "partitions": [],
        "history": wanted.kind == "SCHEMA",
        "cdf": False,
        "added_at": now_ms(),
        "added_by": ctx.who.name,
        **{key: value for key, value in wanted.given.items() if value is not None},
    }
    if "start_version" not in record and wanted.kind == "TABLE":
        location = found.storage_location
        record["start_version"] = log.latest_version(path_of(location)) if location else 0
    if wanted.kind == "SCHEMA":
        # Everything in it is shared under its own name from now on.
        records[:] = [e for e in records if not e["name"].startswith(f"{name}.")]
    _put(ctx, share, records, record)


def _put(ctx: StatementContext, share: Object, records: list[Record], record: Record) -> None:
    found = find_object(ctx.catalog, record)
    if found is None:
        raise not_found(KINDS[record["kind"]][0], record["name"])
    record["name"] = found.full_name
    shareable.check_object(ctx.catalog, found, record["kind"])
    shareable.check_owner(ctx.catalog, share.owner, found, record["kind"])
    if record["kind"] == "SCHEMA" and (record["partitions"] or record["shared_as"] != found.name):
        raise invalid("A schema is shared as a whole and under its own name.")
    if record["kind"] != "SCHEMA" and record["shared_as"] != ".".join(found.parts[1:]):
        record["shared_as"] = shareable.check_alias(record["shared_as"])
    shareable.check_partitions(found, record["partitions"])
    if record["kind"] == "TABLE":
        shareable.check_history(found, with_history=bool(record["history"] or record["cdf"]))
        _check_version(found, record)
    _check_names(share, records, record)
    records.append(record)


def _check_version(found: Object, record: Record) -> None:
    start, newest = (
        int(record["start_version"]),
        log.latest_version(path_of(found.storage_location or "")),
    )
    if not 0 <= start <= newest:
        raise invalid(
            f"The start version {start} of '{found.full_name}' must be from 0 to {newest}."
        )


def _check_names(share: Object, records: list[Record], record: Record) -> None:
    schema = record["shared_as"].partition(".")[0]
    is_table = record["kind"] not in {"SCHEMA", "VOLUME"}
    for each in records:
        there = each["shared_as"].partition(".")[0]
        is_whole = "SCHEMA" in {each["kind"], record["kind"]}
        same_kind = is_table == (each["kind"] not in {"SCHEMA", "VOLUME"})
        if (is_whole and there == schema) or (
            same_kind and each["shared_as"] == record["shared_as"]
        ):
            raise LocalError(
                "RESOURCE_ALREADY_EXISTS",
                f"The share '{share.name}' already has '{each['shared_as']}': share"
                f" '{record['name']}' under another name.",
            )


# Who may read it.


def change_permissions(
    ctx: StatementContext, share: Object, recipient: str, *, add: bool, remove: bool
) -> None:
    """Grant SELECT on a share to a recipient, or revoke it.

    Raises:
        LocalError: if the caller may not, or there is no such recipient.
    """
    who, catalog = ctx.who, ctx.catalog
    may = who.is_(share.owner) or (
        rights.holds(catalog, who, "USE SHARE")
        and rights.holds(catalog, who, "SET SHARE PERMISSION")
    )
    if not may:
        raise denied("SET SHARE PERMISSION", "SHARE", share.name)
    found = catalog.find("RECIPIENT", recipient.lower())
    if found is None:
        raise not_found("RECIPIENT", recipient.lower())
    if add and not rights.sees(catalog, who, found):
        raise denied("USE RECIPIENT", "RECIPIENT", found.name)
    granted = dict(share.spec.get("recipients", {}))
    if add:
        granted.setdefault(found.id, who.name)
    if remove:
        granted.pop(found.id, None)
    catalog.update(share, who, spec={**share.spec, "recipients": granted})


def recipients_of(catalog: Catalog, share: Object) -> list[tuple[Object, str]]:
    """Recipients that may read a share, with who granted it, by name."""
    granted = share.spec.get("recipients", {})
    return [(e, granted[e.id]) for e in catalog.objects("RECIPIENT") if e.id in granted]


def granted_to(catalog: Catalog, recipient: Object) -> list[Object]:
    """Shares that a recipient may read, by name."""
    return [
        each for each in catalog.objects("SHARE") if recipient.id in each.spec.get("recipients", {})
    ]


def status_of(catalog: Catalog, share: Object, record: Record) -> str:
    """Whether something in a share can be read through it: ``ACTIVE`` or ``PERMISSION_DENIED``."""
    found = find_object(catalog, record)
    is_fine = found is not None and shareable.is_readable(
        catalog, share.owner, found, record["kind"]
    )
    return "ACTIVE" if is_fine else "PERMISSION_DENIED"


def may_see(catalog: Catalog, who: Principal, share: Object) -> bool:
    """Whether ``who`` may know of a share."""
    return rights.sees(catalog, who, share)
