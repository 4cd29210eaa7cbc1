from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from clonexs.errors import InvalidRequest
from clonexs.operations.base import doc
from clonexs.widgets.forms import Draft, FormModel
from tests.unit.widgets.fakes import CopyRequest


@dataclass(frozen=True, kw_only=True)
class ManyTypes:
    text: str = field(default="x", metadata=doc("Text"))
    maybe: int | None = field(default=None, metadata=doc("A number or nothing"))
    share: float = field(default=0.5, metadata=doc("A share", min=0, max=1))
    mode: Literal["a", "b"] = field(default="a", metadata=doc("One of two"))
    names: tuple[str, ...] = field(default=(), metadata=doc("Some names"))
    pairs: Mapping[str, str] = field(default_factory=dict, metadata=doc("Pairs"))
    nested: Mapping[str, tuple[str, ...]] = field(default_factory=dict, metadata=doc("More"))


def draft() -> Draft:
    return Draft(FormModel.of(CopyRequest))


def test_a_form_reads_types_and_metadata() -> None:
    model = FormModel.of(ManyTypes)
    assert [(f.name, f.kind, f.choices) for f in model.fields] == [
        ("text", "text", ()),
        ("maybe", "number", ()),
        ("share", "number", ()),
        ("mode", "choice", ("a", "b")),
        ("names", "list", ()),
        ("pairs", "map", ()),
        ("nested", "json", ()),
    ]
    assert model["maybe"].is_whole
    assert (model["share"].minimum, model["share"].maximum) == (0, 1)
    assert model["text"].help == "Text"
    assert list(FormModel.of(CopyRequest).groups())[:2] == ["Place", "Copy"]


def test_a_draft_starts_at_the_defaults_and_knows_what_changed() -> None:
    form = draft()
    assert form.values["clone_type"] == "DEEP"
    assert form.changed_fields() == frozenset()
    form.set("clone_type", "SHALLOW")
    form.set("include_schemas", ["sales"])
    assert form.changed_fields() == {"clone_type", "include_schemas"}
    form.set("include_schemas", [])
    assert form.changed_fields() == {"clone_type"}


def test_what_is_left_at_its_default_does_not_enter_the_request() -> None:
    form = draft()
    form.fill({"source": "prod", "dest": "dev", "max_parallel": "8", "copy_tags": "false"})
    assert form.request_data() == {
        "source_catalog": "prod",
        "destination_catalog": "dev",
        "max_parallel": 8,
        "copy_tags": False,
    }
    assert form.check() == CopyRequest(
        source_catalog="prod", destination_catalog="dev", max_parallel=8, copy_tags=False
    )


def test_parameters_that_are_no_field_come_back() -> None:
    assert draft().fill({"source": "prod", "run": "run-1"}) == {"run": "run-1"}


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("max_parallel", "many", "must be a whole number"),
        ("max_parallel", 0, "must be at least 1"),
        ("max_parallel", 65, "must be at most 64"),
        ("clone_type", "SIDEWAYS", "must be one of DEEP, SHALLOW"),
        ("source_catalog", "", "is required"),
        ("source_catalog", "a.b", "must not contain '.'"),
    ],
)
def test_a_wrong_value_is_kept_and_told_at_its_field(
    name: str, value: object, problem: str
) -> None:
    form = draft()
    form.set(name, value)  # type: ignore[arg-type]
    assert problem in form.errors[name]
    assert form.values[name] == value


def test_all_errors_are_told_at_once() -> None:
    form = draft()
    assert form.check() is None
    assert set(form.errors) >= {"source_catalog", "destination_catalog"}


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        draft().set("no_such_field", 1)


def test_secrets_and_free_text_are_not_kept() -> None:
    form = draft()
    form.fill({"source": "prod", "note": "planted", "password": "planted"})
    assert "planted" not in str(form.kept())
    assert form.kept()["source_catalog"] == "prod"
