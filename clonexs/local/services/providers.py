"""``providers`` of the SDK: the workspaces of this machine that share something with this one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.services.common import about
from clonexs.local.services.routing import UC, Api, Call, Rule, checked, unserved
from clonexs.local.sharing import providers, rights

if TYPE_CHECKING:
    from databricks.sdk.service.sharing import (
        ListProviderShareAssetsResponse,
        ListProviderSharesResponse,
        ListProvidersResponse,
        ProviderInfo,
    )

api = Api()
routes = api.routes

_ALL = f"{UC}/providers"
_ONE = f"{_ALL}/{{name}}"
_PAGE = 100
_ASSETS = 1000


def provider_of(call: Call) -> Object:
    """The provider that a path names, if the caller may know of it."""
    providers.discover(call.server.catalog)
    return rights.named(call.server.catalog, call.who, "PROVIDER", call.path("name"))


_SEES = Rule("owner of the provider, USE PROVIDER, or metastore administrators", provider_of)
_OWNS = Rule("owner of the provider or metastore administrators", provider_of)


@api.get(_ALL, sdk="providers.list", rule=checked("everybody sees their own; USE PROVIDER all"))
def list_providers(call: Call) -> ListProvidersResponse:
    """Providers the caller may know of; with an identifier the one that is this metastore."""
    from databricks.sdk.service.sharing import ListProvidersResponse

    providers.discover(call.server.catalog)
    wanted = call.query("data_provider_global_metastore_id")
    found, token = call.page(
        (
            each
            for each in rights.listed(call.server.catalog, call.who, "PROVIDER")
            if not wanted or each.spec["sharing_id"] == wanted
        ),
        lambda each: each.name,
        cap=_PAGE,
    )
    return ListProvidersResponse(
        providers=[provider_info(call, each) for each in found], next_page_token=token
    )


@api.get(_ONE, sdk="providers.get", rule=_SEES)
def get_provider(call: Call) -> ProviderInfo:
    """One provider."""
    return provider_info(call, call.found)


@api.post(_ALL, sdk="providers.create", rule=checked("CREATE PROVIDER on the metastore"))
def create_provider(call: Call) -> ProviderInfo:
    """Refused: providers appear by themselves, and a profile would be read from other machines."""
    rights.require(call.server.catalog, call.who, "CREATE PROVIDER")
    raise unserved("providers.create: other local workspaces appear as providers by themselves")


@api.patch(_ONE, sdk="providers.update", rule=_OWNS)
def update_provider(call: Call) -> ProviderInfo:
    """Change comment, name and owner."""
    from databricks.sdk.service.sharing import ProvidersAPI

    given = call.arguments(ProvidersAPI.update)
    if "recipient_profile_str" in given:
        raise unserved("the field recipient_profile_str of providers.update")
    providers.change(
        call.context,
        call.found,
        comment=given.get("comment"),
        new_name=given.get("new_name"),
        owner=given.get("owner"),
    )
    return provider_info(call, call.found)


@api.delete(_ONE, sdk="providers.delete", rule=_OWNS)
def delete_provider(call: Call) -> None:
    """Forget a provider: catalogs made from its shares are empty from then on."""
    providers.drop(call.context, call.found)


@api.get(f"{_ONE}/shares", sdk="providers.list_shares", rule=_SEES)
def list_shares(call: Call) -> ListProviderSharesResponse:
    """Shares that a provider offers at this moment."""
    from databricks.sdk.service.sharing import ListProviderSharesResponse, ProviderShare

    found, token = call.page(
        providers.shares_of(call.server.catalog, call.found), lambda each: str(each["name"])
    )
    return ListProviderSharesResponse(
        shares=[ProviderShare(name=each["name"]) for each in found], next_page_token=token
    )


@api.get(
    "/api/2.1/data-sharing/providers/{name}/shares/{share}",
    sdk="providers.list_provider_share_assets",
    rule=_SEES,
)
def list_assets(call: Call) -> ListProviderShareAssetsResponse:
    """What is in a share that a provider offers."""
    from databricks.sdk.service.sharing import ListProviderShareAssetsResponse, Share, Table, Volume

    catalog = call.server.catalog
    share = providers.share_named(catalog, call.found, call.path("share"))
    content = providers.contents_of(catalog, call.found, share)
    facts = {"share": share["name"], "share_id": share["id"]}
    tables, volumes = [], []
    for each in content["objects"]:
        about_it = {key: each[key] for key in ("id", "name", "schema", "comment")}
        if each["kind"] == "VOLUME":
            volumes.append(Volume(**about_it, **facts))
        else:
            tables.append(Table(**about_it, **facts))
    return ListProviderShareAssetsResponse(
        share=Share(id=share["id"], name=share["name"]),
        tables=tables[: _size(call, "table_max_results")],
        volumes=volumes[: _size(call, "volume_max_results")],
        functions=[],
        notebooks=[],
    )


def _size(call: Call, name: str) -> int:
    return min(call.number(name) or _ASSETS, _ASSETS)


def provider_info(call: Call, found: Object) -> ProviderInfo:
    """A provider as the SDK reads it."""
    from databricks.sdk.service.sharing import AuthenticationType, ProviderInfo

    facts: dict[str, Any] = about(call, found)
    cloud, region, metastore = providers.facts_of(found)
    return ProviderInfo(
        **{**facts, "metastore_id": metastore},
        authentication_type=AuthenticationType.DATABRICKS,
        data_provider_global_metastore_id=found.spec["sharing_id"],
        cloud=cloud,
        region=region,
    )
