"""Shares, their recipients, and the providers of other shares. Only ``system`` has these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.information_schema.frame import Column, Relation, columns, of
from clonexs.local.information_schema.seen import Seen
from clonexs.local.sharing import recipients as tokens_of
from clonexs.local.sharing import rights, shares
from clonexs.local.sharing.identity import parts_of
from clonexs.local.sharing.mounted import provider_of
from clonexs.local.sharing.shares import Record

_CHANGES = "created T, created_by S, last_altered T, last_altered_by S"


def _listed(seen: Seen, kind: str) -> list[Object]:
    return rights.listed(seen.catalog, seen.who, kind)


def _about(found: list[Object], word: str) -> dict[str, Column]:
    return {
        f"{word}_name": of(found, "name"),
        f"{word}_owner": of(found, "owner"),
        "comment": of(found, "comment"),
        "created": of(found, "created_at"),
        "created_by": of(found, "created_by"),
        "last_altered": of(found, "updated_at"),
        "last_altered_by": of(found, "updated_by"),
    }


def _shares(seen: Seen) -> Mapping[str, Column]:
    return _about(_listed(seen, "SHARE"), "share")


def _granted(seen: Seen) -> Mapping[str, Column]:
    found = [
        (grantor, recipient.name, share.name)
        for share in _listed(seen, "SHARE")
        for recipient, grantor in shares.recipients_of(seen.catalog, share)
    ]
    return {
        "grantor": [each[0] for each in found],
        "recipient_name": [each[1] for each in found],
        "share_name": [each[2] for each in found],
        "privilege_type": "SELECT",
    }


def _records(seen: Seen, *kinds: str) -> list[tuple[Object, Record]]:
    return [
        (share, record)
        for share in _listed(seen, "SHARE")
        for record in shares.records_of(share)
        if record["kind"] in kinds
    ]


def _usage(found: list[tuple[Object, Record]]) -> dict[str, Column]:
    names = [record["name"].split(".") for _, record in found]
    return {
        "catalog_name": [name[0] for name in names],
        "schema_name": [name[1] for name in names],
        "share_name": [share.name for share, _ in found],
        "shared_as_schema": [record["shared_as"].partition(".")[0] for _, record in found],
        "comment": [record.get("comment") for _, record in found],
    }


def _schemas(seen: Seen) -> Mapping[str, Column]:
    return _usage(_records(seen, "SCHEMA"))


def _tables(seen: Seen) -> Mapping[str, Column]:
    from clonexs.local.statements.shares import partition_text

    found = _records(seen, "TABLE", "VIEW", "MATERIALIZED_VIEW")
    return {
        **_usage(found),
        "table_name": [record["name"].split(".")[2] for _, record in found],
        "partition_spec": [partition_text(record["partitions"]) for _, record in found],
        "cdf_enabled": [str(bool(record["cdf"])).lower() for _, record in found],
        "start_version": [record.get("start_version") for _, record in found],
        "shared_as_table": [record["shared_as"].partition(".")[2] for _, record in found],
    }


def _recipients(seen: Seen) -> Mapping[str, Column]:
    found = _listed(seen, "RECIPIENT")
    ids = [each.spec.get("sharing_id") for each in found]
    return {
        **_about(found, "recipient"),
        "recipient_id": of(found, "id"),
        "authentication_type": [each.spec["type"] for each in found],
        "cloud": [parts_of(each)[0] if each else None for each in ids],
        "region": [parts_of(each)[1] if each else None for each in ids],
        "data_recipient_global_metastore_id": ids,
    }


def _addresses(seen: Seen) -> Mapping[str, Column]:
    found = [
        (each.name, allowed)
        for each in _listed(seen, "RECIPIENT")
        for allowed in each.spec.get("addresses", ())
    ]
    return {
        "recipient_name": [each[0] for each in found],
        "allowed_ip_range": [each[1] for each in found],
    }


def _tokens(seen: Seen) -> Mapping[str, Column]:
    found = [
        (each.name, token)
        for each in _listed(seen, "RECIPIENT")
        for token in each.spec.get("tokens", ())
    ]

    def column(key: str) -> list[Any]:
        return [token[key] for _, token in found]

    return {
        "recipient_name": [name for name, _ in found],
        "recipient_token_id": column("id"),
        "activation_url": [tokens_of.activation_url(seen.catalog, token) for _, token in found],
        "expiration_time": column("expires_at"),
        "created": column("created_at"),
        "created_by": column("created_by"),
        "last_altered": column("updated_at"),
        "last_altered_by": column("updated_by"),
    }


def _providers(seen: Seen) -> Mapping[str, Column]:
    found = _listed(seen, "PROVIDER")
    ids = [each.spec["sharing_id"] for each in found]
    return {
        **_about(found, "provider"),
        "authentication_type": tokens_of.DATABRICKS,
        "cloud": [parts_of(each)[0] for each in ids],
        "region": [parts_of(each)[1] for each in ids],
        "data_provider_global_metastore_id": ids,
    }


def _mounted(seen: Seen) -> Mapping[str, Column]:
    found = [each for each in seen.catalogs if "share" in each.spec]
    held = [provider_of(seen.catalog, each) for each in found]
    return {
        "catalog_name": of(found, "name"),
        "provider_name": [each.name if each is not None else None for each in held],
        "share_name": [each.spec["share"]["name"] for each in found],
    }


_USAGE = "catalog_name schema_name"
_DECLARED = (
    ("shares", f"share_name share_owner comment S, {_CHANGES}", _shares),
    ("share_recipient_privileges", "grantor recipient_name share_name privilege_type S", _granted),
    ("schema_share_usage", f"{_USAGE} share_name shared_as_schema comment S", _schemas),
    (
        "table_share_usage",
        f"{_USAGE} table_name share_name partition_spec cdf_enabled S, start_version L,"
        " shared_as_schema shared_as_table comment S",
        _tables,
    ),
    (
        "recipients",
        "recipient_name recipient_id recipient_owner authentication_type comment cloud region"
        f" data_recipient_global_metastore_id S, {_CHANGES}",
        _recipients,
    ),
    ("recipient_allowed_ip_ranges", "recipient_name allowed_ip_range S", _addresses),
    (
        "recipient_tokens",
        f"recipient_name recipient_token_id activation_url S, expiration_time T, {_CHANGES}",
        _tokens,
    ),
    (
        "providers",
        "provider_name provider_owner authentication_type share_credentials_version endpoint"
        f" comment cloud region data_provider_global_metastore_id S, {_CHANGES}",
        _providers,
    ),
    ("catalog_provider_share_usage", "catalog_name provider_name share_name S", _mounted),
)
RELATIONS = tuple(
    Relation(name, columns(text), build, everywhere=False) for name, text, build in _DECLARED
)
