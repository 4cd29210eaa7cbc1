"""What a function is made of, checked: types, defaults, and a body that can be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from clonexs.local.catalog import Object
from clonexs.local.catalog.objects import fold
from clonexs.local.delta.schema import to_json, to_text
from clonexs.local.errors import LocalError, syntax
from clonexs.local.statements.context import StatementContext
from clonexs.local.statements.definitions import analyzed, refuse_parameters


@dataclass(slots=True, kw_only=True)
class Parameter:
    """One parameter, or one column of a table function's result."""

    name: str
    type_text: str
    default: str | None = None
    comment: str | None = None

    def described(self, position: int) -> dict[str, Any]:
        """As the catalog keeps it.

        Raises:
            LocalError: if there is no such type.
        """
        kind = to_json(self.type_text)
        made = {
            "name": self.name,
            "type_text": to_text(kind),
            "type_json": kind,
            "position": position,
        }
        if self.default is not None:
            made["default"] = self.default
        if self.comment is not None:
            made["comment"] = self.comment
        return made


@dataclass(slots=True, kw_only=True)
class FunctionSpec:
    """What a function is made of.

    Attributes:
        parameters: Its parameters.
        definition: Its body: an expression or query, or Python.
        return_type: Type of a scalar function; empty takes that of the body.
        returns_table: Whether it gives rows.
        return_columns: Columns of those rows; empty takes those of the body.
        language: ``SQL`` or ``PYTHON``.
        is_deterministic: As declared; ``None`` derives it from the body.
        sql_data_access: ``CONTAINS_SQL`` or ``READS_SQL_DATA``; empty derives it from the body.
        environment: What a Python body asks for.
        comment: Text for people.
    """

    parameters: list[Parameter] = field(default_factory=list)
    definition: str = ""
    return_type: str = ""
    returns_table: bool = False
    return_columns: list[Parameter] = field(default_factory=list)
    language: str = "SQL"
    is_deterministic: bool | None = None
    sql_data_access: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    comment: str | None = None


_CHANGING = {"rand", "randn", "random", "uuid", "shuffle", "current_timestamp", "now"}


def complete(ctx: StatementContext, parts: tuple[str, ...], spec: FunctionSpec) -> dict[str, Any]:
    """What the catalog keeps of a function, after its body was read.

    Raises:
        LocalError: if a type, a name or the body is wrong.
    """
    _check_names(spec.parameters)
    _check_names(spec.return_columns)
    is_sql = spec.language == "SQL"
    if not is_sql and not spec.return_type:
        raise syntax("A Python function needs RETURNS with a scalar type.")
    made: dict[str, Any] = {
        "routine_body": "SQL" if is_sql else "EXTERNAL",
        "external_language": "SQL" if is_sql else "Python",
        "routine_definition": spec.definition,
        "parameters": [p.described(i) for i, p in enumerate(spec.parameters)],
        "returns_table": spec.returns_table,
        "return_type": to_text(to_json(spec.return_type)) if spec.return_type else "",
        "return_columns": [c.described(i) for i, c in enumerate(spec.return_columns)],
        "is_deterministic": spec.is_deterministic is not False,
        "sql_data_access": spec.sql_data_access or ("CONTAINS_SQL" if is_sql else "NO_SQL"),
        "resolved_in": [ctx.session.catalog, ctx.session.schema],
    }
    if spec.environment:
        made["environment"] = spec.environment
    if is_sql:
        _check_body(ctx, Object(kind="FUNCTION", parts=fold(parts), owner=ctx.who.name, spec=made))
        _derive(spec, made)
    return made


def _check_names(parameters: list[Parameter]) -> None:
    for name, times in Counter(p.name.lower() for p in parameters).items():
        if times > 1:
            raise LocalError(
                "DUPLICATE_ROUTINE_PARAMETER_NAMES", f"The name `{name}` stands there twice."
            )
    defaults = [p.default is not None for p in parameters]
    if sorted(defaults) != defaults:
        raise LocalError(
            "USER_DEFINED_FUNCTIONS.NOT_A_VALID_DEFAULT_PARAMETER_POSITION",
            "Parameters with a default come after all others.",
        )


def _check_body(ctx: StatementContext, function: Object) -> None:
    """Read the body with typed NULLs for its parameters, as a caller would."""
    from sqlglot import exp

    from clonexs.local.engine.functions import as_expression, inlined, inlined_table
    from clonexs.local.engine.text import tree_of

    spec = function.spec
    if not spec["routine_definition"].strip():
        raise syntax("A function needs a body.")
    tree = tree_of(_probe(spec))
    refuse_parameters(tree, "the body of a SQL function")
    if not spec["returns_table"]:
        _refuse_aggregates(tree, exp)
    calls = {".".join(p.lower() for p in name) for name in _calls(spec["routine_definition"])}
    if function.full_name in calls or function.name in calls:
        raise LocalError(
            "USER_DEFINED_FUNCTIONS.CANNOT_BE_RECURSIVE",
            f"The function `{function.full_name}` calls itself.",
        )
    rewriter = ctx.engine.rewriter(ctx.session)
    scope = replace(ctx.engine.scope(ctx.session).inside(function, ctx.who), depth=0)
    nulls = [f"CAST(NULL AS {p['type_text']})" for p in spec["parameters"]]
    for parameter in spec["parameters"]:
        if "default" in parameter:
            analyzed(
                ctx, f"SELECT CAST(({parameter['default']}) AS {parameter['type_text']})", "DEFAULT"
            )
    if spec["returns_table"]:
        body = inlined_table(function, nulls, scope, rewriter, typed=False)
        text = f"SELECT * FROM {body} AS `r`"
    else:
        body = as_expression(
            inlined(function, nulls, scope, rewriter, typed=bool(spec["return_type"]))
        )
        text = f"SELECT {body} AS `r`"
    _take_types(ctx, function, text, rewriter)
    spec["reads"] = sorted({each.full_name for each in rewriter.named if each.kind == "TABLE"})
    spec["calls"] = sorted({each.full_name for each in rewriter.named if each.kind == "FUNCTION"})
    # A query anywhere below decides how arguments are read.
    spec["has_query"] = bool(rewriter.tables or rewriter.views or rewriter.relations)


def _take_types(ctx: StatementContext, function: Object, text: str, rewriter: Any) -> None:
    from clonexs.local.engine.client import sql_relation

    spec = function.spec
    relation = sql_relation(text, None, rewriter.relations)
    fields = ctx.engine.fields_of(ctx.session, relation)
    if not spec["returns_table"]:
        spec["return_type"] = spec["return_type"] or to_text(fields[0]["type"])
        return
    declared = spec["return_columns"]
    if declared and len(declared) != len(fields):
        raise LocalError(
            "USER_DEFINED_FUNCTIONS.RETURN_COLUMN_COUNT_MISMATCH",
            f"`{function.full_name}` declares {len(declared)} columns, its query gives {len(fields)}.",
        )
    if not declared:
        spec["return_columns"] = [
            Parameter(name=f["name"], type_text=to_text(f["type"])).described(i)
            for i, f in enumerate(fields)
        ]


def _probe(spec: dict[str, Any]) -> str:
    from clonexs.local.engine.functions import as_expression

    body = str(spec["routine_definition"])
    return body if spec["returns_table"] else f"SELECT {as_expression(body)}"


def _refuse_aggregates(tree: Any, exp: Any) -> None:
    # Spliced into a query, an aggregate would make the whole query an aggregate.
    for node in tree.find_all(exp.AggFunc, exp.Window):
        if node.find_ancestor(exp.Select) is tree:
            raise LocalError(
                "USER_DEFINED_FUNCTIONS.CANNOT_CONTAIN_COMPLEX_FUNCTIONS",
                "The body of a scalar function cannot hold aggregate or window functions"
                " outside a sub-query.",
            )


def _calls(text: str) -> list[tuple[str, ...]]:
    from clonexs.local.engine.functions import called_names

    return called_names(text)


def _derive(spec: FunctionSpec, made: dict[str, Any]) -> None:
    calls = {name[-1].lower() for name in _calls(spec.definition)}
    if spec.is_deterministic is None:
        made["is_deterministic"] = not calls & _CHANGING
    if not spec.sql_data_access and made["has_query"]:
        made["sql_data_access"] = "READS_SQL_DATA"
