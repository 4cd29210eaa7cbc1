"""Pages of kind *dashboard*: figures that are read once, kept for a while and said how old.

The kind owns loading, failure, age, refresh and export; a page says what to read and how it looks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clonexs.errors import InvalidRequest
from clonexs.widgets.code_forms import code_for
from clonexs.widgets.contract import Action, Node, Skeleton
from clonexs.widgets.contract import Page as PageNode
from clonexs.widgets.exports import export
from clonexs.widgets.kinds.frame import page_header, problem_node
from clonexs.widgets.page import Call, Page, action, action_at_once
from clonexs.widgets.state import Json
from clonexs.widgets.wire import error_content

if TYPE_CHECKING:
    from clonexs.widgets.services import Services


class DashboardPage(Page, ABC):
    """Base of dashboards."""

    kind = "dashboard"

    def __init__(self, services: Services, params: Mapping[str, Json]) -> None:
        super().__init__(services, params)
        self.result: dict[str, Any] | None = None
        self.as_of: float | None = None
        self.revision = 0
        self.problem: dict[str, Json] | None = None
        self.is_loading = False

    # What a page says.

    def request(self) -> dict[str, Json]:
        """The request of the reading operation."""
        return {}

    @abstractmethod
    def view(self, result: Mapping[str, Any]) -> Sequence[Node | None]:
        """The figures, once they are there."""

    def around(self) -> Sequence[Node | None]:
        """What stands below the figures whether they could be read or not."""
        return ()

    def buttons(self) -> Sequence[Node]:
        """Buttons of the header."""
        return ()

    # States.

    def tree(self) -> Node:
        """Loading, failed, or the figures with their age."""
        header = page_header(
            self.title,
            self.spec.summary,
            buttons=self.buttons(),
            as_of=self.as_of,
            on_refresh=Action("refresh"),
        )
        return PageNode(busy=self.is_loading, children=[header, *self._figures(), *self.around()])

    def _figures(self) -> Sequence[Node | None]:
        failed = problem_node(self.problem, Action("refresh")) if self.problem else None
        if self.result is not None:
            return [failed, *self.view(self.result)]
        if failed:
            return [failed]
        return [Skeleton(look="cards", count=6), Skeleton(look="table", count=5)]

    def on_open(self) -> None:
        """Read the figures unless they are there."""
        if self.result is None:
            self.load()

    def load(self, call: Call | None = None, **changes: Json) -> None:
        """Read the figures; a failure stands beside those of before."""
        self.is_loading = True
        self.changed()
        try:
            result = self.services.read(self.spec.operation, {**self.request(), **changes}, call)
            with self.lock:
                self.result, self.as_of, self.problem = result.to_dict(), self.services.now(), None
                self.revision += 1
        except Exception as error:  # noqa: BLE001 - stands on the page, with a retry
            with self.lock:
                self.problem = error_content(error)
        finally:
            self.is_loading = False
            self.changed()

    @action
    def refresh(self, call: Call) -> None:
        """Read the figures again."""
        self.load(call)

    @action
    def start_compute(self) -> None:
        """Start the compute that runs SQL."""
        self.services.start_compute()
        self.host.toast("Compute is starting; refresh in a moment")

    def saved(self) -> dict[str, Json]:
        """The figures with their age."""
        if self.result is None:
            return {}
        return {"result": self.result, "as_of": self.as_of}

    def restore(self, saved: Mapping[str, Json]) -> None:
        """Take back the figures: no query is sent for them."""
        result, as_of = saved.get("result"), saved.get("as_of")
        if isinstance(result, dict) and isinstance(as_of, (int, float)):
            self.result, self.as_of = result, float(as_of)
            self.revision += 1

    @action_at_once
    def code(self, language: str) -> str:
        """The reading as Python, command line or job."""
        if language not in ("python", "cli", "job"):
            raise InvalidRequest({"language": "must be python, cli or job"})
        place = self.services.place()
        return code_for(language, self.spec.operation, self.request(), target=place)  # type: ignore[arg-type]

    @action_at_once
    def export(self, what: str, form: str) -> dict[str, Json]:
        """A table of the page as a file."""
        return export(self.table_source(what), f"{self.spec.slug}-{what}", form)
