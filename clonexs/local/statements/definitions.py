"""What views and functions share: texts that are kept, and read again by others later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.context import StatementContext

if TYPE_CHECKING:
    from clonexs.local.engine.rewrite import Rewriter


def analyzed(
    ctx: StatementContext, text: str, statement: str
) -> tuple[list[dict[str, Any]], Rewriter]:
    """Columns of a query, as fields of a Delta schema, and what it reads; with the caller's rights.

    Args:
        ctx: The statement's surroundings.
        text: A query that is to be kept.
        statement: What is being made, for messages.

    Raises:
        LocalError: if it is no query, is not understood, or reads what the caller may not read.
    """
    from clonexs.local.engine.client import sql_relation
    from clonexs.local.engine.rewrite import is_query
    from clonexs.local.engine.text import tree_of

    tree = tree_of(text)
    if not is_query(tree):
        raise syntax(f"A query is expected in {statement}.")
    refuse_parameters(tree, statement)
    rewriter = ctx.engine.rewriter(ctx.session)
    rewritten = rewriter.query(text, ctx.engine.scope(ctx.session))
    relation = sql_relation(rewritten.text, None, rewritten.relations)
    return ctx.engine.fields_of(ctx.session, relation), rewriter


def refuse_parameters(tree: Any, statement: str) -> None:
    """Refuse markers for values in a text that outlives its statement.

    Raises:
        LocalError: if there is one.
    """
    from sqlglot import exp

    if tree.find(exp.Placeholder, exp.Parameter) is not None:
        raise LocalError(
            "UNSUPPORTED_FEATURE.PARAMETER_MARKER_IN_UNEXPECTED_STATEMENT",
            f"Parameter markers are not allowed in {statement}.",
        )
