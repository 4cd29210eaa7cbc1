"""Which expressions are written in another way, and how."""

from clonexs.local.engine.semantics.rules.basics import refuse, unsupported
from clonexs.local.engine.semantics.rules.branches import case
from clonexs.local.engine.semantics.rules.casts import cast
from clonexs.local.engine.semantics.rules.frames import frame
from clonexs.local.engine.semantics.rules.functions import function
from clonexs.local.engine.semantics.rules.lambdas import lambdas
from clonexs.local.engine.semantics.rules.operators import operator
from clonexs.local.engine.semantics.rules.paths import path

__all__ = [
    "case",
    "cast",
    "frame",
    "function",
    "lambdas",
    "operator",
    "path",
    "refuse",
    "unsupported",
]
