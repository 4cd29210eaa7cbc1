"""The generated files are fresh, and what they are made from is read without importing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from clonexs.operations import index
from clonexs.operations._index import OPERATIONS
from clonexs.operations.declarations import declared_operations, fields_of
from clonexs.operations.reference import operation_text, reference_text
from clonexs.widgets.forms import FormModel

SOURCE = '''
from dataclasses import dataclass, field
from typing import Literal

from elsewhere import Base
from clonexs.operations.base import Plan, Result, RunContext, doc, operation

_GROUP = "Speed"
_NAMES = ("a", "b|c")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRequest(Base):
    """What to copy."""

    names: tuple[str, ...] = field(default=_NAMES, metadata=doc("Which", group=_GROUP))
    kind: Literal["", "x"] = field(default="", metadata=doc("How." " In full.", positional=True))
    limits: dict[str, str] = field(default_factory=dict, metadata=doc("Limits", max=3))
    width: int | None = None


@dataclass(frozen=True)
class CopyResult(Result):
    """What came of it."""


@operation("copy-it", effect="write", plan=None, lock="source")
def copy_it(ctx: RunContext, request: CopyRequest) -> CopyResult:
    """Copy it.

    More words.
    """


raise SystemExit("imported")
'''
BASE = '''
from dataclasses import dataclass, field

from clonexs.operations.base import doc


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What all copies take."""

    source: str = field(metadata=doc("From where", positional=True))
    width: int = field(default=1, metadata=doc("At once"))
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "copying.py").write_text(SOURCE)
    (tmp_path / "elsewhere.py").write_text(BASE)
    return tmp_path


def test_the_generated_files_are_fresh() -> None:
    assert index.stale_files(index.generated_files()) == [], "run `make index`"


def test_an_operation_is_read_without_importing_it(folder: Path) -> None:
    (found,) = declared_operations(folder, root=folder)
    assert (found.name, found.effect, found.module) == ("copy-it", "write", "copying")
    assert (found.method, found.summary) == ("copy_it", "Copy it.")
    fields = {each.name: each for each in fields_of(found.request_class())}
    assert list(fields) == ["source", "width", "names", "kind", "limits"]
    assert [each.has_default for each in fields.values()] == [False, True, True, True, True]
    assert fields["names"].default == ("a", "b|c")
    assert fields["limits"].default == {}
    assert fields["width"].annotation == "int | None", "the class itself has the last word"
    assert fields["kind"].is_positional


def test_the_document_shows_a_table_of_fields(folder: Path) -> None:
    text = operation_text(declared_operations(folder, root=folder)[0])
    assert "| `source` | text | *required* | From where |" in text
    assert "| `names` | list of texts | `a`, `b\\|c` | Which |" in text
    assert "| `kind` | empty, `x` |  | How. In full |" in text
    assert "| `limits` | names and texts |  | Limits (at most 3) |" in text
    assert "| `width` | whole number |  |  |" in text


def test_what_is_read_from_sources_is_what_python_makes_of_them() -> None:
    from clonexs.operations.base import find_operation

    declared = {each.name: each for each in declared_operations()}
    assert set(declared) == set(OPERATIONS)
    for name, each in declared.items():
        model = FormModel.of(find_operation(name).request_type)
        read = {field.name: field for field in fields_of(each.request_class())}
        assert list(read) == [field.name for field in model.fields]
        for field in model.fields:
            assert read[field.name].metadata.get("help", "") == field.help
            assert read[field.name].has_default is not field.required
            default = read[field.name].default
            assert (list(default) if isinstance(default, tuple) else default) == field.default


def test_every_operation_says_what_it_does() -> None:
    for each in declared_operations():
        assert each.summary.endswith(".")
        assert each.summary in reference_text([each])
