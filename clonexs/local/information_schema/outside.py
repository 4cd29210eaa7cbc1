"""Objects that are in no catalog: locations, credentials, connections, the metastore itself.

Only ``system`` has these relations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.information_schema.frame import Column, Relation, columns, of, yes_no
from clonexs.local.information_schema.privileges import outside
from clonexs.local.information_schema.seen import Seen

_CHANGES = "created T, created_by S, last_altered T, last_altered_by S"
_SECRET = "*****"
# How an identity is kept, and what the platform calls it.
_IDENTITIES = {
    "aws_iam_role": "AWS_IAM_ROLE",
    "azure_managed_identity": "AZURE_MANAGED_IDENTITY",
    "azure_service_principal": "AZURE_SERVICE_PRINCIPAL",
    "cloudflare_api_token": "CLOUDFLARE_API_TOKEN",
    "databricks_gcp_service_account": "DATABRICKS_GCP_SERVICE_ACCOUNT",
}
_SHOWN = ("role_arn", "access_connector_id", "directory_id", "application_id", "email")


def _changes(found: list[Object]) -> dict[str, Column]:
    return {
        "created": of(found, "created_at"),
        "created_by": of(found, "created_by"),
        "last_altered": of(found, "updated_at"),
        "last_altered_by": of(found, "updated_by"),
    }


def _locations(seen: Seen) -> Mapping[str, Column]:
    found = seen.outside("EXTERNAL_LOCATION")
    names = [each.spec.get("credential_name") for each in found]
    held = [seen.catalog.find("STORAGE_CREDENTIAL", str(name)) for name in names]
    return {
        "external_location_name": of(found, "name"),
        "external_location_owner": of(found, "owner"),
        "url": of(found, "storage_location"),
        "storage_credential_id": [None if each is None else each.id for each in held],
        "storage_credential_name": names,
        "read_only": [yes_no(each.spec.get("read_only")) for each in found],
        "comment": of(found, "comment"),
        **_changes(found),
    }


def _identity(found: Object) -> tuple[str | None, str | None]:
    """Type of a credential, and what may be shown of it."""
    for name, given in (found.spec.get("identity") or {}).items():
        shown = {key: given[key] for key in _SHOWN if given.get(key)}
        return _IDENTITIES.get(name, name.upper()), json.dumps(shown) if shown else _SECRET
    return None, None


def _credentials(prefix: str, kinds: tuple[str, ...]) -> Callable[[Seen], Mapping[str, Column]]:
    def build(seen: Seen) -> Mapping[str, Column]:
        found = [each for kind in kinds for each in seen.outside(kind)]
        identities = [_identity(each) for each in found]
        return {
            f"{prefix}_id": of(found, "id"),
            f"{prefix}_name": of(found, "name"),
            f"{prefix}_owner": of(found, "owner"),
            "credential_purpose": [
                "STORAGE" if each.kind == "STORAGE_CREDENTIAL" else "SERVICE" for each in found
            ],
            "credential_type": [kind for kind, _ in identities],
            "credential": [shown for _, shown in identities],
            "used_for_managed_storage": "NO",
            "comment": of(found, "comment"),
            **_changes(found),
        }

    return build


def _connections(seen: Seen) -> Mapping[str, Column]:
    found = seen.outside("CONNECTION")
    return {
        "connection_name": of(found, "name"),
        "connection_type": [each.spec.get("connection_type") for each in found],
        "connection_owner": of(found, "owner"),
        "comment": of(found, "comment"),
        "credential_type": [each.spec.get("credential_type") for each in found],
        "connection_options": [_options(each.spec.get("options") or {}) for each in found],
        "url": [_url(each) for each in found],
        **_changes(found),
    }


def _options(options: Mapping[str, Any]) -> str:
    # Where it leads to, never how to get in.
    shown = {key: str(options[key]) for key in ("host", "port") if key in options}
    return json.dumps(shown)


def _url(connection: Object) -> str | None:
    options = connection.spec.get("options") or {}
    host, port = options.get("host"), options.get("port")
    kind = str(connection.spec.get("connection_type", "")).lower()
    return None if not host else f"jdbc://{kind}://{host}" + (f":{port}" if port else "")


def _metastores(seen: Seen) -> Mapping[str, Column]:
    from clonexs.local.paths import url_of

    # Everybody may know of the metastore they are in.
    found = list(seen.catalog.objects("METASTORE"))
    return {
        "metastore_id": of(found, "id"),
        "metastore_name": of(found, "name"),
        "metastore_owner": of(found, "owner"),
        "storage_root": url_of(seen.catalog.folder.storage),
        "delta_sharing_scope": "INTERNAL",
        "privilege_model_version": "1.0",
        "cloud": "local",
        "region": "local",
        "global_metastore_id": [f"local:local:{each.id}" for each in found],
        **_changes(found),
    }


def _relation(name: str, text: str, build: Callable[[Seen], Mapping[str, Column]]) -> Relation:
    return Relation(name, columns(text), build, everywhere=False)


RELATIONS = (
    _relation(
        "external_locations",
        "external_location_name external_location_owner url storage_credential_id"
        f" storage_credential_name read_only comment S, {_CHANGES}",
        _locations,
    ),
    _relation(
        "storage_credentials",
        "storage_credential_id storage_credential_name storage_credential_owner credential_type"
        f" credential used_for_managed_storage comment S, {_CHANGES}",
        _credentials("storage_credential", ("STORAGE_CREDENTIAL",)),
    ),
    _relation(
        "credentials",
        "credential_id credential_name credential_owner credential_purpose credential_type"
        f" credential used_for_managed_storage comment S, {_CHANGES}",
        _credentials("credential", ("STORAGE_CREDENTIAL", "CREDENTIAL")),
    ),
    _relation(
        "connections",
        "connection_name connection_type connection_owner comment S, created T, created_by"
        " credential_type S, last_altered T, last_altered_by connection_options url S",
        _connections,
    ),
    _relation(
        "metastores",
        "metastore_id metastore_name metastore_owner storage_root storage_root_credential_id"
        " storage_root_credential_name delta_sharing_scope S,"
        " delta_sharing_recipient_token_lifetime L, delta_sharing_organization_name"
        f" privilege_model_version cloud region global_metastore_id S, {_CHANGES}",
        _metastores,
    ),
    outside("external_location_privileges", "external_location_name", "EXTERNAL_LOCATION"),
    outside("storage_credential_privileges", "storage_credential_name", "STORAGE_CREDENTIAL"),
    outside("credential_privileges", "credential_name", "STORAGE_CREDENTIAL", "CREDENTIAL"),
    outside("connection_privileges", "connection_name", "CONNECTION"),
    outside("metastore_privileges", "metastore_name", "METASTORE"),
)
