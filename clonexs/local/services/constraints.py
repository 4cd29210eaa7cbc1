"""``table_constraints`` of the SDK: primary and foreign keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clonexs.local.errors import LocalError
from clonexs.local.services.routing import UC, Api, Call, checked, owns, unserved
from clonexs.local.statements.constraints import (
    FOREIGN,
    PRIMARY,
    ConstraintText,
    drop_key,
    key_of,
    keys_of,
)

if TYPE_CHECKING:
    from databricks.sdk.service.catalog import TableConstraint

api = Api()
routes = api.routes


@api.post(
    f"{UC}/constraints",
    sdk="table_constraints.create",
    rule=checked("owner or MANAGE on the table"),
)
def create_constraint(call: Call) -> TableConstraint:
    """Add a primary or foreign key to a table."""
    from databricks.sdk.service.catalog import TableConstraint, TableConstraintsAPI

    given = call.arguments(TableConstraintsAPI.create)
    constraint = TableConstraint.from_dict(given["constraint"])
    context = call.context
    table = context.owned("TABLE", tuple(given["full_name_arg"].split(".")))
    with call.server.catalog.transaction():
        keys = keys_of(table)
        made = key_of(context, table, _text(constraint), keys)
        call.server.catalog.update(
            table, call.who, spec={**table.spec, "constraints": [*keys, made]}
        )
    return constraint


def _text(constraint: TableConstraint) -> ConstraintText:
    key, reference = constraint.primary_key_constraint, constraint.foreign_key_constraint
    if (key is None) == (reference is None):
        if constraint.named_table_constraint is not None and key is None:
            raise unserved("named_table_constraint of table_constraints.create")
        raise LocalError(
            "INVALID_PARAMETER_VALUE",
            "Exactly one of primary_key_constraint and foreign_key_constraint must be given.",
        )
    if key is not None:
        return ConstraintText(
            PRIMARY,
            key.name or "",
            columns=tuple(key.child_columns or ()),
            timeseries=tuple(key.timeseries_columns or ()),
            rely=bool(key.rely),
        )
    assert reference is not None
    return ConstraintText(
        FOREIGN,
        reference.name or "",
        columns=tuple(reference.child_columns or ()),
        parent=tuple((reference.parent_table or "").split(".")),
        parent_columns=tuple(reference.parent_columns or ()),
        rely=bool(reference.rely),
    )


@api.delete(
    f"{UC}/constraints/{{full_name}}",
    sdk="table_constraints.delete",
    rule=owns("TABLE", "full_name"),
)
def delete_constraint(call: Call) -> None:
    """Take a key away; ``cascade`` also the foreign keys that point to it."""
    name = call.needed("constraint_name")
    for key in keys_of(call.found):
        if key["name"].lower() == name.lower():
            drop_key(call.context, call.found, key, cascade=call.flag("cascade"))
            return
    raise LocalError(
        "RESOURCE_DOES_NOT_EXIST",
        f"Constraint '{name}' does not exist on table '{call.found.full_name}'.",
    )
