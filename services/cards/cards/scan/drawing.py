"""Which pots pay a scan, and how much each; pure."""

from collections.abc import Sequence
from datetime import date

from cards.scan.desk import CardAtDesk, PotAtDesk
from contracts.cards import Draw
from contracts.offers import OfferPublished
from contracts.programmes import Programme
from contracts.programmes.rules import pot_pays
from contracts.refusals import Refusal


def draw_from_pots(
    pots: Sequence[PotAtDesk],
    card: CardAtDesk,
    offer: OfferPublished,
    pay_cents: int,
    programme: Programme,
    today: date,
) -> tuple[Draw, ...]:
    """Return what to take from each pot so that it makes ``pay_cents``, or refuse.

    The pot that ends first is spent first; pots that end together, in the order of the card type.
    """
    if pay_cents == 0:
        return ()
    if not offer.pot_accepted:
        raise Refusal("pot_not_accepted", field="pay_cents")
    paying = [pot for pot in pots if pot.pays(offer.category)]
    _check_any(paying, card, offer, programme)
    still_open = [pot for pot in paying if pot.is_open_on(today)]
    if paying and not still_open:
        last = max(pot.spend_until for pot in paying)
        raise Refusal("pot_closed", field="pay_cents", spend_until=last.isoformat())
    if any(pot.locked for pot in still_open):
        raise Refusal("pot_locked", field="pay_cents")
    available = sum(pot.amount_cents for pot in still_open)
    if available < pay_cents:
        raise Refusal(
            "pot_insufficient",
            field="pay_cents",
            remaining_cents=available,
        )
    order = {code: place for place, code in enumerate(programme.card_types[card.card_type].pots)}
    still_open.sort(key=lambda pot: (pot.spend_until, order.get(pot.pot_code, len(order)), pot.pot_id))
    return _share_out(still_open, pay_cents)


def remaining_cents(pots: Sequence[PotAtDesk], today: date) -> int:
    """Return what the household may still spend today, whatever the offer."""
    return sum(pot.amount_cents for pot in pots if pot.is_open_on(today))


def _check_any(
    paying: Sequence[PotAtDesk], card: CardAtDesk, offer: OfferPublished, programme: Programme
) -> None:
    # A credit that is still on its way is an empty pot, not a card without one.
    promised = (programme.pots[code] for code in programme.card_types[card.card_type].pots)
    if not paying and not any(pot_pays(pot, offer.category) for pot in promised):
        raise Refusal("pot_not_accepted", field="pay_cents")


def _share_out(pots: Sequence[PotAtDesk], pay_cents: int) -> tuple[Draw, ...]:
    draws: list[Draw] = []
    left = pay_cents
    for pot in pots:
        taken = min(pot.amount_cents, left)
        if taken:
            draws.append({"pot_id": pot.pot_id, "amount_cents": taken})
            left -= taken
    assert left == 0, "the pots were counted before they were shared out"
    return tuple(draws)
