"""``model_versions`` of the SDK, and the two calls by which a client of MLflow makes a version."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, not_found
from clonexs.local.paths import path_of
from clonexs.local.services import requests
from clonexs.local.services.models import ALIAS, KIND, ONE, aliases_of, version_of
from clonexs.local.services.routing import Api, Call, checked, owns, sees

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import ListModelVersionsResponse, ModelVersionInfo

api = Api()
routes = api.routes

_ALL = f"{ONE}/versions"
_VERSION = f"{_ALL}/{{version}}"
_MLFLOW = "/api/2.0/mlflow/unity-catalog/model-versions"
_MAKES = checked("owner, MANAGE or CREATE MODEL VERSION on the model")
# Above the number of any version: keys of pages go up where numbers go down.
_MOST = 10**9
_PENDING, _READY = "PENDING_REGISTRATION", "READY"


@api.get(_ALL, sdk="model_versions.list", rule=sees(KIND, "full_name"))
def list_versions(call: Call) -> ListModelVersionsResponse:
    """Versions of a model, the newest first."""
    from databricks.sdk.service.catalog import ListModelVersionsResponse

    numbers = sorted(map(int, call.found.spec["versions"]), reverse=True)
    found, token = call.page(numbers, lambda number: f"{_MOST - number:010d}")
    return ListModelVersionsResponse(
        model_versions=[version_info(call, call.found, each) for each in found],
        next_page_token=token,
    )


@api.get(_VERSION, sdk="model_versions.get", rule=sees(KIND, "full_name"))
def get_version(call: Call) -> ModelVersionInfo:
    """One version."""
    return _shown(call, _number(call))


@api.get(ALIAS, sdk="model_versions.get_by_alias", rule=sees(KIND, "full_name"))
def get_by_alias(call: Call) -> ModelVersionInfo:
    """The version that a name stands for."""
    number = call.found.spec["aliases"].get(call.path("alias").lower())
    if number is None:
        raise LocalError(
            "RESOURCE_DOES_NOT_EXIST",
            f"Alias '{call.path('alias')}' of model '{call.found.full_name}' does not exist.",
        )
    return _shown(call, number)


@api.patch(_VERSION, sdk="model_versions.update", rule=owns(KIND, "full_name"))
def update_version(call: Call) -> ModelVersionInfo:
    """Describe a version."""
    from databricks.sdk.service.catalog import ModelVersionsAPI

    body = {**call.json(), "full_name": call.path("full_name"), "version": _number(call)}
    given = requests.arguments(ModelVersionsAPI.update, body)
    number = given["version"]
    kept = version_of(call.found, number)
    if "comment" in given:
        kept["comment"] = given["comment"]
    _keep(call, call.found, number, kept)
    return version_info(call, call.found, number)


@api.delete(_VERSION, sdk="model_versions.delete", rule=owns(KIND, "full_name"))
def delete_version(call: Call) -> None:
    """Forget a version, its files and the names that stand for it."""
    number, found = _number(call), call.found
    kept = version_of(found, number)
    spec = dict(found.spec)
    spec["versions"] = {k: v for k, v in spec["versions"].items() if k != str(number)}
    spec["aliases"] = {k: v for k, v in spec["aliases"].items() if v != number}
    call.server.catalog.update(found, call.who, spec=spec)
    shutil.rmtree(path_of(kept["storage_location"]), ignore_errors=True)


@api.post(f"{_MLFLOW}/create", sdk="", rule=_MAKES)
def create_version(call: Call) -> dict[str, Any]:
    """Begin a version: it waits for its files, which the caller puts into its folder."""
    body = call.json()
    model = _model(call, body)
    number = int(model.spec["last_version"]) + 1
    folder = path_of(model.storage_location or "") / str(uuid.uuid4())
    folder.mkdir(parents=True, mode=0o700)
    now = int(call.server.clock() * 1000)
    made = {
        "id": str(uuid.uuid4()),
        "comment": _text(body, "description"),
        "source": _text(body, "source"),
        "run_id": _text(body, "run_id"),
        "status": _PENDING,
        "storage_location": folder.as_uri(),
        "created_at": now,
        "created_by": call.who.name,
        "updated_at": now,
        "updated_by": call.who.name,
    }
    _keep(call, model, number, made, last_version=number)
    return {"model_version": _mlflow(model, number)}


@api.post(f"{_MLFLOW}/finalize", sdk="", rule=_MAKES)
def finalize_version(call: Call) -> dict[str, Any]:
    """End a version: its files are there."""
    body = call.json()
    model = _model(call, body)
    number = _whole(body.get("version"))
    _keep(call, model, number, {**version_of(model, number), "status": _READY})
    return {"model_version": _mlflow(model, number)}


def _model(call: Call, body: dict[str, Any]) -> Object:
    name = _text(body, "name")
    if not name:
        raise LocalError("INVALID_PARAMETER_VALUE", "Missing required field: name")
    model = call.named(KIND, name)
    catalog, parents = call.server.catalog, call.server.catalog.parents(model)
    if not catalog.grants.manages(call.who, model, parents):
        catalog.require(call.who, "CREATE MODEL VERSION", model)
    if catalog.find(KIND, model.full_name) is None:
        raise not_found(KIND, name)
    return model


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise LocalError("INVALID_PARAMETER_VALUE", f"{name} must be a text.")
    return value


def _number(call: Call) -> int:
    return _whole(call.path("version"))


def _whole(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"'{value}' is not the number of a version."
        ) from error


def _keep(call: Call, model: Object, number: int, made: dict[str, Any], **spec: Any) -> None:
    now = int(call.server.clock() * 1000)
    made = {**made, "updated_at": now, "updated_by": call.who.name}
    versions = {**model.spec["versions"], str(number): made}
    call.server.catalog.update(model, call.who, spec={**model.spec, "versions": versions, **spec})


def _mlflow(model: Object, number: int) -> dict[str, Any]:
    kept = version_of(model, number)
    return {
        "name": model.full_name,
        "version": str(number),
        "creation_timestamp": kept["created_at"],
        "last_updated_timestamp": kept["updated_at"],
        "user_id": kept["created_by"],
        "description": kept["comment"] or "",
        "source": kept["source"] or "",
        "run_id": kept["run_id"] or "",
        "status": kept["status"],
        "storage_location": kept["storage_location"],
        "aliases": [
            {"alias": each.alias_name, "version": str(number)} for each in aliases_of(model, number)
        ],
    }


def _shown(call: Call, number: int) -> ModelVersionInfo:
    made = version_info(call, call.found, number)
    if call.flag("include_aliases"):
        made.aliases = aliases_of(call.found, number)
    return made


def version_info(call: Call, model: Object, number: int) -> ModelVersionInfo:
    """A version as the SDK reads it."""
    from databricks.sdk.service.catalog import ModelVersionInfo, ModelVersionInfoStatus

    kept = version_of(model, number)
    kept["status"] = ModelVersionInfoStatus(kept["status"])
    return ModelVersionInfo(
        **kept,
        catalog_name=model.catalog,
        schema_name=model.schema,
        model_name=model.name,
        metastore_id=call.server.catalog.get("METASTORE", "local").id,
        version=number,
    )
