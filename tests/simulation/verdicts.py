"""What the model answers to a scan: a refusal's code, the redemption that it repeats, or what it draws."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.simulation.acts import OFFERS
from tests.simulation.model import LAST_DAYS, PAYS, Card, Model, Pot
from tests.simulation.moments import AHEAD_MAX, LATE_WINDOW, civil_day

REPEAT_WINDOW = timedelta(seconds=20)
UNDO_WINDOW = timedelta(seconds=300)
USES_A_MONTH = 2
LAST_DAY_OF_CARDS = date(2027, 12, 31)


@dataclass(frozen=True)
class Verdict:
    """Exactly one of the three; ``draws`` may be empty for a scan that pays without a pot."""

    refused: str | None = None
    repeats: str | None = None
    draws: dict[str, int] = field(default_factory=dict)


def judge(model: Model, card: Card, caller: Any, body: Any, at: datetime) -> Verdict:
    """The rules of a scan in the order in which they refuse, all of them by when the visit took place."""
    if not _is_heard_in_time(body, at):
        return Verdict(refused="invalid_field")
    visit = visit_of(body, at)
    if refused := _refused_by_card(card, visit) or _refused_by_code(card, body):
        return Verdict(refused=refused)
    if first := _repeated(model, card, caller, body, visit):
        return Verdict(repeats=first)
    if _uses_that_month(model, card, caller.site_id, civil_day(visit)) >= USES_A_MONTH:
        return Verdict(refused="usage_limit_reached")
    return _draw(model, card, OFFERS[body["offer_id"]][1], body["pay_cents"], civil_day(visit))


def visit_of(body: Any, at: datetime) -> datetime:
    """The device's word, but nothing takes place after it was heard of."""
    return at if body["occurred_at"] is None else min(datetime.fromisoformat(body["occurred_at"]), at)


def _is_heard_in_time(body: Any, at: datetime) -> bool:
    said = body["occurred_at"]
    return said is None or at - LATE_WINDOW <= datetime.fromisoformat(said) <= at + AHEAD_MAX


def _refused_by_card(card: Card, visit: datetime) -> str | None:
    if civil_day(visit) < card.first_day:
        return "card_not_yet_valid"
    if civil_day(visit) > LAST_DAY_OF_CARDS:
        return "card_expired"
    # Who served before the revocation could not know of it.
    return "card_revoked" if card.revoked_at is not None and card.revoked_at <= visit else None


def _refused_by_code(card: Card, body: Any) -> str | None:
    is_typed_to_pay = body["card"] == card.number and body["pay_cents"] > 0
    return "card_code_required" if is_typed_to_pay and body["card_code"] != card.code else None


def _repeated(model: Model, card: Card, caller: Any, body: Any, visit: datetime) -> str | None:
    """The same at this site seconds before or after, on any device, unless the desk says otherwise."""
    repeated = [
        (redemption.visit, redemption_id)
        for redemption_id, redemption in model.redemptions.items()
        if (redemption.card, redemption.site, redemption.offer) == (card.id, caller.site_id, body["offer_id"])
        and redemption.paid == body["pay_cents"]
        and not redemption.cancelled
        and abs(redemption.visit - visit) < REPEAT_WINDOW
    ]
    return max(repeated)[1] if repeated and not body["second_visit"] else None


def _uses_that_month(model: Model, card: Card, site: str, day: date) -> int:
    """By whichever of their cards."""
    return sum(
        redemption.person == card.person
        and redemption.site == site
        and not redemption.cancelled
        and (redemption.day.year, redemption.day.month) == (day.year, day.month)
        for redemption in model.redemptions.values()
    )


def _draw(model: Model, card: Card, category: str, pay_cents: int, day: date) -> Verdict:
    if pay_cents == 0:
        return Verdict()
    known = [
        (list(PAYS).index(pot.code), pot_id, pot)
        for pot_id, pot in model.pots.items()
        if pot.heard and pot.household == card.household and category in PAYS[pot.code]
    ]
    still_open = [entry for entry in sorted(known, key=lambda entry: entry[:2]) if _is_open(entry[2], day)]
    if known and not still_open:
        return Verdict(refused="pot_closed")
    if sum(pot.allowance for _, _, pot in still_open) < pay_cents:
        return Verdict(refused="pot_insufficient")
    draws: dict[str, int] = {}
    for _, pot_id, pot in still_open:
        if taken := min(pot.allowance, pay_cents - sum(draws.values())):
            draws[pot_id] = taken
    return Verdict(draws=draws)


def _is_open(pot: Pot, day: date) -> bool:
    return not pot.closed_in_cards and day <= LAST_DAYS[pot.code]
