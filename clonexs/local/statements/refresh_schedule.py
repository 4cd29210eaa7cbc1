"""When a materialized view is refreshed: the clauses ``SCHEDULE`` and ``TRIGGER``."""

from __future__ import annotations

from typing import Any

from clonexs.local.errors import LocalError
from clonexs.local.statements.grammar import Cursor

# Words of a period to its seconds, and to how many of it are allowed.
_PERIODS = {"HOUR": (3600, 72), "DAY": (86_400, 31), "WEEK": (604_800, 8)}


def parse_schedule(cursor: Cursor) -> dict[str, Any]:
    """A clause as plain data.

    ``SCHEDULE [REFRESH] {CRON 'q' [AT TIME ZONE 'tz'] | EVERY n {HOURS | DAYS | WEEKS}}`` or
    ``TRIGGER ON UPDATE [AT MOST EVERY INTERVAL …]``.

    Raises:
        LocalError: for what is not understood, and for a period that is out of bounds.
    """
    if cursor.accept("TRIGGER"):
        cursor.expect("ON", "UPDATE")
        made: dict[str, Any] = {"trigger": "ON UPDATE"}
        if cursor.accept("AT", "MOST", "EVERY"):
            cursor.expect("INTERVAL")
            made["at_most_every"] = f"INTERVAL {cursor.number()} {cursor.identifier().upper()}"
        return made
    cursor.expect("SCHEDULE")
    cursor.accept("REFRESH")
    if cursor.accept("CRON"):
        made = {"cron": _quartz(cursor.string()), "time_zone": "UTC"}
        if cursor.accept("AT", "TIME", "ZONE"):
            made["time_zone"] = _zone(cursor.string())
        return made
    cursor.expect("EVERY")
    return _every(cursor)


def _every(cursor: Cursor) -> dict[str, Any]:
    count = cursor.number()
    unit = cursor.one_of(*(each for word in _PERIODS for each in (word, f"{word}S")))
    unit = unit.removesuffix("S")
    seconds, most = _PERIODS[unit]
    if not 1 <= count <= most:
        raise LocalError(
            "SCHEDULE_PERIOD_INVALID",
            f"The schedule period for {unit} must be an integer value between 1 and {most}"
            f" (inclusive). Received: {count}.",
        )
    return {"every": count, "unit": unit, "seconds": count * seconds}


def _quartz(text: str) -> str:
    # Six fields, or seven with a year: the first is seconds.
    if len(text.split()) not in {6, 7}:
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"'{text}' is not a quartz cron expression of 6 or 7 fields."
        )
    return text


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise LocalError("INVALID_PARAMETER_VALUE", f"'{name}' is no time zone.") from error
    return name


def schedule_text(schedule: dict[str, Any]) -> str:
    """A schedule as it is written in SQL."""
    from clonexs.local.engine.text import literal

    if "trigger" in schedule:
        made = f"TRIGGER {schedule['trigger']}"
        most = schedule.get("at_most_every")
        return f"{made} AT MOST EVERY {most}" if most else made
    if "cron" in schedule:
        zone = literal(schedule["time_zone"])
        return f"SCHEDULE CRON {literal(schedule['cron'])} AT TIME ZONE {zone}"
    plural = "S" if schedule["every"] > 1 else ""
    return f"SCHEDULE EVERY {schedule['every']} {schedule['unit']}{plural}"
