"""Refusing a value of a request, and reading an instant: what callers send is checked here too."""

from datetime import datetime

from chassis.clock import read_rfc3339
from contracts.refusals import Refusal


def invalid(field: str, rule_fr: str, rule: str) -> Refusal:
    """A refusal of one field, naming its rule in French and English."""
    return Refusal("invalid_field", field=field, rule=rule, rule_fr=rule_fr)


def read_instant(text: str, field: str) -> datetime:
    """Return the instant in UTC, or refuse."""
    try:
        return read_rfc3339(text)
    except ValueError:
        rule = "une heure RFC 3339 avec décalage", "an RFC 3339 time with its offset"
        raise invalid(field, *rule) from None
