"""``shares`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError
from clonexs.local.services.common import about
from clonexs.local.services.routing import ANYONE, UC, Api, Call, Rule, checked, unserved
from clonexs.local.sharing import rights, shares
from clonexs.local.sharing.shares import Record, Wanted

if TYPE_CHECKING:
    from databricks.sdk.service.sharing import (
        GetSharePermissionsResponse,
        ListSharesResponse,
        PrivilegeAssignment,
        SharedDataObject,
        ShareInfo,
        UpdateSharePermissionsResponse,
    )

api = Api()
routes = api.routes

_ALL = f"{UC}/shares"
_ONE = f"{_ALL}/{{name}}"
_PAGE = 100


def share_of(call: Call) -> Object:
    """The share that a path names, if the caller may know of it."""
    return rights.named(call.server.catalog, call.who, "SHARE", call.path("name"))


_SEES = Rule("owner of the share or USE SHARE on the metastore", share_of)
_OWNS = Rule("owner of the share", share_of)


@api.get(_ALL, sdk="shares.list_shares", rule=ANYONE)
def list_shares(call: Call) -> ListSharesResponse:
    """Shares the caller owns, or with USE SHARE all of them."""
    from databricks.sdk.service.sharing import ListSharesResponse

    found, token = call.page(
        rights.listed(call.server.catalog, call.who, "SHARE"), lambda each: each.name, cap=_PAGE
    )
    return ListSharesResponse(
        shares=[share_info(call, each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="shares.get", rule=_SEES)
def get_share(call: Call) -> ShareInfo:
    """One share; with ``include_shared_data`` what is in it."""
    return share_info(call, call.found, has_objects=call.flag("include_shared_data"))


@api.post(_ALL, sdk="shares.create", rule=checked("CREATE SHARE on the metastore"))
def create_share(call: Call) -> ShareInfo:
    """Make an empty share; the caller owns it."""
    from databricks.sdk.service.sharing import SharesAPI

    given = call.arguments(SharesAPI.create)
    _refuse_storage(given, "shares.create")
    made = shares.create(call.context, given["name"], comment=given.get("comment"))
    return share_info(call, made)


@api.patch(_ONE, sdk="shares.update", rule=_OWNS)
def update_share(call: Call) -> ShareInfo:
    """Add, change and remove what is in it; change its comment, name and owner."""
    from databricks.sdk.service.sharing import SharesAPI

    given = call.arguments(SharesAPI.update)
    _refuse_storage(given, "shares.update")
    shares.change(
        call.context,
        call.found,
        comment=given.get("comment"),
        new_name=given.get("new_name"),
        owner=given.get("owner"),
        wanted=[_wanted(each) for each in given.get("updates", ())],
    )
    return share_info(call, call.found, has_objects=True)


@api.delete(_ONE, sdk="shares.delete", rule=_OWNS)
def delete_share(call: Call) -> None:
    """Drop a share: its recipients can read it no longer."""
    shares.drop(call.context, call.found)


@api.get(f"{_ONE}/permissions", sdk="shares.share_permissions", rule=_SEES)
def share_permissions(call: Call) -> GetSharePermissionsResponse:
    """Recipients that may read a share."""
    from databricks.sdk.service.sharing import GetSharePermissionsResponse

    found, token = call.page(assignments(call, call.found), lambda each: str(each.principal))
    return GetSharePermissionsResponse(privilege_assignments=found, next_page_token=token)


@api.patch(
    f"{_ONE}/permissions",
    sdk="shares.update_permissions",
    rule=Rule("owner of the share, or USE SHARE and SET SHARE PERMISSION", share_of),
)
def update_permissions(call: Call) -> UpdateSharePermissionsResponse:
    """Grant a share to recipients and revoke it from them, all of it or nothing."""
    from databricks.sdk.service.sharing import SharesAPI, UpdateSharePermissionsResponse

    given = call.arguments(SharesAPI.update_permissions)
    apply_permissions(call, call.found, given.get("changes", ()))
    if given.get("omit_permissions_list"):
        return UpdateSharePermissionsResponse()
    return UpdateSharePermissionsResponse(privilege_assignments=assignments(call, call.found))


def apply_permissions(call: Call, share: Object, changes: Any) -> None:
    """Grant and revoke as the changes of a request say.

    Raises:
        LocalError: for privileges that shares do not have, and for recipients that are unknown.
    """
    context = call.context
    with call.server.catalog.transaction():
        for each in changes:
            add, remove = set(each.get("add") or ()), set(each.get("remove") or ())
            if not each.get("principal"):
                raise LocalError("INVALID_PARAMETER_VALUE", "Missing required field: principal")
            unknown = (add - {"SELECT"}) | (remove - {"SELECT", "ALL_PRIVILEGES"})
            if unknown or add & remove:
                raise LocalError(
                    "INVALID_PARAMETER_VALUE",
                    f"Privileges {sorted(add | remove)} are not applicable to this entity"
                    f" [{share.name}:SHARE].",
                )
            shares.change_permissions(
                context, share, each["principal"], add=bool(add), remove=bool(remove)
            )


def assignments(call: Call, share: Object) -> list[PrivilegeAssignment]:
    """Recipients of a share as the SDK reads grants."""
    from databricks.sdk.service.sharing import Privilege, PrivilegeAssignment

    return [
        PrivilegeAssignment(principal=recipient.name, privileges=[Privilege.SELECT])
        for recipient, _ in shares.recipients_of(call.server.catalog, share)
    ]


def share_info(call: Call, share: Object, *, has_objects: bool = False) -> ShareInfo:
    """A share as the SDK reads it."""
    from databricks.sdk.service.sharing import ShareInfo

    facts = about(call, share)
    facts.pop("metastore_id")
    made = ShareInfo(**facts)
    if has_objects:
        made.objects = [
            _object_info(call, share, each)
            for each in sorted(shares.records_of(share), key=lambda each: each["name"])
        ]
    return made


def _refuse_storage(given: dict[str, Any], method: str) -> None:
    if "storage_root" in given:
        raise unserved(f"the field storage_root of {method}: notebook files are not shared here")


def _wanted(update: dict[str, Any]) -> Wanted:
    given = update.get("data_object")
    if not isinstance(given, dict) or not given.get("name"):
        raise LocalError("INVALID_PARAMETER_VALUE", "Missing required field: data_object.name")
    alias = given.get("shared_as") or given.get("string_shared_as")
    status = given.get("history_data_sharing_status")
    facts = {
        "shared_as": alias.lower() if alias else None,
        "comment": given.get("comment"),
        "partitions": None,
        "cdf": given.get("cdf_enabled"),
        "history": None if status is None else status == "ENABLED",
        "start_version": given.get("start_version"),
    }
    if "partitions" in given:
        facts["partitions"] = [
            [dict(value) for value in each.get("values") or ()] for each in given["partitions"]
        ]
    if update.get("action") == "UPDATE":
        # What an update leaves out stays as it is; a comment may be taken away.
        facts = {k: v for k, v in facts.items() if v is not None}
    return Wanted(
        action=str(update.get("action") or ""),
        kind=str(given.get("data_object_type") or "TABLE"),
        name=str(given["name"]),
        given=facts,
    )


def _object_info(call: Call, share: Object, record: Record) -> SharedDataObject:
    from databricks.sdk.service.sharing import (
        SharedDataObject,
        SharedDataObjectDataObjectType,
        SharedDataObjectHistoryDataSharingStatus,
        SharedDataObjectStatus,
    )

    is_volume = record["kind"] == "VOLUME"
    made = SharedDataObject(
        name=record["name"],
        added_at=record["added_at"],
        added_by=record["added_by"],
        comment=record.get("comment"),
        data_object_type=SharedDataObjectDataObjectType(record["kind"]),
        shared_as=None if is_volume else record["shared_as"],
        string_shared_as=record["shared_as"] if is_volume else None,
        status=SharedDataObjectStatus(shares.status_of(call.server.catalog, share, record)),
    )
    if record["kind"] in {"TABLE", "SCHEMA"}:
        made.cdf_enabled = bool(record["cdf"])
        made.history_data_sharing_status = SharedDataObjectHistoryDataSharingStatus(
            "ENABLED" if record["history"] else "DISABLED"
        )
    if record["kind"] == "TABLE":
        made.start_version = int(record["start_version"])
        made.partitions = _partitions(record) or None
    return made


def _partitions(record: Record) -> list[Any]:
    from databricks.sdk.service.sharing import Partition

    return [Partition.from_dict({"values": each}) for each in record["partitions"]]
