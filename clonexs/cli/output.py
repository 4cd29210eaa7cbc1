"""What commands print: results and runs as lines for people, or as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from clonexs.jobs import RunStatus
    from clonexs.operations.work import Plan

_SHOWN = 20
# A text longer than this stands on a line of its own.
_LONG = 60


def print_json(data: Any) -> None:
    """JSON on standard output."""
    from clonexs.serde import to_plain

    click.echo(json.dumps(to_plain(data), indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns as wide as their widest value."""
    lines = [[str(value) for value in row] for row in rows]
    widths = [max(map(len, each)) for each in zip(columns, *lines, strict=True)]
    for line in [list(columns), *lines]:
        shown = "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True))
        click.echo(shown.rstrip())


def print_fields(data: Mapping[str, Any]) -> None:
    """Figures of a result, a line each, and sentences a line each; of records only their number."""
    for name, value in data.items():
        if value in (None, "", [], (), {}):
            continue
        label = name.replace("_", " ")
        if _is_sentences(value):
            click.echo(f"  {label}:")
            for text in value[:_SHOWN]:
                click.echo(f"    {text}")
            if len(value) > _SHOWN:
                click.echo(f"    and {len(value) - _SHOWN} more (--json lists all)")
        else:
            click.echo(f"  {label}: {_shown(value)}")


def print_plan(plan: Plan) -> None:
    """What a plan would do, and what it cannot."""
    click.echo(f"{plan.operation}: {plan.summary()}")
    for unit in plan.units[:_SHOWN]:
        click.echo(f"  {unit.action:8} {unit.kind:10} {unit.target}")
    if len(plan.units) > _SHOWN:
        click.echo(f"  and {len(plan.units) - _SHOWN} more (--json lists all)")
    print_skips(plan.to_dict()["skips"])
    for warning in plan.warnings:
        click.echo(f"warning: {warning}")


def print_skips(skips: Iterable[Mapping[str, Any]]) -> None:
    """What could not be done, why, and the remedy."""
    unable = [skip for skip in skips if skip.get("category") == "unable"]
    if unable:
        click.echo("could not be done:")
    for skip in unable:
        remedy = f"; {skip['remedy']}" if skip.get("remedy") else ""
        click.echo(f"  {skip['kind']} {skip['object']}: {skip['message']}{remedy}")


def print_run(
    status: RunStatus,
    events: Sequence[Mapping[str, Any]],
    skips: Sequence[Mapping[str, Any]] = (),
) -> None:
    """How a run stands: counts, figures of its result, what went wrong and what was left out."""
    counts = ", ".join(f"{count} {word}" for word, count in sorted(status.counts.items()))
    click.echo(f"{status.title}: {status.status}{f' ({counts})' if counts else ''}")
    print_fields(status.result or {})
    _print_failures(events)
    print_skips(skips)
    if status.error:
        click.echo(f"{status.error.get('code')}: {status.error.get('message')}")
        if status.error.get("hint"):
            click.echo(f"  hint: {status.error['hint']}")
    click.echo(f"run {status.id}")


def units_in(state: str, events: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Units whose last state is ``state``, with their errors."""
    last = {event["key"]: event for event in events if event.get("kind") == "unit"}
    return {
        key: event.get("error") or {} for key, event in last.items() if event.get("state") == state
    }


def _print_failures(events: Sequence[Mapping[str, Any]]) -> None:
    failed, blocked = units_in("failed", events), units_in("blocked", events)
    if failed:
        click.echo("failed:")
    for key, error in list(failed.items())[:_SHOWN]:
        click.echo(f"  {key}: {error.get('message', '')}")
        if error.get("hint"):
            click.echo(f"    hint: {error['hint']}")
    if len(failed) > _SHOWN:
        click.echo(f"  and {len(failed) - _SHOWN} more (clonexs jobs show RUN --events lists all)")
    if blocked:
        click.echo(f"not tried, since something they need failed: {_few(list(blocked))}")


def _is_sentences(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and any(
        isinstance(item, str) and len(item) > _LONG for item in value
    )


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return _few(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_inner(each)}" for key, each in value.items())
    return _word(value)


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_word(each)} {key}" for key, each in value.items())
    return _few(value) if isinstance(value, (list, tuple)) else _word(value)


def _few(values: Sequence[Any]) -> str:
    if all(isinstance(value, (str, int, float)) for value in values):
        more = f", and {len(values) - _SHOWN} more" if len(values) > _SHOWN else ""
        return ", ".join(map(_word, values[:_SHOWN])) + more
    return f"{len(values)} (--json lists them)"


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
