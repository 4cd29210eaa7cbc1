"""Row filters and column masks: a protected table is read through them and in no other way."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

from clonexs.local.catalog import Object
from clonexs.local.engine.text import quoted

if TYPE_CHECKING:
    from clonexs.local.engine.rewrite import Rewriter, Scope

_ALL_ROWS = 2**63 - 1
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)


def protected_text(table: Object, plain: str, scope: Scope, rewriter: Rewriter) -> str:
    """A sub-query over a table that filters its rows and masks its columns for the user.

    Args:
        table: The table.
        plain: What reads all of it.
        scope: How names are read; ``scope.user`` is whom the functions look at.
        rewriter: Finds and splices the functions.

    Raises:
        LocalError: if a function is gone: the table can then not be read at all.
    """
    # An alias nobody can have used: a column of the row must not be read as one of a table inside
    # the function.
    row = quoted(f"__row{secrets.token_hex(6)}")
    columns = []
    for column in table.columns:
        name = quoted(column["name"])
        mask = column.get("mask")
        if not mask:
            columns.append(f"{row}.{name}")
            continue
        arguments = [f"{row}.{name}", *(_argument(each, row) for each in mask.get("using", ()))]
        masked = rewriter.call_text(mask["function"], arguments, scope, policy=True)
        columns.append(f"CAST({masked} AS {column['type_text']}) AS {name}")
    where = ""
    if rule := table.spec.get("row_filter"):
        arguments = [_argument(each, row) for each in rule["columns"]]
        kept = rewriter.call_text(rule["function"], arguments, scope, policy=True)
        # A limit that no table reaches: the engine would otherwise try the reader's own conditions
        # first, also on rows that the filter hides, and tell of them in its errors.
        where = f" WHERE {kept} LIMIT {_ALL_ROWS}"
    return f"(SELECT {', '.join(columns)} FROM {plain} AS {row}{where})"


def _argument(text: str, row: str) -> str:
    # A constant is kept as a literal; only what is one from end to end goes into the text as it is.
    return text if _LITERAL.fullmatch(text) else f"{row}.{quoted(text)}"
