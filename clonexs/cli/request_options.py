"""Options of ``clonexs run OPERATION``, made from the operation's request dataclass.

Values stay text here: the request itself converts and checks them, so that one message names every
option that is wrong, in the words that the form uses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from clonexs.errors import InvalidRequest
from clonexs.widgets.forms import FormField, FormModel

_METAVARS = {"number": "NUMBER", "list": "TEXT", "map": "KEY=VALUE", "json": "JSON", "text": "TEXT"}
_NEGATED = "negated__"


class FieldOption(click.Option):
    """An option that shows a field of a request as its form would."""

    def __init__(self, declared: FormField) -> None:
        self.field = declared
        name = flag_of(declared.name)
        kind = declared.kind
        # A truth value may stand alone (--copy-tags) or be told (--copy-tags false).
        lone: dict[str, Any] = {"is_flag": False, "flag_value": "true"} if kind == "bool" else {}
        super().__init__(
            [name, declared.name], multiple=kind in ("list", "map"), default=None, **lone
        )

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """Name and kind of value; help, default and limits."""
        return _shown(self.field), _told(self.field)


class CommandOfRequest(click.Command):
    """A command whose options stand in the groups of the form."""

    def __init__(self, model: FormModel, own: Sequence[click.Parameter], **kwargs: Any) -> None:
        self._model = model
        fields = [FieldOption(each) for each in model.fields if not each.secret]
        negations = [
            click.Option([f"--no-{flag_of(each.name)[2:]}", negation_of(each.name)], is_flag=True)
            for each in model.fields
            if each.kind == "bool"
        ]
        _refuse_doubles([*own, *fields, *negations])
        # Unknown options are collected, and named together with everything else that is wrong.
        settings = {"ignore_unknown_options": True, "allow_extra_args": True}
        super().__init__(
            params=[*fields, *negations, *own],
            context_settings={**settings, "help_option_names": ["-h", "--help"]},
            **kwargs,
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Fields by group, then the options that every operation has."""
        fields = {p.field.name: p for p in self.params if isinstance(p, FieldOption)}
        for group, declared in self._model.groups().items():
            shown = [fields[each.name] for each in declared if each.name in fields]
            if shown:
                with formatter.section(group):
                    formatter.write_dl([option.get_help_record(ctx) for option in shown])
        secret = [each.name for each in self._model.fields if each.secret]
        if secret:
            with formatter.section("By --request - only, since others can read a command line"):
                formatter.write_dl([(name, self._model[name].help) for name in secret])
        with formatter.section("How to run it"):
            own = [p.get_help_record(ctx) for p in self.get_params(ctx) if _is_own(p)]
            formatter.write_dl([record for record in own if record])


def flag_of(name: str) -> str:
    """The option of a field."""
    return f"--{name.replace('_', '-')}"


def negation_of(name: str) -> str:
    """Parameter of the option that says no to a field."""
    return f"{_NEGATED}{name}"


def request_data(
    model: FormModel,
    given: Mapping[str, Any],
    extra: Sequence[str],
    base: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Plain data of the request: ``base``, with what the options say in its place.

    Args:
        model: The request's fields.
        given: Values of the options by parameter name, as click gives them.
        extra: What click could not place: unknown options and their values.
        base: A request read from a file.

    Raises:
        InvalidRequest: naming every field that is wrong, options that do not exist included.
    """
    from clonexs.serde import to_request

    errors: dict[str, str] = {}
    data: dict[str, Any] = {**(base or {}), **_unknown(extra, errors)}
    for declared in model.fields:
        try:
            value = _value(declared, given)
        except ValueError as problem:
            errors[declared.name] = str(problem)
            continue
        if value is not None:
            data[declared.name] = value
    try:
        to_request(model.request_type, {k: v for k, v in data.items() if k not in errors})
    except InvalidRequest as invalid:
        # A field whose value could not be read is not missing.
        errors = {**invalid.errors, **errors}
    if errors:
        raise InvalidRequest(errors)
    return data


def read_request(source: str) -> dict[str, Any]:
    """A request from a file, or from standard input when ``source`` is ``-``.

    Raises:
        InvalidRequest: if it is no JSON object.
    """
    text = _text_of(source)
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InvalidRequest({"request": f"is not JSON: {error}"}) from None
    if not isinstance(data, dict):
        raise InvalidRequest({"request": "must be a JSON object: names of fields and values"})
    return data


def _text_of(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest({"request": "is not UTF-8"}) from None
    except OSError as error:
        raise InvalidRequest({"request": f"cannot be read: {error.strerror}"}) from None


def _value(declared: FormField, given: Mapping[str, Any]) -> Any:
    value = given.get(declared.name)
    if declared.kind == "bool" and given.get(negation_of(declared.name)):
        if value is not None:
            raise ValueError("is given both ways")
        return False
    if value is None or value == ():
        return None
    if declared.kind == "list":
        return list(value)
    if declared.kind == "map":
        return _map_of(value)
    if declared.kind == "json":
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError(f"is not JSON: {error}") from None
    return value


def _map_of(pairs: Sequence[str]) -> dict[str, str]:
    made = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ValueError(f"takes KEY=VALUE, is {pair!r}")
        made[key] = value
    return made


def _unknown(extra: Sequence[str], errors: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while position < len(extra):
        word = extra[position]
        position += 1
        if not word.startswith("--"):
            errors[""] = f"{word!r} stands alone: every value belongs to an option"
            continue
        name, equals, value = word[2:].partition("=")
        if not equals and position < len(extra) and not extra[position].startswith("--"):
            value = extra[position]
            position += 1
        found[name.replace("-", "_")] = value
    return found


def _shown(declared: FormField) -> str:
    name = flag_of(declared.name)
    if declared.kind == "bool":
        return f"{name} / --no-{name[2:]}"
    if declared.choices:
        return f"{name} [{'|'.join(declared.choices)}]"
    return f"{name} {_METAVARS.get(declared.kind, 'TEXT')}"


def _told(declared: FormField) -> str:
    notes = []
    if declared.kind in ("list", "map"):
        notes.append("may be repeated")
    if declared.minimum is not None and declared.maximum is not None:
        notes.append(f"{declared.minimum:g} to {declared.maximum:g}")
    elif declared.minimum is not None:
        notes.append(f"at least {declared.minimum:g}")
    elif declared.maximum is not None:
        notes.append(f"at most {declared.maximum:g}")
    if declared.required:
        notes.append("required")
    elif declared.default not in (None, "", [], {}):
        notes.append(f"default: {default_text(declared.default)}")
    return f"{declared.help}  [{'; '.join(notes)}]" if notes else declared.help


def default_text(value: Any) -> str:
    """A default as one would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _is_own(parameter: click.Parameter) -> bool:
    is_negation = bool(parameter.name and parameter.name.startswith(_NEGATED))
    return not isinstance(parameter, FieldOption) and not is_negation


def _refuse_doubles(parameters: Sequence[click.Parameter]) -> None:
    seen: set[str] = {"--help"}
    for parameter in parameters:
        for word in parameter.opts:
            if word in seen:
                raise ValueError(f"two options are called {word}: rename the request's field")
            seen.add(word)
