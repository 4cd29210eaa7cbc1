"""Forms made from an operation's request: fields from types and metadata, a draft of raw values.

A draft may hold anything a user can type; the request itself exists only from *Plan* on. Labels,
help, choices, limits and defaults live in the request dataclass and nowhere else.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, get_args, get_origin

from clonexs.errors import InvalidRequest
from clonexs.widgets.state import Json

Kind: TypeAlias = Literal["text", "number", "bool", "choice", "list", "map", "json"]
SHORT_NAMES = {"source": "source_catalog", "dest": "destination_catalog"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a form, as the request declares it."""

    name: str
    label: str
    help: str
    kind: Kind
    group: str
    default: Json
    required: bool
    choices: tuple[str, ...] = ()
    picker: str = ""
    minimum: float | None = None
    maximum: float | None = None
    is_whole: bool = False
    advanced: bool = False
    secret: bool = False
    persist: bool = True


@dataclass(frozen=True, slots=True)
class FormModel:
    """All fields of a request type."""

    request_type: type
    fields: tuple[FormField, ...]

    @classmethod
    def of(cls, request_type: type) -> FormModel:
        """Read the fields of a request dataclass."""
        hints = typing.get_type_hints(request_type)
        found = tuple(
            _field_of(each, hints[each.name]) for each in dataclasses.fields(request_type)
        )
        return cls(request_type, found)

    def __getitem__(self, name: str) -> FormField:
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        return any(each.name == name for each in self.fields)

    def groups(self) -> dict[str, tuple[FormField, ...]]:
        """Fields by group, in order of declaration."""
        grouped: dict[str, list[FormField]] = {}
        for each in self.fields:
            grouped.setdefault(each.group, []).append(each)
        return {name: tuple(fields) for name, fields in grouped.items()}


def _field_of(declared: dataclasses.Field[Any], hint: Any) -> FormField:
    meta: Mapping[str, Any] = declared.metadata
    kind, choices, is_whole = _kind_of(hint)
    choices = tuple(str(choice) for choice in meta.get("choices") or ()) or choices
    if choices and kind == "text":
        kind = "choice"
    required, default = _default_of(declared)
    label = str(meta.get("label") or declared.name.replace("_", " ").capitalize())
    sensitivity = str(meta.get("sensitivity") or "")
    return FormField(
        name=declared.name,
        label=label,
        help=str(meta.get("help") or ""),
        kind=kind,
        group=str(meta.get("group") or "General"),
        default=default,
        required=required,
        choices=choices,
        picker=str(meta.get("picker") or ""),
        minimum=meta.get("min"),
        maximum=meta.get("max"),
        is_whole=is_whole,
        advanced=bool(meta.get("advanced", False)),
        secret=sensitivity == "secret",
        persist=bool(meta.get("persist", True)) and not sensitivity,
    )


def _default_of(declared: dataclasses.Field[Any]) -> tuple[bool, Json]:
    from clonexs.serde import from_json, to_json

    if declared.default is not dataclasses.MISSING:
        return False, from_json(to_json(declared.default))
    if declared.default_factory is not dataclasses.MISSING:
        return False, from_json(to_json(declared.default_factory()))
    return True, None


def _kind_of(hint: Any) -> tuple[Kind, tuple[str, ...], bool]:
    origin = get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = [each for each in get_args(hint) if each is not type(None)]
        return _kind_of(inner[0]) if len(inner) == 1 else ("text", (), False)
    if origin is Literal:
        return "choice", tuple(str(each) for each in get_args(hint)), False
    if hint is bool:
        return "bool", (), False
    if hint in (int, float):
        return "number", (), hint is int
    container = origin or hint
    if container in (tuple, list, frozenset, set):
        plain = all(each in (str, Ellipsis) for each in get_args(hint))
        return ("list" if plain else "json"), (), False
    if isinstance(container, type) and issubclass(container, Mapping):
        plain = get_args(hint) in ((), (str, str))
        return ("map" if plain else "json"), (), False
    return "text", (), False


@dataclass(slots=True)
class Draft:
    """Raw values of a form and what is wrong with each."""

    model: FormModel
    values: dict[str, Json] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.model.fields:
            self.values.setdefault(each.name, _raw(each, each.default))

    def fill(self, params: Mapping[str, Json]) -> dict[str, Json]:
        """Take parameters by field name or short form; give back those that are no field."""
        unknown: dict[str, Json] = {}
        for given, value in params.items():
            name = SHORT_NAMES.get(given, given) if given not in self.model else given
            if name in self.model:
                self.set(name, _from_link(self.model[name], value))
            else:
                unknown[given] = value
        return unknown

    def set(self, name: str, value: Json) -> None:
        """Take one raw value and check it on its own.

        Raises:
            InvalidRequest: if the form has no such field.
        """
        if name not in self.model:
            raise InvalidRequest({name: "is not a field of this form"})
        self.values[name] = value
        if problem := _problem(self.model[name], value):
            self.errors[name] = problem
        else:
            self.errors.pop(name, None)

    def changed_fields(self) -> frozenset[str]:
        """Fields whose value is not the default."""
        return frozenset(
            each.name
            for each in self.model.fields
            if self.values[each.name] != _raw(each, each.default)
        )

    def request_data(self) -> dict[str, Json]:
        """What the user set, as plain data for the request: defaults are left out."""
        changed = self.changed_fields()
        return {
            each.name: _cooked(each, self.values[each.name])
            for each in self.model.fields
            if each.name in changed or (each.required and self.values[each.name] not in ("", None))
        }

    def check(self) -> object | None:
        """The request, or ``None`` with every error placed at its field."""
        from clonexs.serde import to_request

        try:
            request: object = to_request(self.model.request_type, self.request_data())
        except InvalidRequest as invalid:
            self.errors = dict(invalid.errors)
            return None
        self.errors = {}
        return request

    def kept(self) -> dict[str, Json]:
        """Values that may be mirrored to disk: neither secret nor transient."""
        return {
            each.name: self.values[each.name]
            for each in self.model.fields
            if each.persist and not each.secret
        }


def _raw(declared: FormField, value: Json) -> Json:
    if value is None:
        return {"bool": False, "list": [], "map": {}, "json": ""}.get(declared.kind, "")  # type: ignore[return-value]
    return value


def _from_link(declared: FormField, value: Json) -> Json:
    """A value of a deep link is text; give it the shape of the field where that is clear."""
    if not isinstance(value, str):
        return value
    if declared.kind == "bool" and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    if declared.kind == "list":
        return [part.strip() for part in value.split(",") if part.strip()]
    if declared.kind == "number":
        return _number_or_text(declared, value)
    return value


def _number_or_text(declared: FormField, value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return int(value) if declared.is_whole else float(value)
    except ValueError:
        return value


def _cooked(declared: FormField, value: Json) -> Json:
    if declared.kind == "number":
        return None if value == "" else _number_or_text(declared, value)
    if declared.kind == "json" and isinstance(value, str):
        import json

        try:
            return json.loads(value) if value.strip() else None
        except ValueError:
            return value
    if declared.kind in ("text", "choice") and value == "" and declared.default is None:
        return None
    return value


def _problem(declared: FormField, value: Json) -> str | None:
    if value in ("", None):
        return "is required" if declared.required else None
    if declared.choices and declared.kind == "choice" and value not in declared.choices:
        return f"must be one of {', '.join(declared.choices)}"
    if declared.kind == "number":
        return _number_problem(declared, value)
    if declared.picker == "catalog" and isinstance(value, str):
        from clonexs.names import name_problem

        return name_problem(value)
    return None


def _number_problem(declared: FormField, value: Json) -> str | None:
    number = _number_or_text(declared, value)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return "must be a whole number" if declared.is_whole else "must be a number"
    if declared.minimum is not None and number < declared.minimum:
        return f"must be at least {declared.minimum:g}"
    if declared.maximum is not None and number > declared.maximum:
        return f"must be at most {declared.maximum:g}"
    return None


Provider: TypeAlias = Callable[[Mapping[str, Json]], "list[dict[str, Json]]"]
