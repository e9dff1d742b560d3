"""The rules of a scan in the order in which they refuse; pure, each on what was read for it."""

from dataclasses import dataclass
from datetime import date

from cards.input_rules import invalid
from cards.scan.desk import CardAtDesk, Device, Facts, Visit, covered_party
from cards.scan.drawing import draw_from_pots, remaining_cents
from cards.scan.request import Scan
from contracts.base import Season
from contracts.cards import Draw
from contracts.offers import OfferPublished
from contracts.programmes import Programme
from contracts.programmes.pricing import reduction_cents
from contracts.programmes.shape import People
from contracts.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the party pays, in cents: ``gross - reduction = net = paid_from_pot + due``."""

    gross_cents: int
    reduction_cents: int
    net_cents: int
    paid_from_pot_cents: int
    due_cents: int
    draws: tuple[Draw, ...]
    pot_remaining_cents: int


def price_scan(
    device: Device, card: CardAtDesk, facts: Facts, scan: Scan, programme: Programme, visit: Visit
) -> Price:
    """Return the price, or refuse with the first rule that says no. The card itself was checked before."""
    offer = check_offer(card, device, visit)
    check_party(card, offer, scan.party, programme)
    check_minimum(offer, scan.gross_cents)
    check_uses(facts)
    bound = programme.card_types[card.card_type].party.children
    reduction = reduction_cents(offer, scan.party, scan.gross_cents, bound)
    net = scan.gross_cents - reduction
    if scan.pay_cents > net:
        raise invalid(
            "pay_cents", f"au plus le prix, {net} centimes", f"not more than the price, {net} cents"
        )
    draws = draw_from_pots(facts.pots, card, offer, scan.pay_cents, programme, visit.day)
    return Price(
        gross_cents=scan.gross_cents,
        reduction_cents=reduction,
        net_cents=net,
        paid_from_pot_cents=scan.pay_cents,
        due_cents=net - scan.pay_cents,
        draws=draws,
        pot_remaining_cents=remaining_cents(facts.pots, visit.day) - scan.pay_cents,
    )


def check_card(card: CardAtDesk, visit: Visit) -> None:
    """A card is valid from its first to its last day, both inclusive, until it is revoked. Who served before
    the revocation could not know of it."""
    if visit.day < card.valid_from:
        raise Refusal("card_not_yet_valid", field="card", valid_from=card.valid_from.isoformat())
    if visit.day > card.valid_until:
        raise Refusal("card_expired", field="card", valid_until=card.valid_until.isoformat())
    if card.was_revoked(visit):
        raise Refusal("card_revoked", field="card")


def check_offer(card: CardAtDesk, device: Device, visit: Visit) -> OfferPublished:
    """The offer is published, open that day, this provider's at this site, and covers this type of card."""
    if not card.is_offer_known:
        raise Refusal("offer_unknown", field="offer_id")
    offer = card.offer
    if offer is None or card.was_offer_withdrawn(visit) or not in_season(offer.season, visit.day):
        raise Refusal("offer_not_open", field="offer_id")
    if offer.provider_id != device.provider_id or device.site_id not in offer.site_ids:
        raise Refusal("wrong_provider", field="offer_id")
    if offer.programme != card.programme or card.card_type not in offer.card_types:
        raise Refusal("card_type_not_covered", field="offer_id")
    return offer


def in_season(seasons: list[Season], day: date) -> bool:
    """Whether the day lies in a season, both ends inclusive; no season at all is all year."""
    month_day = f"{day:%m-%d}"
    return not seasons or any(
        season["from"] <= month_day <= season["to"]
        if season["from"] <= season["to"]
        # A winter season: from November to March.
        else month_day >= season["from"] or month_day <= season["to"]
        for season in seasons
    )


def check_party(card: CardAtDesk, offer: OfferPublished, party: People, programme: Programme) -> None:
    """Whoever stands at the desk must be covered by the card, and by an offer that is for everybody."""
    covered = covered_party(card, programme)
    if offer.audience == "holder":
        covered = People(adults=1, children=0)
    elif offer.audience == "household" and offer.max_children is not None:
        covered = People(adults=covered.adults, children=min(covered.children, offer.max_children))
    if party.adults > covered.adults or party.children > covered.children:
        raise Refusal(
            "party_not_covered", field="party", max_adults=covered.adults, max_children=covered.children
        )


def check_minimum(offer: OfferPublished, gross_cents: int) -> None:
    """Some offers begin at a price before reduction."""
    minimum = offer.minimum_gross_cents or 0
    if gross_cents < minimum:
        raise Refusal(
            "minimum_not_reached",
            field="gross_cents",
            minimum_gross_cents=minimum,
        )


def check_uses(facts: Facts) -> None:
    """No limit may be passed; cancelled uses were not counted."""
    for limit, uses in zip(facts.limits, facts.uses, strict=True):
        if uses >= limit.max:
            raise Refusal("usage_limit_reached", limit=limit.code, max_uses=limit.max, window=limit.window)
