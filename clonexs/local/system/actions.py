"""What the audit log calls a request or a statement: service and action, in the platform's words."""

from __future__ import annotations

import json
from typing import TypeAlias

from clonexs.local.system.facts import Facts

# Service, action, and what is said about it.
Action: TypeAlias = "tuple[str, str, dict[str, str]]"
UNITY = "unityCatalog"
_SINGULAR = {
    "catalogs": "Catalog",
    "schemas": "Schema",
    "tables": "Table",
    "functions": "Function",
    "volumes": "Volume",
    "external_locations": "ExternalLocation",
    "storage_credentials": "StorageCredential",
    "credentials": "Credential",
    "connections": "Connection",
    "metastores": "Metastore",
    "shares": "Share",
    "recipients": "Recipient",
    "providers": "Provider",
    "registered_models": "RegisteredModel",
    "model_versions": "ModelVersion",
    "table_constraints": "Constraint",
    "entity_tag_assignments": "EntityTagAssignment",
    "quality_monitors": "Monitor",
    "online_tables": "OnlineTable",
    "system_schemas": "SystemSchema",
    "workspace_bindings": "WorkspaceBinding",
}
_SERVICES = {
    "statement_execution": "databrickssql",
    "warehouses": "databrickssql",
    "query_history": "databrickssql",
    "queries": "databrickssql",
    "alerts": "databrickssql",
    "dashboards": "dashboards",
    "lakeview": "dashboards",
    "jobs": "jobs",
    "clusters": "clusters",
    "secrets": "secrets",
    "files": "filesystem",
    "dbfs": "dbfs",
    "workspace": "workspace",
    "permissions": "iamRole",
    "current_user": "accounts",
    "users": "accounts",
    "groups": "accounts",
    "service_principals": "accounts",
    "tokens": "accounts",
    "pipelines": "deltaPipelines",
    "serving_endpoints": "serverlessRealTimeInference",
    "vector_search_endpoints": "vectorSearch",
    "vector_search_indexes": "vectorSearch",
    "repos": "repos",
}
_ACTIONS = {
    "tables.update": "updateTables",
    "tables.list_summaries": "listTableSummaries",
    "volumes.read": "getVolume",
    "grants.get": "getPermissions",
    "grants.list": "getPermissions",
    "grants.get_effective": "getEffectivePermissions",
    "grants.list_effective": "getEffectivePermissions",
    "grants.update": "updatePermissions",
    "metastores.current": "getMetastoreAssignment",
    "metastores.summary": "getMetastoreSummary",
    "shares.share_permissions": "getSharePermissions",
    "shares.update_permissions": "updateSharePermissions",
    "recipients.share_permissions": "getRecipientSharePermissions",
    "recipients.rotate_token": "rotateRecipientToken",
    "providers.list_shares": "listProviderShares",
    "warehouses.create": "createEndpoint",
    "warehouses.edit": "editEndpoint",
    "warehouses.delete": "deleteEndpoint",
    "warehouses.start": "startEndpoint",
    "warehouses.stop": "stopEndpoint",
    "warehouses.get": "getEndpoint",
    "warehouses.list": "listEndpoints",
    "query_history.list": "listHistoryQueries",
    "statement_execution.execute_statement": "executeStatement",
    "permissions.set": "changeAcl",
    "permissions.update": "changeAcl",
    "jobs.submit": "submitRun",
    "workspace.import_": "import",
}
_PLURALS = {"list"}
_VERBS = {
    "CREATE": "create",
    "DROP": "delete",
    "ALTER": "update",
    "COMMENT": "update",
    "UNDROP": "undrop",
    "TRUNCATE": "update",
    "RESTORE": "update",
}


def request_action(sdk: str) -> tuple[str, str]:
    """Service and action of a request.

    Args:
        sdk: The SDK's method, such as ``tables.get``.
    """
    service, _, method = sdk.partition(".")
    noun = _SINGULAR.get(service)
    name = _SERVICES.get(service, UNITY)
    if sdk in _ACTIONS:
        return name, _ACTIONS[sdk]
    verb, *rest = method.strip("_").split("_")
    tail = "".join(each.capitalize() for each in rest)
    if noun is None:
        return name, verb + tail
    if noun.endswith("y") and verb in _PLURALS:
        return name, f"{verb}{noun[:-1]}ies{tail}"
    return name, verb + noun + ("s" if verb in _PLURALS else "") + tail


def statement_actions(facts: Facts) -> list[Action]:
    """What a statement does in Unity Catalog, beside reading and writing rows."""
    full = ".".join(facts.name)
    if facts.verb in {"GRANT", "REVOKE"}:
        word = "add" if facts.verb == "GRANT" else "remove"
        changes = [{"principal": facts.to, word: facts.privileges}]
        return [
            (
                UNITY,
                "updatePermissions",
                {
                    "securable_type": facts.kind.lower(),
                    "securable_full_name": full,
                    "changes": json.dumps(changes),
                },
            )
        ]
    if facts.verb == "TAG":
        action = "UpdateTagSecurableAssignments"
        return [
            (UNITY, action, {"securable_type": facts.kind.lower(), "securable_full_name": full})
        ]
    verb = _VERBS.get(facts.verb)
    if verb is None or not facts.name:
        return []
    noun = {"VIEW": "Table", "COLUMN": "Table"}.get(
        facts.kind, "".join(word.capitalize() for word in facts.kind.split("_"))
    )
    action = "updateTables" if (verb, noun) == ("update", "Table") else verb + noun
    return [(UNITY, action, _named(facts, verb))]


def _named(facts: Facts, verb: str) -> dict[str, str]:
    name = facts.name[:3]
    if verb != "create":
        return {"name_arg" if len(name) == 1 else "full_name_arg": ".".join(name)}
    keys = ("catalog_name", "schema_name")[: len(name) - 1]
    made = {**dict(zip(keys, name, strict=False)), "name": name[-1]}
    if facts.kind in {"TABLE", "VIEW"}:
        made["table_type"] = "VIEW" if facts.kind == "VIEW" else "MANAGED"
        made["full_name_arg"] = ".".join(name)
    if facts.source:
        made["source_table_full_name"] = ".".join(facts.source)
    return made
