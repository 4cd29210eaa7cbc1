"""Notebooks as text: cells of a source file or an ``.ipynb``, and one written as the other.

A cell begins with a magic, such as ``%sql``, when its language is not the notebook's.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from clonexs.local.errors import LocalError

COMMENTS = {"PYTHON": "#", "SQL": "--", "SCALA": "//", "R": "#"}
SUFFIXES = {"PYTHON": ".py", "SQL": ".sql", "SCALA": ".scala", "R": ".r"}
_HEADER, _BREAK, _MAGIC, _TITLE = (
    "Databricks notebook source",
    "COMMAND ----------",
    "MAGIC",
    "DBTITLE",
)
_MAGICS = {"md", "md-sandbox", "sql", "python", "scala", "r", "sh", "run", "pip", "fs"}
_WORD = re.compile(r"%{1,2}([A-Za-z][\w-]*)")
_BY_MAGIC = {"python": "PYTHON", "sql": "SQL", "scala": "SCALA", "r": "R"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        kind: ``markdown``, or a language in upper case, or another magic such as ``sh`` or ``run``.
        text: Its text without the magic.
    """

    kind: str
    text: str


def is_source(text: str, language: str) -> bool:
    """Whether a source file says in its first line that it is a notebook."""
    return text.split("\n", 1)[0].rstrip() == f"{COMMENTS[language]} {_HEADER}"


def source_cells(text: str, language: str) -> list[Cell]:
    """Cells of a source file; one without marks is one cell."""
    mark = COMMENTS[language]
    lines = text.splitlines()
    if lines and lines[0].rstrip() == f"{mark} {_HEADER}":
        del lines[0]
    made: list[list[str]] = [[]]
    for line in lines:
        if line.rstrip() == f"{mark} {_BREAK}":
            made.append([])
        elif not line.startswith(f"{mark} {_TITLE} "):
            made[-1].append(line)
    return [_source_cell(each, mark, language) for each in made if any(map(str.strip, each))]


def _source_cell(lines: list[str], mark: str, language: str) -> Cell:
    magic = f"{mark} {_MAGIC}"
    filled = [line for line in lines if line.strip()]
    if all(line.startswith(magic) for line in filled):
        lines = [line[len(magic) :].removeprefix(" ") for line in lines]
        return _cell("\n".join(lines).strip("\n"), language)
    return Cell(language, "\n".join(lines).strip("\n"))


def jupyter_cells(content: bytes) -> tuple[str, list[Cell]]:
    """Language and cells of an ``.ipynb``.

    Raises:
        LocalError: if it is none.
    """
    try:
        found = json.loads(content)
        cells = [(each["cell_type"], _joined(each["source"])) for each in found["cells"]]
        metadata = found.get("metadata") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise LocalError(
            "INVALID_PARAMETER_VALUE", "The content is not a valid Jupyter notebook."
        ) from None
    language = _language(metadata)
    made = [
        Cell("markdown", text) if kind == "markdown" else _cell(text, language)
        for kind, text in cells
        if kind in {"markdown", "code"}
    ]
    return language, made


def _language(metadata: dict[str, Any]) -> str:
    own = metadata.get("application/vnd.databricks.v1+notebook") or {}
    named = own.get("language") or (metadata.get("language_info") or {}).get("name") or "python"
    language = str(named).upper()
    return language if language in COMMENTS else "PYTHON"


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def _cell(text: str, language: str) -> Cell:
    found = _WORD.match(text)
    name = found.group(1).lower() if found else ""
    if found is None or name not in _MAGICS:
        return Cell(language, text)
    rest = text[found.end() :].removeprefix(" ").removeprefix("\n")
    if name.startswith("md"):
        return Cell("markdown", rest)
    return Cell(_BY_MAGIC.get(name, name), rest)


def to_source(cells: list[Cell], language: str) -> str:
    """Cells as a source file."""
    mark = COMMENTS[language]
    texts = [_as_source(cell, mark, language) for cell in cells]
    return f"{mark} {_HEADER}\n" + f"\n\n{mark} {_BREAK}\n\n".join(texts) + "\n"


def _as_source(cell: Cell, mark: str, language: str) -> str:
    if cell.kind == language:
        return cell.text
    lines = _with_magic(cell).split("\n")
    return "\n".join(f"{mark} {_MAGIC} {line}".rstrip() for line in lines)


def _with_magic(cell: Cell) -> str:
    name = {"markdown": "md", "PYTHON": "python", "SQL": "sql", "SCALA": "scala", "R": "r"}
    between = " " if cell.kind in {"run", "pip"} else "\n"
    return f"%{name.get(cell.kind, cell.kind)}{between}{cell.text}"


def to_jupyter(cells: list[Cell], language: str) -> bytes:
    """Cells as an ``.ipynb`` without outputs."""
    made: list[dict[str, Any]] = []
    for cell in cells:
        is_text = cell.kind == "markdown"
        text = cell.text if is_text or cell.kind == language else _with_magic(cell)
        each: dict[str, Any] = {"cell_type": "markdown" if is_text else "code", "metadata": {}}
        if not is_text:
            each |= {"execution_count": None, "outputs": []}
        made.append({**each, "source": text.splitlines(keepends=True)})
    about = {
        "application/vnd.databricks.v1+notebook": {"language": language.lower()},
        "language_info": {"name": language.lower()},
    }
    notebook = {"cells": made, "metadata": about, "nbformat": 4, "nbformat_minor": 0}
    return json.dumps(notebook, indent=1, ensure_ascii=False).encode()
