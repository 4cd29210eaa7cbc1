"""``registered_models`` of the SDK: models of a schema, and the aliases of their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import folded
from clonexs.local.errors import LocalError
from clonexs.local.paths import url_of
from clonexs.local.services.common import about, in_schema
from clonexs.local.services.routing import ANYONE, UC, Api, Call, checked, owns, sees
from clonexs.local.statements.catalogs import set_owner
from clonexs.local.statements.storage import delete_data

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import (
        ListRegisteredModelsResponse,
        RegisteredModelAlias,
        RegisteredModelInfo,
    )

api = Api()
routes = api.routes

KIND = "MODEL"
ALL = f"{UC}/models"
ONE = f"{ALL}/{{full_name}}"
ALIAS = f"{ONE}/aliases/{{alias}}"


@api.get(ALL, sdk="registered_models.list", rule=ANYONE)
def list_models(call: Call) -> ListRegisteredModelsResponse:
    """Models of a schema, or of the whole metastore."""
    from databricks.sdk.service.catalog import ListRegisteredModelsResponse

    parent = ""
    if catalog := call.query("catalog_name"):
        schema = call.named("SCHEMA", f"{catalog}.{call.needed('schema_name')}")
        parent = schema.full_name
    elif call.query("schema_name"):
        raise LocalError("INVALID_PARAMETER_VALUE", "Missing required field: catalog_name")
    found, token = call.page(call.listed(KIND, parent), lambda each: each[0].full_name)
    return ListRegisteredModelsResponse(
        registered_models=[model_info(call, *each) for each in found], next_page_token=token
    )


@api.get(ONE, sdk="registered_models.get", rule=sees(KIND, "full_name"))
def get_model(call: Call) -> RegisteredModelInfo:
    """One model."""
    made = model_info(call, call.found, call.browse_only)
    if call.flag("include_aliases"):
        made.aliases = aliases_of(call.found)
    return made


@api.post(ALL, sdk="registered_models.create", rule=checked("USE and CREATE MODEL on the schema"))
def create_model(call: Call) -> RegisteredModelInfo:
    """Register a model without versions; the caller owns it."""
    from databricks.sdk.service.catalog import RegisteredModelsAPI

    given = call.arguments(RegisteredModelsAPI.create)
    names = [given.get(name) for name in ("catalog_name", "schema_name", "name")]
    if not all(names):
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "Missing required field: catalog_name, schema_name or name"
        )
    schema = call.named("SCHEMA", f"{names[0]}.{names[1]}")
    parts = (*schema.parts, folded(str(names[2])))
    call.context.parent_for(parts, "CREATE MODEL")
    catalog = call.server.catalog
    made = catalog.create(
        Object(
            kind=KIND,
            parts=parts,
            owner=call.who.name,
            comment=given.get("comment"),
            storage_location=url_of(catalog.new_location(parts, "models")),
            spec={"versions": {}, "aliases": {}, "last_version": 0},
        )
    )
    return model_info(call, made)


@api.patch(ONE, sdk="registered_models.update", rule=owns(KIND, "full_name"))
def update_model(call: Call) -> RegisteredModelInfo:
    """Rename a model, describe it or give it away."""
    from databricks.sdk.service.catalog import RegisteredModelsAPI

    given, found = call.arguments(RegisteredModelsAPI.update), call.found
    catalog = call.server.catalog
    with catalog.transaction():
        if "comment" in given:
            catalog.update(found, call.who, comment=given["comment"])
        if given.get("new_name"):
            catalog.rename(found, (*found.parts[:2], given["new_name"]))
        if given.get("owner"):
            set_owner(call.context, found, given["owner"])
    return model_info(call, found)


@api.delete(ONE, sdk="registered_models.delete", rule=owns(KIND, "full_name"))
def delete_model(call: Call) -> None:
    """Forget a model with all its versions and their files."""
    call.server.catalog.drop(call.found)
    delete_data(call.server.catalog, call.found)


@api.put(ALIAS, sdk="registered_models.set_alias", rule=owns(KIND, "full_name"))
def set_alias(call: Call) -> RegisteredModelAlias:
    """Let a name stand for a version; a name that stands for another one moves."""
    from databricks.sdk.service.catalog import RegisteredModelAlias

    found, alias = call.found, folded(call.path("alias"))
    version = call.json().get("version_num")
    if isinstance(version, bool) or not isinstance(version, int):
        raise LocalError("INVALID_PARAMETER_VALUE", "version_num must be a whole number.")
    version_of(found, version)
    _change(call, aliases={**found.spec["aliases"], alias: version})
    return RegisteredModelAlias(alias_name=alias, version_num=version)


@api.delete(ALIAS, sdk="registered_models.delete_alias", rule=owns(KIND, "full_name"))
def delete_alias(call: Call) -> None:
    """Forget the name of a version."""
    aliases = dict(call.found.spec["aliases"])
    if aliases.pop(call.path("alias").lower(), None) is None:
        raise LocalError(
            "RESOURCE_DOES_NOT_EXIST",
            f"Alias '{call.path('alias')}' of model '{call.found.full_name}' does not exist.",
        )
    _change(call, aliases=aliases)


def _change(call: Call, **spec: Any) -> None:
    call.server.catalog.update(call.found, call.who, spec={**call.found.spec, **spec})


def version_of(model: Object, number: int) -> dict[str, Any]:
    """What is kept of a version.

    Raises:
        LocalError: if there is none of that number.
    """
    found = model.spec["versions"].get(str(number))
    if found is None:
        raise LocalError(
            "RESOURCE_DOES_NOT_EXIST",
            f"Model version '{model.full_name}' version {number} does not exist.",
        )
    return dict(found)


def aliases_of(model: Object, version: int | None = None) -> list[RegisteredModelAlias]:
    """Names of versions of a model, or of one version."""
    from databricks.sdk.service.catalog import RegisteredModelAlias

    return [
        RegisteredModelAlias(alias_name=alias, version_num=number)
        for alias, number in sorted(model.spec["aliases"].items())
        if version in (None, number)
    ]


def model_info(call: Call, found: Object, browse_only: bool = False) -> RegisteredModelInfo:
    """A model as the SDK reads it."""
    from databricks.sdk.service.catalog import RegisteredModelInfo

    return RegisteredModelInfo(
        **about(call, found),
        **in_schema(found),
        storage_location=None if browse_only else found.storage_location,
        browse_only=browse_only,
    )
