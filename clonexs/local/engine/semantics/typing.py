"""Types of expressions, worked out from the inside, and what is written in another way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from clonexs.local.engine.semantics import rules
from clonexs.local.engine.semantics.constants import boundary
from clonexs.local.engine.semantics.kinds import (
    BOOLEAN,
    DATE,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    UNKNOWN,
    Kind,
)
from clonexs.local.engine.semantics.node import Node
from clonexs.local.engine.semantics.results import result
from clonexs.local.engine.semantics.scopes import Scope, inner

if TYPE_CHECKING:
    from clonexs.local.engine.semantics.repair import Context
    from clonexs.local.engine.semantics.scopes import Columns

_WITHOUT_PARENTHESES = {
    "current_date": DATE,
    "current_timestamp": TIMESTAMP,
    "localtimestamp": TIMESTAMP_NTZ,
    "current_user": STRING,
    "current_catalog": STRING,
}
_VOLATILE = {"rand", "random", "randn", "uuid", "shuffle", "monotonically_increasing_id", "randstr"}


class Typer(ABC):
    """Works out types and repairs expressions.

    Args:
        context: What is known around the text.
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    @abstractmethod
    def subquery(self, node: Node, scope: Scope) -> Columns | None:
        """Repair a query inside an expression; give its columns."""

    @abstractmethod
    def asked(self, node: Node, scope: Scope) -> Kind:
        """The type of an expression as the engine tells it."""

    @abstractmethod
    def lateral(self, node: Node, scope: Scope) -> Kind | None:
        """The type of a column of the same SELECT, which is put in the place of its name."""

    def of(self, node: Node, scope: Scope) -> Kind:
        """The type of an expression; everything inside it is repaired."""
        kind = getattr(self, f"_{node.kind}", self._other)(node, scope)
        node.type = kind
        return kind

    def known(self, node: Node, scope: Scope) -> Kind:
        """The type of an expression that was worked out; the engine is asked where that failed."""
        if not node.type.is_known:
            node.type = self.asked(node, scope)
        return node.type

    def _inside(self, node: Node, scope: Scope) -> None:
        for part in node.parts:
            self.of(part, scope)

    def _other(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        return node.args[0].type if node.args else UNKNOWN

    def _tuple(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        names = tuple(f"col{i + 1}" for i in range(len(node.args)))
        return Kind("struct", inner=tuple(arg.type for arg in node.args), fields=names)

    def _literal(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        node.made = boundary(node)
        return node.type

    def _parameter(self, node: Node, scope: Scope) -> Kind:
        return self.context.arguments.get(node.name, UNKNOWN)

    def _column(self, node: Node, scope: Scope) -> Kind:
        path = node.more["path"]
        found = scope.find(path)
        if found is not None and found.is_known:
            return found
        if found is None and len(path) == 1:
            lateral = self.lateral(node, scope)
            if lateral is not None:
                return lateral
            if not node.more.get("quoted"):
                return _WITHOUT_PARENTHESES.get(path[0].lower(), UNKNOWN)
        return UNKNOWN

    def _field(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        return inner(node.args[0].type, [node.name.lower()])

    def _subquery(self, node: Node, scope: Scope) -> Kind:
        columns = self.subquery(node.args[0], scope)
        return columns[0][1] if columns else UNKNOWN

    def _exists(self, node: Node, scope: Scope) -> Kind:
        self.subquery(node.args[0], scope)
        return BOOLEAN

    def _query(self, node: Node, scope: Scope) -> Kind:
        columns = self.subquery(node, scope)
        return columns[0][1] if columns else UNKNOWN

    def _case(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        return rules.case(self, node, scope)

    def _cast(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        return rules.cast(self, node, scope)

    def _op(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        return rules.operator(self, node, scope)

    def _path(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        return rules.path(self, node, scope)

    def _window(self, node: Node, scope: Scope) -> Kind:
        self._inside(node, scope)
        rules.frame(self, node, scope)
        return UNKNOWN

    def _collate(self, node: Node, scope: Scope) -> Kind:
        raise rules.unsupported("Collations")

    def _call(self, node: Node, scope: Scope) -> Kind:
        for part in node.parts:
            if part.kind != "lambda":
                self.of(part, scope)
        rules.lambdas(self, node, scope)
        node.type = result(node.name, [arg.type for arg in node.args])
        return rules.function(self, node, scope)

    def body(self, node: Node, kinds: list[Kind], scope: Scope) -> Kind:
        """The type of a lambda's body.

        Args:
            node: The lambda.
            kinds: Types of its variables.
            scope: The scope around it.
        """
        names = [name.lower() for name in node.more["names"]]
        named = dict(zip(names, kinds, strict=False))
        node.type = self.of(node.args[0], scope.inside(named))
        return node.type


def is_volatile(node: Node) -> bool:
    """Whether an expression may give another value each time."""
    return any(
        (each.kind == "call" and each.name in _VOLATILE) or each.kind == "subquery"
        for each in node.walk()
    )
