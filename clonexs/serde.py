"""Dataclasses to plain data and back: the only converter.

msgspec does the work; what it lacks is added here: *all* errors at once, by field, unknown keys
with the nearest known one, and the rules of a field's metadata (``min``, ``max``, ``choices``).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec

from clonexs.errors import InvalidRequest

T = TypeVar("T")


def to_request(cls: type[T], data: Mapping[str, Any]) -> T:
    """Build a request from plain data.

    Args:
        cls: A dataclass.
        data: Field names to values; text is converted where the type asks for a number or a truth
            value, since a notebook's widgets and the command line give text only.

    Raises:
        InvalidRequest: naming every field that is unknown, missing or of the wrong type or range.
    """
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]  # dataclasses only
    kind: Any = cls
    hints = _hints(kind)
    errors: dict[str, str] = {}
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in fields:
            errors[name] = _unknown(name, fields)
            continue
        try:
            values[name] = msgspec.convert(value, hints[name], strict=False)
        except msgspec.ValidationError as error:
            errors[name] = _plain_words(str(error))
    for name, declared in fields.items():
        if name not in data and _is_required(declared):
            errors[name] = "is required"
    for name, value in values.items():
        if problem := _broken_rule(fields[name], value):
            errors[name] = problem
    if errors:
        raise InvalidRequest(errors)
    return cls(**values)


def check(instance: object) -> None:
    """Check a dataclass that was built directly: the same rules as :func:`to_request`.

    Raises:
        InvalidRequest: naming every field that breaks a rule.
    """
    data = {f.name: getattr(instance, f.name) for f in dataclasses.fields(instance)}  # type: ignore[arg-type]  # dataclasses only
    kind: Any = type(instance)
    hints = _hints(kind)
    errors = {}
    for declared in dataclasses.fields(instance):  # type: ignore[arg-type]  # dataclasses only
        value = data[declared.name]
        try:
            msgspec.convert(to_plain(value), hints[declared.name], strict=True)
        except (msgspec.ValidationError, TypeError) as error:
            errors[declared.name] = _plain_words(str(error))
            continue
        if problem := _broken_rule(declared, value):
            errors[declared.name] = problem
    if errors:
        raise InvalidRequest(errors)


def to_plain(value: Any) -> Any:
    """Plain data of any value: dictionaries, lists, text, numbers, truth values, ``None``."""
    return msgspec.to_builtins(value, enc_hook=_encode, str_keys=True)


def from_plain(cls: type[T], data: Any) -> T:
    """The value again, of our own data (a job row, say); unknown keys are ignored."""
    made: T = msgspec.convert(data, cls, strict=False)
    return made


def to_json(value: Any) -> str:
    """JSON text of any value; keys keep their order."""
    return msgspec.json.encode(value, enc_hook=_encode).decode()


def from_json(text: str | bytes) -> Any:
    """Plain data of JSON text."""
    return msgspec.json.decode(text)


def schema(cls: type) -> dict[str, Any]:
    """JSON Schema of a dataclass."""
    return msgspec.json.schema(cls)


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _encode(value: Any) -> Any:
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


def _is_required(declared: dataclasses.Field[Any]) -> bool:
    return (
        declared.default is dataclasses.MISSING and declared.default_factory is dataclasses.MISSING
    )


def _unknown(name: str, fields: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, fields, n=1)
    return f"is not an option; did you mean {near[0]}?" if near else "is not an option"


def _plain_words(text: str) -> str:
    # msgspec: "Expected `int`, got `str` - at `$[0]`"
    return text.replace("Expected", "expected").replace("`", "").replace(" - at $", " at ")


def _broken_rule(declared: dataclasses.Field[Any], value: Any) -> str | None:
    rules = declared.metadata
    if value is None:
        return None
    if _is_required(declared) and value == "":
        return "is required"
    low, high = rules.get("min"), rules.get("max")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if low is not None and value < low:
            return f"must be at least {low}, is {value}"
        if high is not None and value > high:
            return f"must be at most {high}, is {value}"
    choices = rules.get("choices")
    if choices and isinstance(value, str) and value not in choices:
        return f"must be one of {', '.join(map(str, choices))}, is {value!r}"
    return None
