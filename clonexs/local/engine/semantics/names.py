"""Names of columns that have none in the text, as Spark makes them."""

from __future__ import annotations

from clonexs.local.engine.semantics.node import Node

_AGAIN = {"!=": "<>"}
_UPPER = {"and", "or", "not", "div"}


def column_name(node: Node) -> str:
    """The name that Spark gives a column.

    Args:
        node: What the column is, as it stands in the text.
    """
    made = getattr(_Names, f"_{node.kind}", _Names._other)(node)
    return str(made)


class _Names:
    @staticmethod
    def _other(node: Node) -> str:
        return ", ".join(column_name(arg) for arg in node.args) or node.name

    @staticmethod
    def _literal(node: Node) -> str:
        value = node.more.get("value")
        if value is None or isinstance(value, bool):
            return str(node.more["text"])
        if node.type.name in {"date", "timestamp", "timestamp_ntz"}:
            word = node.type.name.upper()
            return f"{word} '{value}'"
        if isinstance(value, float):
            return _double(value)
        return str(value)

    @staticmethod
    def _column(node: Node) -> str:
        path = node.more.get("path")
        return str(path[-1]) if path else node.name

    @staticmethod
    def _paren(node: Node) -> str:
        return column_name(node.args[0])

    @staticmethod
    def _parameter(node: Node) -> str:
        return f":{node.name}"

    @staticmethod
    def _field(node: Node) -> str:
        return f"{column_name(node.args[0])}.{node.name}"

    @staticmethod
    def _subquery(node: Node) -> str:
        return "scalarsubquery()"

    @staticmethod
    def _exists(node: Node) -> str:
        return "exists()"

    @staticmethod
    def _alias(node: Node) -> str:
        return f"{column_name(node.args[0])} AS {node.more['alias']}"

    @staticmethod
    def _named(node: Node) -> str:
        return column_name(node.args[0])

    @staticmethod
    def _cast(node: Node) -> str:
        word = "TRY_CAST" if node.name == "try_cast" else "CAST"
        return f"{word}({column_name(node.args[0])} AS {node.more['to'].sql.upper()})"

    @staticmethod
    def _case(node: Node) -> str:
        args = [column_name(arg) for arg in node.args]
        made = "CASE"
        operand = args.pop(0) if node.more.get("operand") else None
        for i in range(node.more["whens"]):
            condition = args[2 * i] if operand is None else f"({operand} = {args[2 * i]})"
            made += f" WHEN {condition} THEN {args[2 * i + 1]}"
        if node.more.get("else"):
            made += f" ELSE {args[-1]}"
        return made + " END"

    @staticmethod
    def _op(node: Node) -> str:
        args = [column_name(arg) for arg in node.args]
        name = _AGAIN.get(node.name, node.name)
        made = _operator(node, name, args)
        return f"(NOT {made})" if node.more.get("negated") and name != "is null" else made

    @staticmethod
    def _call(node: Node) -> str:
        args = [column_name(arg) for arg in node.args if arg.kind != "lambda"]
        if node.name == "count" and args == ["*"]:
            args = ["1"]
        if node.name == "extract":
            args = [f"{node.more['field']} FROM {args[0]}"]
        word = "DISTINCT " if node.more.get("distinct") else ""
        made = f"{node.name}({word}{', '.join(args)})"
        if node.more.get("filter") is not None:
            made += f" FILTER (WHERE {column_name(node.more['filter'])})"
        if node.more.get("over") is not None:
            made += f" OVER {_window(node.more['over'])}"
        return made


def _operator(node: Node, name: str, args: list[str]) -> str:
    if name == "between":
        return f"between({', '.join(args)})"
    if name == "in":
        return f"({args[0]} IN ({', '.join(args[1:])}))"
    if name in {"like", "ilike", "rlike"} and len(args) == 2:
        return f"{args[0]} LIKE {args[1]}" if name == "like" else f"{name}({', '.join(args)})"
    if name in {"is null", "is true", "is false"}:
        word = "IS NOT" if node.more.get("negated") else "IS"
        return f"({args[0]} {word} {name[3:].upper()})"
    if name == "||":
        return f"concat({', '.join(args)})"
    if name == "index":
        return f"{args[0]}[{args[1]}]"
    shown = name.upper() if name in _UPPER else name
    if len(args) == 1:
        return f"({shown} {args[0]})"
    return f"({args[0]} {shown} {args[1]})" if len(args) == 2 else f"({', '.join(args)})"


def _window(node: Node) -> str:
    if node.name:
        return node.name
    parts = []
    if node.more["partition"]:
        parts.append("PARTITION BY " + ", ".join(column_name(p) for p in node.more["partition"]))
    if node.more["order"]:
        keys = []
        for key in node.more["order"]:
            way = key.name or "ASC"
            nulls = key.more["nulls"] or ("LAST" if way == "DESC" else "FIRST")
            keys.append(f"{column_name(key.args[0])} {way} NULLS {nulls}")
        parts.append("ORDER BY " + ", ".join(keys))
    if node.more.get("frame"):
        low, high = node.more["bounds"]
        end = "CURRENT ROW" if high is None else _bound(high)
        parts.append(f"{node.more['frame']} BETWEEN {_bound(low)} AND {end}")
    return f"({' '.join(parts)})"


def _bound(node: Node) -> str:
    if node.name == "current":
        return "CURRENT ROW"
    return f"{column_name(node.args[0])} {node.name}".upper() if node.args else node.name.upper()


def _double(value: float) -> str:
    if value == int(value) and abs(value) < 1e7:
        return f"{value:.1f}"
    return repr(value).replace("e+", "E").replace("e-0", "E-").replace("e", "E")
