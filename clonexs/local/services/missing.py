"""What is not served: refused by the name of the SDK's method, read from the SDK's own source."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path

from clonexs.local.errors import LocalError

_CLASS = re.compile(r"^class (\w+)API:", re.MULTILINE)
_MEMBER = re.compile(
    r"^    def (\w+)\(|\._api\.do\(\s*\"([A-Z]+)\",\s*f?\"([^\"]+)\"", re.MULTILINE
)
_PROPERTY = re.compile(r"self\._(\w+) = (?:pkg_\w+\.)?(\w+?)(?:API|Ext)\(")
# Calls whose whole path is a parameter (``/api/2.0/{name}``) would answer to every other call's.
_ANY_PATH = re.compile(r"/(?:\d\.\d|v\d|unity-catalog)/\{")
_PARAMETER = re.compile(r"\{[^}]*\}")


def not_served(method: str, path: str) -> LocalError:
    """The refusal for a call that no service answers."""
    name = sdk_name(method, path)
    what = f"{name} ({method} {path})" if name else f"{method} {path}"
    return LocalError("NOT_IMPLEMENTED", f"The local workspace does not serve {what}.")


def sdk_name(method: str, path: str) -> str | None:
    """The SDK's name of a call, such as ``quality_monitors.create``; ``None`` if it has none."""
    for served, pattern, name in _calls():
        if served == method and pattern.fullmatch(path):
            return name
    return None


@functools.cache
def _calls() -> list[tuple[str, re.Pattern[str], str]]:
    found = importlib.util.find_spec("databricks.sdk")
    if found is None or not found.submodule_search_locations:
        return []
    root = Path(found.submodule_search_locations[0])
    # Only what a workspace client offers; account calls are no part of a workspace.
    source = (root / "__init__.py").read_text().partition("class AccountClient")[0]
    properties = {kind: name for name, kind in _PROPERTY.findall(source)}
    made = []
    for module in sorted((root / "service").glob("*.py")):
        made += _calls_in(module.read_text(), properties)
    # A fixed path is told before one with parameters in the same place.
    return sorted(made, key=lambda each: each[1].pattern.count("[^/]"))


def _calls_in(text: str, properties: dict[str, str]) -> list[tuple[str, re.Pattern[str], str]]:
    made = []
    classes = list(_CLASS.finditer(text))
    for index, each in enumerate(classes):
        end = classes[index + 1].start() if index + 1 < len(classes) else len(text)
        service = properties.get(each.group(1))
        function = ""
        for member in _MEMBER.finditer(text, each.end(), end):
            if member.group(1):
                function = member.group(1)
            elif service and not _ANY_PATH.search(member[3]):
                pattern = "[^/]+".join(re.escape(part) for part in _PARAMETER.split(member[3]))
                made.append((member[2], re.compile(pattern), f"{service}.{function}"))
    return made
