"""Which single values are taken, checked again behind the gateway, before the database is asked."""

import re
from collections.abc import Collection
from datetime import date
from typing import Any

from contracts.base import Season
from contracts.refusals import Refusal

MAX_CENTS = 10_000_000
MAX_SEASONS = 12
MAX_CODES = 50
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-[0-3][0-9]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_UNPRINTABLE_IN_NOTES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Any leap year: 29 February is a day of a season.
_LEAP_YEAR = 2020


def refuse(field: str, rule_fr: str, rule_en: str) -> Refusal:
    """Return the refusal of one field, naming its rule in French and English."""
    return Refusal("invalid_field", field=field, rule=rule_en, rule_fr=rule_fr)


def check_text(field: str, value: Any, max_chars: int, pattern: re.Pattern[str] | None = None) -> str:
    """Return the text without blanks around it: 1 to `max_chars` printable characters that fit."""
    return _text(field, value, max_chars, _UNPRINTABLE, pattern)


def check_note(field: str, value: Any, max_chars: int) -> str:
    """Return a text that may have several lines."""
    return _text(field, value, max_chars, _UNPRINTABLE_IN_NOTES, None)


def check_flag(field: str, value: Any) -> bool:
    """Return true or false, nothing that looks like it."""
    if not isinstance(value, bool):
        raise refuse(field, "vrai ou faux", "true or false")
    return value


def check_integer(field: str, value: Any, low: int, high: int) -> int:
    """Return a whole number within bounds, both inclusive."""
    if type(value) is not int or not low <= value <= high:
        raise refuse(field, f"un nombre entier de {low} à {high}", f"a whole number from {low} to {high}")
    return value


def check_number(field: str, value: Any, low: float, high: float) -> float:
    """Return a number within bounds; NaN is in none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise refuse(field, f"un nombre de {low} à {high}", f"a number from {low} to {high}")
    return float(value)


def check_choice(field: str, value: Any, allowed: Collection[str]) -> str:
    """Return one of the allowed words."""
    if not isinstance(value, str) or value not in allowed:
        raise refuse(field, f"l’un de : {', '.join(allowed)}", f"one of: {', '.join(allowed)}")
    return value


def check_list(field: str, value: Any, low: int, high: int) -> list[Any]:
    """Return a list of so many items, none twice."""
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise refuse(field, f"de {low} à {high} éléments", f"{low} to {high} items")
    if any(item in value[:index] for index, item in enumerate(value)):
        raise refuse(field, "chaque élément une seule fois", "each item once only")
    return value


def check_codes(field: str, value: Any, *, least: int) -> list[str]:
    """Return a list of codes (programmes, card types, criteria …)."""
    codes = check_list(field, value, least, MAX_CODES)
    return [check_text(f"{field}.{index}", code, 40, CODE) for index, code in enumerate(codes)]


def check_day(field: str, value: Any) -> date:
    """Return the day that an ISO text names."""
    try:
        return date.fromisoformat(check_text(field, value, 10))
    except ValueError:
        raise refuse(field, "une date AAAA-MM-JJ", "a date YYYY-MM-DD") from None


def check_season(field: str, value: Any) -> list[Season]:
    """Return periods of any year; each names real days as ``MM-DD``."""
    periods = check_list(field, value, 0, MAX_SEASONS)
    return [_period(f"{field}.{index}", period) for index, period in enumerate(periods)]


def _period(field: str, value: Any) -> Season:
    period = value if isinstance(value, dict) else {}
    days = {name: _month_day(f"{field}.{name}", period.get(name)) for name in ("from", "to")}
    return {"from": days["from"], "to": days["to"]}


def _month_day(field: str, value: Any) -> str:
    text = check_text(field, value, 5, MONTH_DAY)
    try:
        date(_LEAP_YEAR, int(text[:2]), int(text[3:]))
    except ValueError:
        raise refuse(field, "un jour MM-JJ qui existe", "a day MM-DD that exists") from None
    return text


def _text(
    field: str, value: Any, max_chars: int, forbidden: re.Pattern[str], pattern: re.Pattern[str] | None
) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(text) <= max_chars:
        raise refuse(field, f"de 1 à {max_chars} caractères", f"1 to {max_chars} characters")
    if forbidden.search(text):
        raise refuse(field, "contient des caractères interdits", "contains forbidden characters")
    if pattern and not pattern.fullmatch(text):
        raise refuse(field, f"forme attendue : {pattern.pattern}", f"expected form: {pattern.pattern}")
    return text
