"""``recipients`` of the SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError
from clonexs.local.services.common import about
from clonexs.local.services.routing import ANYONE, UC, Api, Call, Rule, checked, unserved
from clonexs.local.sharing import recipients, rights, shares
from clonexs.local.sharing.identity import parts_of
from clonexs.local.sharing.recipients import DATABRICKS, TOKEN, Token

if TYPE_CHECKING:
    from databricks.sdk.service.sharing import (
        GetRecipientSharePermissionsResponse,
        ListRecipientsResponse,
        RecipientInfo,
        RecipientTokenInfo,
    )

api = Api()
routes = api.routes

_ALL = f"{UC}/recipients"
_ONE = f"{_ALL}/{{name}}"
_PAGE = 100


def recipient_of(call: Call) -> Object:
    """The recipient that a path names, if the caller may know of it."""
    return rights.named(call.server.catalog, call.who, "RECIPIENT", call.path("name"))


_SEES = Rule("owner of the recipient, USE RECIPIENT, or metastore administrators", recipient_of)
_OWNS = Rule("owner of the recipient or metastore administrators", recipient_of)


@api.get(_ALL, sdk="recipients.list", rule=ANYONE)
def list_recipients(call: Call) -> ListRecipientsResponse:
    """Recipients the caller may know of; with an identifier the one that is this metastore."""
    from databricks.sdk.service.sharing import ListRecipientsResponse

    wanted = call.query("data_recipient_global_metastore_id")
    found, token = call.page(
        (
            each
            for each in rights.listed(call.server.catalog, call.who, "RECIPIENT")
            if not wanted or each.spec.get("sharing_id") == wanted
        ),
        lambda each: each.name,
        cap=_PAGE,
    )
    return ListRecipientsResponse(
        recipients=[recipient_info(call, each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="recipients.get", rule=_SEES)
def get_recipient(call: Call) -> RecipientInfo:
    """One recipient."""
    return recipient_info(call, call.found)


@api.post(_ALL, sdk="recipients.create", rule=checked("CREATE RECIPIENT on the metastore"))
def create_recipient(call: Call) -> RecipientInfo:
    """Make a recipient: another metastore, or the holder of a token that a link fetches."""
    from databricks.sdk.service.sharing import RecipientsAPI

    given = call.arguments(RecipientsAPI.create)
    kind = given["authentication_type"]
    if kind not in {DATABRICKS, TOKEN}:
        raise unserved(f"recipients of the authentication type {kind}")
    if "sharing_code" in given:
        raise unserved("the field sharing_code of recipients.create")
    sharing_id = given.get("data_recipient_global_metastore_id")
    if (kind == DATABRICKS) != bool(sharing_id):
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            "data_recipient_global_metastore_id is needed for the authentication type DATABRICKS,"
            " and for no other.",
        )
    made = recipients.create(
        call.context,
        given["name"],
        sharing_id=sharing_id,
        comment=given.get("comment"),
        owner=given.get("owner"),
        **_details(given),
    )
    return recipient_info(call, made)


@api.patch(_ONE, sdk="recipients.update", rule=_OWNS)
def update_recipient(call: Call) -> RecipientInfo:
    """Change comment, properties, expiration, access list, name and owner."""
    from databricks.sdk.service.sharing import RecipientsAPI

    given = call.arguments(RecipientsAPI.update)
    recipients.change(
        call.context,
        call.found,
        comment=given.get("comment"),
        new_name=given.get("new_name"),
        owner=given.get("owner"),
        **_details(given),
    )
    return recipient_info(call, call.found)


@api.delete(_ONE, sdk="recipients.delete", rule=_OWNS)
def delete_recipient(call: Call) -> None:
    """Drop a recipient: it can read nothing any more."""
    recipients.drop(call.context, call.found)


@api.post(f"{_ONE}/rotate-token", sdk="recipients.rotate_token", rule=_OWNS)
def rotate_token(call: Call) -> RecipientInfo:
    """Give a recipient a new token, and let the old one expire."""
    from databricks.sdk.service.sharing import RecipientsAPI

    given = call.arguments(RecipientsAPI.rotate_token)
    recipients.rotate(call.context, call.found, int(given["existing_token_expire_in_seconds"]))
    return recipient_info(call, call.found)


@api.get(f"{_ONE}/share-permissions", sdk="recipients.share_permissions", rule=_SEES)
def recipient_permissions(call: Call) -> GetRecipientSharePermissionsResponse:
    """Shares that a recipient may read."""
    from databricks.sdk.service.sharing import (
        GetRecipientSharePermissionsResponse,
        Privilege,
        PrivilegeAssignment,
        ShareToPrivilegeAssignment,
    )

    name = call.found.name
    found, token = call.page(
        shares.granted_to(call.server.catalog, call.found), lambda each: each.name
    )
    return GetRecipientSharePermissionsResponse(
        permissions_out=[
            ShareToPrivilegeAssignment(
                share_name=each.name,
                privilege_assignments=[
                    PrivilegeAssignment(principal=name, privileges=[Privilege.SELECT])
                ],
            )
            for each in found
        ],
        next_page_token=token,
    )


def _details(given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "expiration_time" in given:
        made["expires_at"] = int(given["expiration_time"])
    if "ip_access_list" in given:
        made["addresses"] = list(given["ip_access_list"].get("allowed_ip_addresses") or ())
    if "properties_kvpairs" in given:
        made["properties"] = dict(given["properties_kvpairs"].get("properties") or {})
    return made


def recipient_info(call: Call, found: Object) -> RecipientInfo:
    """A recipient as the SDK reads it: no token of it, and a link only until it was used."""
    from databricks.sdk.service.sharing import (
        AuthenticationType,
        IpAccessList,
        RecipientInfo,
        SecurablePropertiesKvPairs,
    )

    made = RecipientInfo(
        **about(call, found),
        id=found.id,
        authentication_type=AuthenticationType(found.spec["type"]),
        properties_kvpairs=SecurablePropertiesKvPairs(properties=dict(found.properties)),
    )
    if found.spec["type"] == DATABRICKS:
        made.data_recipient_global_metastore_id = found.spec["sharing_id"]
        made.cloud, made.region, made.metastore_id = parts_of(found.spec["sharing_id"])
        return made
    made.metastore_id = None
    made.tokens = [_token_info(call, each) for each in found.spec["tokens"]]
    made.activated = any(each["digest"] is not None for each in found.spec["tokens"])
    made.activation_url = made.tokens[-1].activation_url
    made.expiration_time = made.tokens[-1].expiration_time
    if found.spec["addresses"]:
        made.ip_access_list = IpAccessList(allowed_ip_addresses=list(found.spec["addresses"]))
    return made


def _token_info(call: Call, token: Token) -> RecipientTokenInfo:
    from databricks.sdk.service.sharing import RecipientTokenInfo

    return RecipientTokenInfo(
        id=token["id"],
        activation_url=recipients.activation_url(call.server.catalog, token),
        expiration_time=token["expires_at"],
        created_at=token["created_at"],
        created_by=token["created_by"],
        updated_at=token["updated_at"],
        updated_by=token["updated_by"],
    )
