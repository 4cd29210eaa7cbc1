"""Quartz cron expressions: when a schedule fires next, in its own time zone."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clonexs.local.errors import LocalError

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 1, 7),
    ("year", 1970, 2199),
)
_DOM, _MONTH, _DOW, _YEAR = 3, 4, 5, 6
_NAMES = {
    _MONTH: {name: number for number, name in enumerate(_MONTHS, 1)},
    _DOW: {name: number for number, name in enumerate(_DAYS, 1)},
}
_ANY = {"*", "?"}
_HORIZON_YEARS = 8


@dataclass(frozen=True, slots=True)
class Quartz:
    """A schedule; made by :func:`parse`.

    Attributes:
        fields: The values of each plain field, as sets.
        dom: The day of the month as written.
        dow: The day of the week as written.
        zone: Its time zone.
    """

    fields: tuple[frozenset[int], ...]
    dom: str
    dow: str
    zone: ZoneInfo

    def next_after(self, moment: float) -> float | None:
        """The first moment after another, in seconds since the epoch; ``None`` if there is none.

        A time that daylight saving skips fires when it ends; one that it repeats fires once.
        """
        start = dt.datetime.fromtimestamp(int(moment) + 1, self.zone).replace(tzinfo=None)
        day = start.date()
        last = day.replace(year=min(day.year + _HORIZON_YEARS, 2199), month=1, day=1)
        while day < last:
            if self._is_on(day):
                earliest = start.time() if day == start.date() else dt.time()
                for time in self._times(earliest):
                    local = dt.datetime.combine(day, time, self.zone)
                    if (found := local.timestamp()) > moment:
                        return found
            day += dt.timedelta(days=1)
        return None

    def _is_on(self, day: dt.date) -> bool:
        _, _, _, _, months, _, years = self.fields
        if day.month not in months or day.year not in years:
            return False
        return _is_day_of_month(self.dom, day) and _is_day_of_week(self.dow, day)

    def _times(self, earliest: dt.time) -> list[dt.time]:
        seconds, minutes, hours = (sorted(each) for each in self.fields[:3])
        found = (
            dt.time(hour, minute, second)
            for hour in hours
            if hour >= earliest.hour
            for minute in minutes
            for second in seconds
        )
        return [time for time in found if time >= earliest.replace(microsecond=0)]


def parse(expression: str, timezone: str) -> Quartz:
    """A schedule from a Quartz expression and the name of a time zone.

    Raises:
        LocalError: naming the field that is wrong.
    """
    parts = expression.upper().split()
    if len(parts) not in {6, 7}:
        raise _invalid(expression, "it must have 6 or 7 fields")
    parts += ["*"] * (7 - len(parts))
    if (parts[_DOM] == "?") == (parts[_DOW] == "?"):
        raise _invalid(expression, "exactly one of day of month and day of week must be '?'")
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LocalError(
            "INVALID_PARAMETER_VALUE", f"'{timezone}' is not the id of a time zone."
        ) from None
    values = tuple(_values(index, part, expression) for index, part in enumerate(parts))
    return Quartz(values, parts[_DOM], parts[_DOW], zone)


def _values(index: int, text: str, expression: str) -> frozenset[int]:
    name, low, high = _FIELDS[index]
    if index in {_DOM, _DOW} and _is_special(index, text):
        return frozenset()
    try:
        made = {value for item in text.split(",") for value in _range(index, item, low, high)}
    except ValueError:
        made = set()
    if not made or min(made) < low or max(made) > high:
        raise _invalid(expression, f"'{text}' is no {name}")
    return frozenset(made)


def _range(index: int, item: str, low: int, high: int) -> list[int]:
    body, slash, step_text = item.partition("/")
    step = int(step_text) if slash else 1
    if step < 1:
        raise ValueError(item)
    if body in _ANY or (not body and slash):
        first, last = low, high
    else:
        start, dash, end = body.partition("-")
        first = _number(index, start)
        last = _number(index, end) if dash else (high if slash else first)
    if first < low or last > high:
        raise ValueError(item)
    if first > last:
        # A range over the end of the week or year goes on from its beginning.
        return [*range(first, high + 1, step), *range(low, last + 1, step)]
    return list(range(first, last + 1, step))


def _number(index: int, text: str) -> int:
    return _NAMES.get(index, {}).get(text) or int(text)


def _is_special(index: int, text: str) -> bool:
    """Whether a day is given by its place from the end, the nearest weekday, or the n-th weekday."""
    if index == _DOM:
        offset = text.removeprefix("L-") if text.startswith("L-") else ""
        return (
            text in {"L", "LW"}
            or (offset.isdigit() and int(offset) <= 30)
            or (text.endswith("W") and text[:-1].isdigit() and 1 <= int(text[:-1]) <= 31)
        )
    day, _, number = text.partition("#")
    if number:
        return _is_day(day) and number in set("12345")
    return text == "L" or (text.endswith("L") and _is_day(text[:-1]))


def _is_day(text: str) -> bool:
    return text in _DAYS or (text.isdigit() and 1 <= int(text) <= 7)


def _is_day_of_month(text: str, day: dt.date) -> bool:
    if text in _ANY:
        return True
    last = monthrange(day.year, day.month)[1]
    if text == "L":
        return day.day == last
    if text.startswith("L-"):
        return day.day == last - int(text[2:])
    if text.endswith("W"):
        wanted = last if text == "LW" else min(int(text[:-1]), last)
        return day == _nearest_weekday(day.replace(day=wanted), last)
    return day.day in _values(_DOM, text, text)


def _nearest_weekday(day: dt.date, last: int) -> dt.date:
    if day.weekday() == 5:
        return day - dt.timedelta(days=1) if day.day > 1 else day + dt.timedelta(days=2)
    if day.weekday() == 6:
        return day + dt.timedelta(days=1) if day.day < last else day - dt.timedelta(days=2)
    return day


def _is_day_of_week(text: str, day: dt.date) -> bool:
    if text in _ANY:
        return True
    number = day.isoweekday() % 7 + 1
    if text == "L":
        return number == 7
    if "#" in text:
        wanted, _, nth = text.partition("#")
        return number == _number(_DOW, wanted) and (day.day - 1) // 7 + 1 == int(nth)
    if text.endswith("L"):
        is_last = day.day + 7 > monthrange(day.year, day.month)[1]
        return is_last and number == _number(_DOW, text[:-1])
    return number in _values(_DOW, text, text)


def _invalid(expression: str, why: str) -> LocalError:
    return LocalError(
        "INVALID_PARAMETER_VALUE", f"Invalid quartz cron expression '{expression}': {why}."
    )
