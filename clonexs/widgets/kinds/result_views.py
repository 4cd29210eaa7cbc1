"""The result of a run: how it ended, what failed, what was proven, what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from clonexs.widgets.contract import (
    Alert,
    Column,
    Data,
    Node,
    Stack,
    Stat,
    StatCards,
    TabItem,
    Table,
    Tabs,
    Tone,
)
from clonexs.widgets.form_view import counted, spoken
from clonexs.widgets.jobs_panel import seconds_between
from clonexs.widgets.kinds.frame import as_arrow, notes, problem_node
from clonexs.widgets.state import Json

if TYPE_CHECKING:
    from clonexs.jobs import RunStatus

_TONES: dict[str, Tone] = {
    "succeeded": "success",
    "partial": "warning",
    "failed": "danger",
    "cancelled": "neutral",
}
_COUNTED = {"unable": "Not copied"}
_COUNT_TONES: dict[str, Tone] = {"failed": "danger", "blocked": "danger", "unable": "warning"}
_PROOF_TONES: dict[str, Tone] = {"equal": "success", "differs": "danger", "unknown": "warning"}
LEFT_OUT_COLUMNS = ("key", "object", "kind", "category", "reason", "message", "remedy")
FAILURE_COLUMNS = ("key", "object", "kind", "state", "code", "message", "hint")
PROOF_COLUMNS = ("object", "kind", "level", "state", "differences", "source_rows", "target_rows")


def proven_result(run: RunStatus, result: Mapping[str, Any], version: int) -> Sequence[Node | None]:
    """Banner, figures, failures, proof."""
    failures, proof = failure_rows(result), proof_rows(result)
    proven = Counter(str(row["state"]) for row in proof)
    panels: list[tuple[TabItem, Stack]] = []

    def panel(name: str, label: str, count: int, *nodes: Node) -> None:
        panels.append((TabItem(name, label, badge=count), Stack(key=name, children=nodes)))

    ref = f"{run.id}-{version}"
    panel("proof", "Proof", len(proof), _proof_table(f"proof@{ref}"))
    panel(
        "failures",
        "Failures",
        len(failures),
        _failure_table(f"failures@{ref}"),
    )
    panel("left_out", "Left out", len(result.get("skips") or ()), _left_out(f"left_out@{ref}"))
    tabs = Tabs(
        tabs=[item for item, _ in panels], children=[node for _, node in panels], label="The result"
    )
    return [
        _banner(run, proven),
        problem_node(run.error) if run.error else None,
        _cards(run, result, proven),
        notes(result.get("warnings") or ()),
        tabs if result else None,
    ]


def _banner(run: RunStatus, proven: Counter[str]) -> Node:
    outcomes = (
        (run.counts.get("failed", 0), "object", "failed"),
        (run.counts.get("blocked", 0), "object", "blocked by those"),
        (run.counts.get("unable", 0), "object", "not copied: see “Left out”"),
        (proven["differs"], "difference", "found between source and copy"),
        (proven["unknown"], "comparison", "could not be made"),
    )
    lines = [f"{counted(count, noun)} {text}" for count, noun, text in outcomes if count]
    if run.status == "partial" and proven["equal"]:
        lines.append(f"{counted(proven['equal'], 'comparison')} with the source: equal")
    titles = {
        "succeeded": f"Done: {counted(proven['equal'], 'comparison')} with the source, all equal"
        if proven["equal"]
        else "Done",
        "partial": "Done in part",
        "failed": "The run failed",
        "cancelled": "The run was cancelled",
    }
    title = titles.get(run.status, f"The run is {run.status}")
    return Alert(title, items=lines, tone=_TONES.get(run.status, "info"))


def _cards(run: RunStatus, result: Mapping[str, Any], proven: Counter[str]) -> Node:
    cards: list[Node] = [
        Stat(_COUNTED.get(word, spoken(word)), count, tone=_COUNT_TONES.get(word, "neutral"))
        for word, count in run.counts.items()
        if count
    ]
    if (copied := result.get("bytes_copied")) is not None:
        cards.append(Stat("Bytes copied", copied, format="bytes"))
    # The run's own clock, which the card of the run shows as well.
    if (seconds := seconds_between(run.started_at, run.ended_at)) is not None:
        cards.append(Stat("Took", seconds, format="duration"))
    cards += [
        Stat(f"Proof: {word}", count, tone=_PROOF_TONES.get(word, "neutral"))
        for word, count in proven.items()
    ]
    return StatCards(label="The run in figures", children=cards)


def failure_rows(result: Mapping[str, Any]) -> list[dict[str, Json]]:
    """Units that failed or were blocked, with what to do about each."""
    rows = []
    for unit in result.get("units") or ():
        if unit.get("state") not in ("failed", "blocked"):
            continue
        error = unit.get("error") or {}
        detail = error if isinstance(error, Mapping) else {"message": str(error)}
        rows.append(
            {
                "key": unit.get("key"),
                "object": unit.get("object") or unit.get("target") or unit.get("key"),
                "kind": unit.get("kind"),
                "state": unit.get("state"),
                "code": detail.get("code"),
                "message": detail.get("message"),
                "hint": detail.get("hint"),
            }
        )
    return rows


def proof_rows(result: Mapping[str, Any]) -> list[dict[str, Json]]:
    """What was compared, those that are not equal first."""
    order = {"differs": 0, "unknown": 1, "equal": 2}
    rows = [
        {**row, "differences": "; ".join(map(str, row.get("differences") or ())) or None}
        for row in result.get("verification") or ()
    ]
    return sorted(rows, key=lambda row: order.get(str(row.get("state")), 3))


def _proof_table(ref: str) -> Node:
    return Table(
        columns=[
            Column("object", "Object", width=320),
            Column("kind", "Kind", width=90),
            Column("state", "Result", format="status", width=110),
            Column("level", "Compared by", width=120),
            Column("source_rows", "Source rows", format="number", width=110),
            Column("target_rows", "Target rows", format="number", width=110),
            Column("differences", "What differs", width=200),
        ],
        rows=Data(ref),
        label="Proof: source and copy compared",
        server=True,
        export_name="proof",
        on_arrow=as_arrow("proof"),
        empty="Nothing was compared: verification was switched off or nothing was copied",
    )


def _failure_table(ref: str) -> Node:
    return Table(
        columns=[
            Column("object", "Object", width=240),
            Column("kind", "Kind", width=90),
            Column("state", "Outcome", format="status", width=110),
            Column("code", "Error", width=150),
            Column("message", "What happened", width=260),
            Column("hint", "What to do", width=200),
        ],
        rows=Data(ref),
        label="Objects that failed or were blocked",
        row_key="key",
        server=True,
        export_name="failures",
        on_arrow=as_arrow("failures"),
        empty="Nothing failed",
    )


def _left_out(ref: str) -> Node:
    return Table(
        columns=[
            Column("object", "Object", width=240),
            Column("kind", "Kind", width=90),
            Column("category", "Why", width=90),
            Column("reason", "Reason", width=110),
            Column("message", "What happened", width=260),
            Column("remedy", "What to do", width=260),
        ],
        rows=Data(ref),
        label="Left out of the run",
        row_key="key",
        export_name="left-out",
        on_arrow=as_arrow("left_out"),
        empty="Nothing was left out",
    )
