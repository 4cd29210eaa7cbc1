"""Choices of pickers: what provides them, and how long they are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clonexs.widgets.state import Json

if TYPE_CHECKING:
    from clonexs.session import Session

OPTIONS_TTL_S = 60.0


class OptionCache:
    """Choices of pickers for sixty seconds, by host and principal.

    Args:
        now: Monotonic seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._kept: dict[tuple[object, ...], tuple[float, list[Json]]] = {}

    def get(
        self, key: tuple[object, ...], load: Callable[[], list[Json]], *, fresh: bool = False
    ) -> list[Json]:
        """The kept choices, or those that ``load`` gives."""
        with self._lock:
            kept = self._kept.get(key)
        if kept and not fresh and self._now() - kept[0] < OPTIONS_TTL_S:
            return kept[1]
        options = load()
        with self._lock:
            self._kept[key] = (self._now(), options)
        return options


def _catalogs(session: Session, values: Mapping[str, Json]) -> list[Json]:
    from clonexs.workspace.object_counts import list_catalogs

    return [
        {"value": line.name.catalog, "label": line.name.catalog, "hint": line.owner}
        for line in list_catalogs(session.api)
    ]


def _schemas(session: Session, values: Mapping[str, Json]) -> list[Json]:
    catalog = str(values.get("catalog") or "")
    if not catalog:
        return []
    found = sorted(each.name or "" for each in session.api.schemas.list(catalog))
    return [{"value": name, "label": name} for name in found if name != "information_schema"]


PROVIDERS: dict[str, Callable[[Session, Mapping[str, Json]], list[Json]]] = {
    "catalog": _catalogs,
    "schema": _schemas,
}
