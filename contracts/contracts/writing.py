"""How amounts, dates and waits are written for people, in French and in English."""

import re
from datetime import date
from math import ceil
from typing import Any

from contracts.base import Text

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTHS_FR = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# French typography: nothing may break between a number and what it counts.
_NO_BREAK = "\u00a0"
# Seconds, and what they are called.
_DAYS = (86_400, "jour", "day")
_HOURS = (3_600, "heure", "hour")
_MINUTES = (60, "minute", "minute")
_SECONDS = (1, "seconde", "second")


def in_french(name: str, value: Any) -> Any:
    """``…_cents`` as ``12,50 €``, an ISO date as ``15 novembre 2020``; anything else as it is."""
    if name.endswith("_cents") and isinstance(value, int):
        return f"{value / 100:.2f}".replace(".", ",") + f"{_NO_BREAK}€"
    day = _day(value)
    if day is None:
        return value
    first = "1er" if day.day == 1 else str(day.day)
    return _NO_BREAK.join((first, _MONTHS_FR[day.month - 1], str(day.year)))


def in_english(name: str, value: Any) -> Any:
    """``…_cents`` as ``€12.50``, an ISO date as ``15 November 2020``; anything else as it is."""
    if name.endswith("_cents") and isinstance(value, int):
        return f"€{value / 100:.2f}"
    day = _day(value)
    return value if day is None else f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"


def span(seconds: int) -> Text:
    """A length of time in words, in the largest unit of which it is a whole number."""
    unit = next(unit for unit in (_DAYS, _HOURS, _MINUTES, _SECONDS) if seconds % unit[0] == 0)
    return _count(seconds // unit[0], unit)


def waits(seconds: float) -> dict[str, Any]:
    """The details of a refusal for a while: ``retry_after_s``, and the same in words; rounded up, never 0."""
    retry_after_s = max(1, ceil(seconds))
    minutes = ceil(retry_after_s / 60)
    words = _count(minutes, _MINUTES) if minutes <= 90 else _count(ceil(minutes / 60), _HOURS)
    return {
        "retry_after_s": retry_after_s,
        "wait_fr": words["fr"].replace(" ", _NO_BREAK),
        "wait_en": words["en"],
    }


def _count(count: int, unit: tuple[int, str, str]) -> Text:
    _, french, english = unit
    more = "s" if count > 1 else ""
    return {"fr": f"{count} {french}{more}", "en": f"{count} {english}{more}"}


def _day(value: Any) -> date | None:
    is_date = isinstance(value, str) and _ISO_DATE.fullmatch(value)
    return date.fromisoformat(value) if is_date else None
