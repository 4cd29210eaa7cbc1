"""What a catalog holds, read in one pass: no question is asked about a single object."""

from clonexs.workspace.inventory.contents import ALL_WANTED, Inventory, Want, view_name
from clonexs.workspace.inventory.facts import (
    Argument,
    CatalogFacts,
    Column,
    Constraint,
    Function,
    FunctionParameter,
    Mask,
    RowFilter,
    SchemaFacts,
    Table,
    Unknown,
    Volume,
)
from clonexs.workspace.inventory.privileges import securable_type
from clonexs.workspace.inventory.reading import read_inventory

__all__ = [
    "ALL_WANTED",
    "Argument",
    "CatalogFacts",
    "Column",
    "Constraint",
    "Function",
    "FunctionParameter",
    "Inventory",
    "Mask",
    "RowFilter",
    "SchemaFacts",
    "Table",
    "Unknown",
    "Volume",
    "Want",
    "read_inventory",
    "securable_type",
    "view_name",
]
