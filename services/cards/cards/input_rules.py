"""Refusing a value of a request, and reading an instant, a note or the length of a page: what callers send is
checked here too."""

from datetime import datetime

from chassis.clock import read_rfc3339
from contracts.refusals import Refusal

MAX_PAGE_SIZE = 100
MAX_NOTE_CHARS = 500


def invalid(field: str, rule_fr: str, rule: str) -> Refusal:
    """A refusal of one field, naming its rule in French and English."""
    return Refusal("invalid_field", field=field, rule=rule, rule_fr=rule_fr)


def check_limit(limit: int) -> None:
    """How many items a page may have."""
    if not 1 <= limit <= MAX_PAGE_SIZE:
        raise invalid("limit", f"de 1 à {MAX_PAGE_SIZE}", f"from 1 to {MAX_PAGE_SIZE}")


def unknown_cursor() -> Refusal:
    """A refusal of a place in a list that no page of this caller ended at."""
    return invalid("cursor", "le « next_cursor » de la page d’avant", "the page before’s “next_cursor”")


def check_note(note: str | None) -> None:
    """A text that somebody may add for others to read."""
    if note is not None and (not 1 <= len(note) <= MAX_NOTE_CHARS or "\0" in note):
        raise invalid("note", f"de 1 à {MAX_NOTE_CHARS} caractères", f"1 to {MAX_NOTE_CHARS} characters")


def read_instant(text: str, field: str) -> datetime:
    """Return the instant in UTC, or refuse."""
    try:
        return read_rfc3339(text)
    except ValueError:
        rule = "une heure RFC 3339 avec décalage", "an RFC 3339 time with its offset"
        raise invalid(field, *rule) from None
