"""Column types: SQL text to the JSON of the Delta protocol, and back."""

from __future__ import annotations

import re
from typing import Any

from clonexs.local.errors import LocalError

_SIMPLE = {
    "boolean": "boolean",
    "tinyint": "byte",
    "byte": "byte",
    "smallint": "short",
    "short": "short",
    "int": "integer",
    "integer": "integer",
    "bigint": "long",
    "long": "long",
    "float": "float",
    "real": "float",
    "double": "double",
    "string": "string",
    "binary": "binary",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_ltz": "timestamp",
    "timestamp_ntz": "timestamp_ntz",
    "variant": "variant",
}
_TEXT = {
    "byte": "tinyint",
    "short": "smallint",
    "integer": "int",
    "long": "bigint",
}
_COMMENT = re.compile(r"\s+COMMENT\s+'((?:[^'\\]|\\.|'')*)'$", re.IGNORECASE | re.DOTALL)
_DECIMAL = re.compile(r"(?:decimal|dec|numeric)(?:\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$")


def to_json(text: str) -> Any:
    """The Delta JSON of a SQL type such as ``struct<a: int, b: array<string>>``."""
    text = text.strip()
    lowered = text.lower()
    if lowered in _SIMPLE:
        return _SIMPLE[lowered]
    if found := _DECIMAL.match(lowered):
        return f"decimal({found.group(1) or 10},{found.group(2) or 0})"
    if re.match(r"(?:varchar|char|character)\s*\(", lowered):
        return "string"
    head, _, rest = text.partition("<")
    if not rest.endswith(">"):
        raise LocalError("UNSUPPORTED_DATATYPE", f'Unsupported data type "{text.upper()}".')
    inner = split(rest[:-1])
    match head.strip().lower():
        case "array":
            return {"type": "array", "elementType": to_json(inner[0]), "containsNull": True}
        case "map":
            return {
                "type": "map",
                "keyType": to_json(inner[0]),
                "valueType": to_json(inner[1]),
                "valueContainsNull": True,
            }
        case "struct":
            return {"type": "struct", "fields": [_struct_field(each) for each in inner]}
    raise LocalError("UNSUPPORTED_DATATYPE", f'Unsupported data type "{text.upper()}".')


def to_text(kind: Any) -> str:
    """The lower-case SQL text of a Delta JSON type."""
    if isinstance(kind, str):
        return _TEXT.get(kind, kind)
    match kind["type"]:
        case "array":
            return f"array<{to_text(kind['elementType'])}>"
        case "map":
            return f"map<{to_text(kind['keyType'])},{to_text(kind['valueType'])}>"
        case "struct":
            inner = ",".join(f"{_named(f['name'])}:{to_text(f['type'])}" for f in kind["fields"])
            return f"struct<{inner}>"
    raise LocalError("INTERNAL_ERROR", f"unknown type {kind}")


def field(
    name: str,
    kind: Any,
    *,
    nullable: bool = True,
    comment: str | None = None,
    metadata: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """One field of a Delta schema."""
    about = dict(metadata or {})
    if comment is not None:
        about["comment"] = comment
    return {"name": name, "type": kind, "nullable": nullable, "metadata": about}


def struct(fields: list[dict[str, Any]]) -> dict[str, Any]:
    """A Delta schema."""
    return {"type": "struct", "fields": fields}


def columns_of(schema: dict[str, Any], partitions: list[str]) -> list[dict[str, Any]]:
    """The columns of a Delta schema as the catalog keeps them."""
    made = []
    for position, each in enumerate(schema["fields"]):
        about = each.get("metadata", {})
        column: dict[str, Any] = {
            "name": each["name"],
            "type_text": to_text(each["type"]),
            "type_json": each["type"],
            "nullable": each.get("nullable", True),
            "position": position,
        }
        if "comment" in about:
            column["comment"] = about["comment"]
        if each["name"] in partitions:
            column["partition_index"] = partitions.index(each["name"])
        if "CURRENT_DEFAULT" in about:
            column["default"] = about["CURRENT_DEFAULT"]
        if "delta.generationExpression" in about:
            column["generated"] = about["delta.generationExpression"]
        if "delta.identity.step" in about:
            column["identity"] = {
                "start": about["delta.identity.start"],
                "step": about["delta.identity.step"],
                "explicit": about["delta.identity.allowExplicitInsert"],
            }
        made.append(column)
    return made


def split(text: str) -> list[str]:
    """Split at commas outside brackets, back-ticks and text literals."""
    parts, depth, quote, start, index = [], 0, "", 0, 0
    while index < len(text):
        char = text[index]
        if quote:
            if char == "\\" and quote != "`":
                index += 1
            elif char == quote:
                quote = ""
        elif char in "`'\"":
            quote = char
        elif char in "<(":
            depth += 1
        elif char in ">)":
            depth -= 1
        elif char == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
        index += 1
    return [*parts, text[start:].strip()]


def _struct_field(text: str) -> dict[str, Any]:
    if text.startswith("`"):
        end = text.index("`", 1)
        while text[end + 1 : end + 2] == "`":
            end = text.index("`", end + 2)
        name, rest = text[1:end].replace("``", "`"), text[end + 1 :].lstrip()
    else:
        name = re.match(r"[^\s:]+", text).group()  # type: ignore[union-attr]  # never empty here
        rest = text[len(name) :].lstrip()
    rest = rest.removeprefix(":").strip()
    comment = None
    if found := _COMMENT.search(rest):
        comment, rest = _unquoted(found.group(1)), rest[: found.start()]
    nullable = True
    if found := re.search(r"\s+NOT\s+NULL$", rest, re.IGNORECASE):
        nullable, rest = False, rest[: found.start()]
    return field(name, to_json(rest), nullable=nullable, comment=comment)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)|''", lambda found: found.group(1) or "'", text, flags=re.DOTALL)


def _named(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else "`" + name.replace("`", "``") + "`"
