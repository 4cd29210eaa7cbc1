"""What is not served: refused by the name of the SDK's method, read from the SDK's own source."""

from __future__ import annotations

import functools
import re

from clonexs.local.errors import LocalError
from clonexs.local.services.sdk_calls import SdkCall, sdk_calls


def not_served(method: str, path: str) -> LocalError:
    """The refusal for a call that no service answers."""
    name = sdk_name(method, path)
    what = f"{name} ({method} {path})" if name else f"{method} {path}"
    return LocalError("NOT_IMPLEMENTED", f"The local workspace does not serve {what}.")


def sdk_name(method: str, path: str) -> str | None:
    """The SDK's name of a call, such as ``quality_monitors.create``; ``None`` if it has none.

    Methods that send the same request are named together, as ``a.get or b.get``.
    """
    for call, pattern in _patterns():
        if call.verb == method and pattern.fullmatch(path):
            same = (
                each.full_name for each, p in _patterns() if (each.verb, p) == (method, pattern)
            )
            return " or ".join(dict.fromkeys(same))
    return None


@functools.cache
def _patterns() -> list[tuple[SdkCall, re.Pattern[str]]]:
    made = [(call, call.pattern) for call in sdk_calls() if not call.has_any_path]
    # A fixed path is told before one with parameters in the same place.
    return sorted(made, key=lambda each: len(each[0].parameters))
