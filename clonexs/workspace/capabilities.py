"""What a workspace can do, asked once by name, with the reason when it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clonexs.errors import CapabilityMissing


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capability table of one workspace: name to reason, where an empty reason means available.

    ``interrupt``: a running statement can be stopped (a classic notebook session cannot).
    ``start_compute``: a stopped warehouse or cluster can be started from here.
    ``lagging_metadata``: grants and tags may be told late, so what differs is read again.
    ``real_billing``: billing tables hold money; the local workspace's are simulated.
    """

    reasons: Mapping[str, str]

    def has(self, name: str) -> bool:
        """Whether the workspace can do it."""
        return self.reasons[name] == ""

    def why_not(self, name: str) -> str:
        """Why it cannot; empty when it can."""
        return self.reasons[name]

    def require(self, name: str) -> None:
        """Raise :class:`CapabilityMissing` with the reason when the workspace cannot do it."""
        if reason := self.reasons[name]:
            raise CapabilityMissing(reason)


def capabilities_of(kind: str, backend: str, *, classic_session: bool = False) -> Capabilities:
    """The table for a kind of target and a SQL backend."""
    return Capabilities(
        {
            "interrupt": (
                "this notebook's session cannot interrupt a statement: Cancel stops at the next object"
                if classic_session
                else ""
            ),
            "start_compute": (
                ""
                if backend == "statement_execution"
                else "only SQL warehouses are started from here"
            ),
            "lagging_metadata": (
                "the local workspace tells every change at once" if kind == "local" else ""
            ),
            "real_billing": (
                "the local workspace meters its own use; its figures are simulated"
                if kind == "local"
                else ""
            ),
        }
    )
