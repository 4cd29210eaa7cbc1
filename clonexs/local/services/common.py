"""What the answers about all securable objects share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.catalog import Object

if TYPE_CHECKING:
    from clonexs.local.services.routing import Call

_LEVELS = ("CATALOG", "SCHEMA")


def about(call: Call, found: Object) -> dict[str, Any]:
    """Fields that every object's answer has, ready for the SDK's dataclasses."""
    return {
        "name": found.name,
        "owner": found.owner,
        "comment": found.comment,
        "created_at": found.created_at,
        "created_by": found.created_by,
        "updated_at": found.updated_at,
        "updated_by": found.updated_by,
        "metastore_id": call.server.catalog.get("METASTORE", "local").id,
    }


def in_schema(found: Object) -> dict[str, Any]:
    """Names of the catalog and schema an object is in."""
    return {
        "catalog_name": found.catalog,
        "schema_name": found.schema,
        "full_name": found.full_name,
    }


def optimization(call: Call, found: Object) -> dict[str, Any]:
    """What is set about predictive optimization on an object, and what is in force."""
    from databricks.sdk.service.catalog import (
        EffectivePredictiveOptimizationFlag,
        EffectivePredictiveOptimizationFlagInheritedFromType,
        EnablePredictiveOptimization,
    )

    own = found.spec.get("predictive_optimization", "INHERIT")
    made: dict[str, Any] = {"enable_predictive_optimization": EnablePredictiveOptimization(own)}
    value: str = own
    inherited: dict[str, Any] = {}
    for holder in call.server.catalog.parents(found) if own == "INHERIT" else ():
        value = holder.spec.get("predictive_optimization", "INHERIT")
        if value != "INHERIT":
            kind = EffectivePredictiveOptimizationFlagInheritedFromType(holder.kind)
            inherited = {"inherited_from_type": kind, "inherited_from_name": holder.full_name}
            break
    # Nothing here optimizes by itself: that is the metastore's setting.
    made["effective_predictive_optimization_flag"] = EffectivePredictiveOptimizationFlag(
        EnablePredictiveOptimization("DISABLE" if value == "INHERIT" else value), **inherited
    )
    return made


def is_owners(call: Call, found: Object) -> bool:
    """Whether the caller may read the text behind a view or function."""
    catalog = call.server.catalog
    return catalog.grants.manages(call.who, found, catalog.parents(found))
