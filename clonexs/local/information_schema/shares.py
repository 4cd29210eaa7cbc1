"""Shares. This workspace keeps none, so these relations are there and empty."""

from __future__ import annotations

from clonexs.local.information_schema.frame import Relation, columns, nothing

RELATIONS = (
    Relation(
        "shares",
        columns(
            "share_name share_owner comment S, created T, created_by S, last_altered T,"
            " last_altered_by S"
        ),
        nothing,
        everywhere=False,
    ),
    Relation(
        "share_recipient_privileges",
        columns("grantor recipient_name share_name privilege_type S"),
        nothing,
        everywhere=False,
    ),
    Relation(
        "schema_share_usage",
        columns("catalog_name schema_name share_name shared_as_schema comment S"),
        nothing,
        everywhere=False,
    ),
    Relation(
        "table_share_usage",
        columns(
            "catalog_name schema_name table_name share_name partition_spec cdf_enabled S,"
            " start_version L, shared_as_schema shared_as_table comment S"
        ),
        nothing,
        everywhere=False,
    ),
)
