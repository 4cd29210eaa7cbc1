"""The list of what the local workspace speaks, as ``surface.toml`` keeps it."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("surface.toml")
SERVED, MISSING, REFUSED = "served", "missing", "refused"


@dataclass(frozen=True)
class State:
    """What becomes of a call: ``served``, ``missing``, or ``refused`` with a class."""

    kind: str
    error_class: str = ""

    @classmethod
    def read(cls, text: str) -> State:
        """The state that a line of the list names.

        Raises:
            ValueError: if it is none.
        """
        kind, _, error_class = text.partition(" ")
        if kind not in {SERVED, MISSING, REFUSED} or (kind == REFUSED) != bool(error_class):
            raise ValueError(f"{text!r} is no state: served, missing or refused CLASS")
        return cls(kind, error_class)

    def __str__(self) -> str:
        return f"{self.kind} {self.error_class}".strip()


@dataclass(frozen=True)
class Form:
    """One form of a statement, with texts that try it: the last is the form, the others lead to it."""

    family: str
    name: str
    texts: tuple[str, ...]
    state: State


@functools.cache
def rest() -> dict[str, State]:
    """States of the SDK's methods, by names such as ``catalogs.get``."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["rest"]
    return {
        f"{service}.{method}": State.read(state)
        for service, methods in listed.items()
        for method, state in methods.items()
    }


@functools.cache
def forms() -> tuple[Form, ...]:
    """All forms of statements, in the order of the list."""
    listed = tomllib.loads(LIST.read_text(encoding="utf-8"))["sql"]
    return tuple(
        Form(family, name, tuple(line["try"]), State.read(line["is"]))
        for family, lines in listed.items()
        for name, line in lines.items()
    )
