"""With whose rights and from where a text is read, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from clonexs.local.catalog import Object, Principal
from clonexs.local.errors import LocalError

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.engine.files import FileRows
    from clonexs.local.system.touched import Touch

_MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Scope:
    """With whose rights and from where names are read.

    Attributes:
        who: Whose privileges count: the caller, or the owner inside a view or function.
        user: Who runs the statement: what ``current_user()`` says and masks look at.
        catalog: Catalog of one- and two-part names.
        schema: Schema of one-part names.
        depth: How deep in views and functions we are.
        local: Names of one part that the plan around the text brings along.
    """

    who: Principal
    user: Principal
    catalog: str
    schema: str
    depth: int = 0
    local: frozenset[str] = frozenset()

    def inside(self, holder: Object, owner: Principal) -> Scope:
        """The scope of the text of a view or function."""
        if self.depth >= _MAX_DEPTH:
            raise LocalError(
                "VIEW_EXCEED_MAX_NESTED_DEPTH", f"`{holder.full_name}` nests too deep."
            )
        catalog, schema = holder.spec.get("resolved_in") or holder.parts[:2]
        return replace(self, who=owner, catalog=catalog, schema=schema, depth=self.depth + 1)


@dataclass(slots=True)
class Rewritten:
    """A text the engine may run.

    Attributes:
        text: The text.
        tables: Tables that were read, for lineage and locks.
        relations: Rows to put into the session first, by the name that stands in the text.
        touched: What it reads, for lineage.
    """

    text: str
    tables: list[Object] = field(default_factory=list)
    relations: dict[str, pa.Table | FileRows] = field(default_factory=dict)
    touched: tuple[Touch, ...] = ()
