"""What the model answers to a scan: a refusal's code, the redemption that it repeats, or what it draws."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.simulation.acts import OFFERS
from tests.simulation.model import LAST_DAYS, PAYS, Card, Model, Pot

REPEAT_WINDOW = timedelta(seconds=20)
UNDO_WINDOW = timedelta(seconds=300)
USES_A_MONTH = 3
LAST_DAY_OF_CARDS = date(2027, 12, 31)


@dataclass(frozen=True)
class Verdict:
    """Exactly one of the three; ``draws`` may be empty for a scan that pays without a pot."""

    refused: str | None = None
    repeats: str | None = None
    draws: dict[str, int] = field(default_factory=dict)


def judge(model: Model, card: Card, caller: Any, body: Any, at: datetime, today: date) -> Verdict:
    """The rules of a scan in the order in which they refuse."""
    if today > LAST_DAY_OF_CARDS:
        return Verdict(refused="card_expired")
    if card.revoked:
        return Verdict(refused="card_revoked")
    typed_to_pay = body["card"] == card.number and body["pay_cents"] > 0
    first = None if typed_to_pay else _repeated(model, card, caller, body, at)
    if first:
        return Verdict(repeats=first)
    if _uses_this_month(model, card, caller.site_id, today) >= USES_A_MONTH:
        return Verdict(refused="usage_limit_reached")
    return _draw(model, card, OFFERS[body["offer_id"]][1], body["pay_cents"], today)


def _repeated(model: Model, card: Card, caller: Any, body: Any, at: datetime) -> str | None:
    repeated = [
        (redemption.at, redemption_id)
        for redemption_id, redemption in model.redemptions.items()
        if (redemption.card, redemption.device, redemption.offer)
        == (card.id, caller.subject, body["offer_id"])
        and redemption.paid == body["pay_cents"]
        and not redemption.cancelled
        and redemption.at > at - REPEAT_WINDOW
    ]
    return max(repeated)[1] if repeated else None


def _uses_this_month(model: Model, card: Card, site: str, today: date) -> int:
    return sum(
        redemption.order == card.order
        and redemption.site == site
        and not redemption.cancelled
        and (redemption.at.year, redemption.at.month) == (today.year, today.month)
        for redemption in model.redemptions.values()
    )


def _draw(model: Model, card: Card, category: str, pay_cents: int, today: date) -> Verdict:
    if pay_cents == 0:
        return Verdict()
    known = [
        (list(PAYS).index(pot.code), pot_id, pot)
        for pot_id, pot in model.pots.items()
        if pot.heard and pot.household == card.household and category in PAYS[pot.code]
    ]
    still_open = [entry for entry in sorted(known, key=lambda entry: entry[:2]) if _is_open(entry[2], today)]
    if known and not still_open:
        return Verdict(refused="pot_closed")
    if sum(pot.allowance for _, _, pot in still_open) < pay_cents:
        return Verdict(refused="pot_insufficient")
    draws: dict[str, int] = {}
    for _, pot_id, pot in still_open:
        if taken := min(pot.allowance, pay_cents - sum(draws.values())):
            draws[pot_id] = taken
    return Verdict(draws=draws)


def _is_open(pot: Pot, today: date) -> bool:
    return not pot.closed_in_cards and today <= LAST_DAYS[pot.code]
