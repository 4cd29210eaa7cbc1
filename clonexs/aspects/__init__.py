"""Aspects: what is true of an object besides its data. One file each, in the order of change."""

from typing import Any

from clonexs.aspects.base import Aspect
from clonexs.aspects.clustering import CLUSTERING
from clonexs.aspects.column_masks import COLUMN_MASKS
from clonexs.aspects.columns import COLUMNS
from clonexs.aspects.comments import COMMENTS
from clonexs.aspects.constraints import CONSTRAINTS
from clonexs.aspects.grants import GRANTS
from clonexs.aspects.owner import OWNER
from clonexs.aspects.properties import PROPERTIES
from clonexs.aspects.row_filter import ROW_FILTER
from clonexs.aspects.tags import TAGS

__all__ = ["ASPECTS", "find_aspect"]

# Owners come last: whoever gives an object away may lose the right to change it. Tags come before
# filters and masks, which policies that follow tags would otherwise meet half done.
ASPECTS: tuple[Aspect[Any], ...] = (
    COLUMNS,
    PROPERTIES,
    CLUSTERING,
    COMMENTS,
    CONSTRAINTS,
    TAGS,
    ROW_FILTER,
    COLUMN_MASKS,
    GRANTS,
    OWNER,
)


def find_aspect(name: str) -> Aspect[Any]:
    """An aspect by name.

    Raises:
        KeyError: if there is none.
    """
    for aspect in ASPECTS:
        if aspect.name == name:
            return aspect
    raise KeyError(f"there is no aspect {name!r}")
