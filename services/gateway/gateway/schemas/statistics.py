"""A provider's sales and what it is owed."""

from datetime import date, timedelta
from typing import Any

from marshmallow import ValidationError, validates_schema

from gateway import rules
from gateway.schemas.base import Answer, Request, part, parts, text, whole
from gateway.schemas.fields import Choice, Day

PERIOD_DAYS_MAX = 1100
KEYS = ("day", "offer", "card_type", "site")


class StatisticsQuery(Request):
    """Days are inclusive, civil Paris."""

    from_ = Day(required=True, data_key="from", attribute="first_day")
    to = Day(required=True, attribute="last_day")
    by = Choice(*KEYS, load_default="day")

    @validates_schema
    def days_in_order(self, data: dict[str, Any], **_: Any) -> None:
        """A limit on the period is a limit on the answer's rows."""
        length = date.fromisoformat(data["last_day"]) - date.fromisoformat(data["first_day"])
        if not timedelta() <= length <= timedelta(days=PERIOD_DAYS_MAX):
            raise ValidationError(rules.ORDER_OF_DAYS.format(days_max=PERIOD_DAYS_MAX), "to")


class StatisticsRowAnswer(Answer):
    """Sales of one day, offer, card type or site; cancelled redemptions are taken out again."""

    key = text()
    redemptions = whole()
    adults = whole()
    children = whole()
    gross_cents = whole()
    reduction_cents = whole()
    net_cents = whole()
    paid_from_pot_cents = whole()


class StatisticsAnswer(Answer):
    """A provider's sales between two days."""

    provider_id = text()
    by = text(metadata={"enum": [*KEYS]})
    rows = parts(StatisticsRowAnswer)
    total = part(StatisticsRowAnswer)


class BalanceAnswer(Answer):
    """What the scheme owes a provider."""

    provider_id = text()
    payable_cents = whole()
