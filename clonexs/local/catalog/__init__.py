"""The catalog: objects, grants, tags, principals and tokens of one workspace."""

from clonexs.local.catalog.objects import Object
from clonexs.local.catalog.store import Catalog
from clonexs.local.identity import Principal

__all__ = ["Catalog", "Object", "Principal"]
