"""How amounts, dates and waits are written for people, in French and in English."""

import re
from datetime import date
from typing import Any

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


def waits(seconds: int) -> dict[str, Any]:
    """The details of a refusal for a while: ``retry_after_s``, and the same in words, rounded up."""
    minutes = max(1, -(-seconds // 60))
    hours = -(-minutes // 60)
    if minutes <= 90:
        fr = en = f"{minutes} minute" + ("s" if minutes > 1 else "")
    else:
        fr, en = f"{hours} heures", f"{hours} hours"
    return {"retry_after_s": seconds, "wait_fr": fr.replace(" ", _NO_BREAK), "wait_en": en}


def _day(value: Any) -> date | None:
    is_date = isinstance(value, str) and _ISO_DATE.fullmatch(value)
    return date.fromisoformat(value) if is_date else None
