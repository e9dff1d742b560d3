"""Which inputs are taken, checked again behind the gateway.

It all happens before the database is asked: PostgreSQL's own errors quote the row at fault, and so
would put personal data into a log.
"""

import re
from datetime import date
from typing import Any

from contracts.refusals import Refusal

MAX_NAME_CHARS = 100
MAX_EMAIL_CHARS = 254
MAX_STREET_CHARS = 200
MAX_NOTE_CHARS = 500
MAX_LABEL_CHARS = 100
MAX_MEMBERS = 30
MAX_PAGE = 100
EARLIEST_BIRTH = date(1890, 1, 1)
LATEST_DAY = date(2199, 12, 31)

# Printable ASCII: mail servers that take more (RFC 6531) are few, and a voucher must arrive.
EMAIL = re.compile(r"(?=[!-~]+\Z)[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
PHONE = re.compile(r"\+?[0-9 .()-]{4,24}")
POSTAL_CODE = re.compile(r"[0-9]{5}")
INSEE = re.compile(r"[0-9][0-9AB][0-9]{3}")
COUNTRY = re.compile(r"99[0-9]{3}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def refuse(field: str, rule: str) -> Refusal:
    """Return the refusal of one field."""
    return Refusal("invalid_field", field=field, rule=rule)


def check_text(field: str, value: Any, max_chars: int, pattern: re.Pattern[str] | None = None) -> str:
    """Return the text without blanks around it: 1 to `max_chars` printable characters that fit."""
    text = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(text) <= max_chars:
        raise refuse(field, f"1–{max_chars} caractères / characters")
    if _UNPRINTABLE.search(text) or (pattern and not pattern.fullmatch(text)):
        raise refuse(field, "format")
    return text


def check_optional_text(
    field: str, value: Any, max_chars: int, pattern: re.Pattern[str] | None = None
) -> str | None:
    """Return the text, or None when there is none."""
    return None if value is None else check_text(field, value, max_chars, pattern)


def check_day(field: str, value: Any, earliest: date, latest: date) -> date:
    """Return the day that an ISO text names, within bounds."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None or not earliest <= day <= latest:
        raise refuse(field, f"AAAA-MM-JJ / YYYY-MM-DD, {earliest} – {latest}")
    return day


def check_choice(field: str, value: Any, allowed: tuple[str, ...]) -> str:
    """Return one of the allowed words."""
    if value not in allowed:
        raise refuse(field, ", ".join(allowed))
    return str(value)


def normalise_email(text: str) -> str:
    """Return the address as accounts are compared: without blanks around it, lower case."""
    return text.strip().lower()


def check_email(field: str, value: Any) -> str:
    """Return the address as it was written, when a mail could be sent there."""
    return check_text(field, value, MAX_EMAIL_CHARS, EMAIL)
