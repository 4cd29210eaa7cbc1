"""What databricks-sdk can ask a workspace, read from its source: nothing of it is imported."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CLASS = re.compile(r"^class (\w+)API:", re.MULTILINE)
_MEMBER = re.compile(
    r"^    def (\w+)\(|\._api\.do\(\s*\"([A-Z]+)\",\s*f?\"([^\"]+)\"", re.MULTILINE
)
_PROPERTY = re.compile(r"    def (\w+)\(self\) -> (?:\w+\.)?(\w+?)(?:API|Ext):")
_PARAMETER = re.compile(r"\{[^}]*\}")
# Whole paths as a parameter (``/api/2.0/{name}``): they would answer to every other call's.
_ANY_PATH = re.compile(r"/api/\d\.\d/(?:unity-catalog/)?\{")
# The rest of a path as a parameter, below a place of the service's own.
_REST = re.compile(r"/api/[a-z-]+/v\d/\{")


@dataclass(frozen=True, slots=True)
class SdkCall:
    """One request that a method of the SDK sends.

    Attributes:
        service: Property of ``WorkspaceClient``, such as ``catalogs``.
        name: The method, such as ``get``.
        verb: HTTP method.
        path: Path with its parameters in braces.
    """

    service: str
    name: str
    verb: str
    path: str

    @property
    def full_name(self) -> str:
        """The SDK's name of the call, such as ``catalogs.get``."""
        return f"{self.service}.{self.name}"

    @property
    def has_any_path(self) -> bool:
        """Whether the path says nothing about which call it is."""
        return _ANY_PATH.match(self.path) is not None

    @property
    def parameters(self) -> tuple[str, ...]:
        """What stands in the braces of the path."""
        return tuple(_PARAMETER.findall(self.path))

    @property
    def pattern(self) -> re.Pattern[str]:
        """What matches the call's paths."""
        any_value = ".+" if _REST.match(self.path) else "[^/]+"
        return re.compile(any_value.join(re.escape(part) for part in _PARAMETER.split(self.path)))


@functools.cache
def sdk_calls() -> tuple[SdkCall, ...]:
    """All requests of a ``WorkspaceClient``; account calls are no part of a workspace."""
    found = importlib.util.find_spec("databricks.sdk")
    if found is None or not found.submodule_search_locations:
        return ()
    root = Path(found.submodule_search_locations[0])
    source = (root / "__init__.py").read_text(encoding="utf-8").partition("class AccountClient")[0]
    properties = {kind: name for name, kind in _PROPERTY.findall(source)}
    return tuple(
        call
        for module in sorted((root / "service").glob("*.py"))
        for call in _calls_in(module.read_text(encoding="utf-8"), properties)
    )


def _calls_in(text: str, properties: dict[str, str]) -> Iterator[SdkCall]:
    classes = list(_CLASS.finditer(text))
    for index, each in enumerate(classes):
        end = classes[index + 1].start() if index + 1 < len(classes) else len(text)
        service = properties.get(each.group(1))
        if service is None:
            continue
        method = ""
        for member in _MEMBER.finditer(text, each.end(), end):
            if member.group(1):
                method = member.group(1)
            else:
                yield SdkCall(service, method, member[2], member[3])
