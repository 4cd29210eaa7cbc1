"""``information_schema`` of each catalog, and the one of ``system`` over all of them.

Rows are made from the catalog when they are asked for, column by column, and only of objects that
the caller may know of.
"""

from clonexs.local.information_schema.relations import relation, relation_names

__all__ = ["relation", "relation_names"]
