"""Rows that came with the answer of a command: the clients would ask the server for them once more.

A command's rows (the figures of a CLONE, the lines of a DESCRIBE) travel inside its own answer. The
clients wrap them into a frame and, to read it, send them back twice: once to learn their types, once
to get the rows. Most statements of a run are commands, so that would be more than half of what goes
over the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


def rows_at_hand(frame: Any) -> pa.Table | None:
    """The rows of a frame, if the client holds them and every type in them reads the same here.

    Args:
        frame: What ``sql()`` gave.

    Returns:
        The rows; ``None`` where the frame must be asked for them.
    """
    # Where a client keeps the answer otherwise, the frame is asked, as for a query.
    relation = getattr(getattr(frame, "_plan", None), "_plan", None)
    data = getattr(getattr(relation, "local_relation", None), "data", None)
    if not isinstance(data, bytes) or not data:
        return None
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(data).read_all()
    except pa.ArrowException:
        return None
    return table if all(_is_plain(field.type) for field in table.schema) else None


def _is_plain(kind: pa.DataType) -> bool:
    """Whether values of a type mean the same without the protocol's own types beside them."""
    import pyarrow as pa

    if pa.types.is_nested(kind):
        # A variant is a struct of two binary parts, told apart by its marks only.
        parts = [kind.field(index) for index in range(kind.num_fields)]
        is_variant = {part.name for part in parts} == {"value", "metadata"}
        return not is_variant and all(_is_plain(part.type) for part in parts)
    return not (pa.types.is_interval(kind) or pa.types.is_dictionary(kind))
