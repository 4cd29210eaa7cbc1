"""What reads a table or view that another provider shares."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.errors import LocalError, syntax

if TYPE_CHECKING:
    import pyarrow as pa

    from clonexs.local.engine.engine import Engine
    from clonexs.local.engine.session import SqlSession

_TRAVEL = re.compile(r"(VERSION|TIMESTAMP)\s+AS\s+OF\s+(.+)", re.IGNORECASE | re.DOTALL)


def received(engine: Engine, session: SqlSession, table: Object, travel: str) -> str | pa.Table:
    """The name by which the engine reads a shared table now, or the rows of a shared view.

    Args:
        engine: The statement layer.
        session: Whose statement it is.
        table: The table or view.
        travel: ``VERSION AS OF`` or ``TIMESTAMP AS OF`` as the statement has it; empty for none.

    Raises:
        LocalError: if its provider cannot be asked, or refuses.
    """
    if table.is_view:
        if travel:
            raise LocalError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "Views have no versions.")
        return engine.shared.rows(table)
    version, timestamp = _asked(engine, session, travel)
    snapshot = engine.shared.snapshot(table, version=version, timestamp=timestamp)
    return engine.alias(engine.shared.readable(table, snapshot))


def _asked(engine: Engine, session: SqlSession, travel: str) -> tuple[int | None, int | None]:
    if not travel:
        return None, None
    found = _TRAVEL.match(travel.strip())
    if found is None:
        raise syntax(f"A version is not understood: {travel}")
    word, value = found.group(1).upper(), found.group(2).strip()
    if word == "VERSION":
        number = value.strip("'\"")
        if not number.isdigit():
            raise syntax(f"{value} is not the number of a version.")
        return int(number), None
    rows = engine.query_table(session, f"SELECT CAST({value} AS TIMESTAMP) AS m").to_pylist()
    moment = rows[0]["m"]
    if not isinstance(moment, dt.datetime):
        raise LocalError("DELTA_TIMESTAMP_INVALID", f"The timestamp ({value}) is not valid.")
    return None, int(moment.timestamp() * 1000)
