"""Databricks' own statements, answered by the local workspace itself."""

from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.dispatch import dispatch

__all__ = ["StatementContext", "dispatch"]
