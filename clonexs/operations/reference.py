"""The text of ``docs/operations.md``: every operation with the fields of its request."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import Any

from clonexs.operations.declarations import Declared, RequestField, fields_of

_HEAD = """# Operations

Written by `make index` from the declarations of the operations; do not edit.

Each is called in four ways: `cx.NAME(...)` in Python, `clonexs run NAME` in the shell, its page in a
notebook or in the web app, and `notebooks/jobs/run_operation.ipynb` on a schedule. A field of the
request is an argument, an option (`--field-name`), a control of the form and a key of the request.
"""
_EFFECTS = {
    "read": "Reads; returns its result.",
    "write": "Writes; planned, resumable, returns a run.",
    "admin": "Administers the product.",
}
_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "yes or no",
    "tuple[str, ...]": "list of texts",
    "list[str]": "list of texts",
    "frozenset[str]": "list of texts",
    "dict[str, str]": "names and texts",
    "Mapping[str, str]": "names and texts",
}


def reference_text(operations: Sequence[Declared]) -> str:
    """The whole document.

    Args:
        operations: What it lists, in this order.
    """
    listed = [
        f"- [`{each.name}`](#{each.name.replace('.', '')}): {each.summary}" for each in operations
    ]
    parts = [_HEAD, "\n".join(listed) + "\n", *(operation_text(each) for each in operations)]
    return "\n".join(parts)


def operation_text(declared: Declared) -> str:
    """One operation: what it does, and a table of its fields."""
    fields = fields_of(declared.request_class())
    lines = [f"## {declared.name}", "", declared.summary, "", _EFFECTS[declared.effect], ""]
    if fields:
        lines += ["| Field | Type | Default | Meaning |", "| --- | --- | --- | --- |"]
        lines += [_row(each) for each in fields]
    else:
        lines.append("Its request has no fields.")
    return "\n".join([*lines, ""])


def _row(each: RequestField) -> str:
    default = _shown(each.default) if each.has_default else "*required*"
    cells = (f"`{each.name}`", _type(each), default, _meaning(each))
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _type(each: RequestField) -> str:
    choices = each.metadata.get("choices") or _literals(each.annotation)
    if choices:
        return ", ".join(f"`{choice}`" if choice else "empty" for choice in choices)
    plain = each.annotation.removesuffix(" | None")
    return _WORDS.get(plain, f"`{each.annotation}`")


def _literals(annotation: str) -> tuple[Any, ...]:
    node = ast.parse(annotation.removesuffix(" | None"), mode="eval").body
    if not (isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal"):
        return ()
    values = ast.literal_eval(node.slice)
    return values if isinstance(values, tuple) else (values,)


def _shown(default: Any) -> str:
    if default in (None, "", (), [], {}):
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    if isinstance(default, (tuple, list)):
        return ", ".join(f"`{value}`" for value in default)
    if isinstance(default, dict):
        return f"`{json.dumps(default, ensure_ascii=False)}`"
    return f"`{default}`"


def _meaning(each: RequestField) -> str:
    text = str(each.metadata.get("help") or "").rstrip(".")
    low, high = each.metadata.get("min"), each.metadata.get("max")
    limits = {
        (True, True): f" ({low} to {high})",
        (True, False): f" (at least {low})",
        (False, True): f" (at most {high})",
    }.get((low is not None, high is not None), "")
    return f"{text}{limits}"
