"""What a party would pay for an offer, before anybody stands at a desk; pure, euro cents.

The reduction is the scan's own rule, on the offer's list prices. The desk may still type another price.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from contracts.offers import PriceIs
from contracts.programmes import CardType
from contracts.programmes.pricing import Reducing, list_price_cents, reduction_cents
from contracts.programmes.rules import pot_open_on, pot_pays
from contracts.programmes.shape import People
from offers.ideas.reading import Wanted


class Listed(Reducing, Protocol):
    """What the price of an offer depends on, all of it."""

    @property
    def base(self) -> str:
        """`standard_price` or `student_rate`."""

    @property
    def standard_price_cents(self) -> int:
        """An adult's price, or the stay's."""

    @property
    def minimum_gross_cents(self) -> int | None:
        """The least the covered people's price must be."""

    @property
    def pot_accepted(self) -> bool:
        """Whether a pot may pay."""

    @property
    def card_types(self) -> list[str]:
        """Whose cards it is for."""

    @property
    def category(self) -> str:
        """The provider's."""


@dataclass(frozen=True, kw_only=True)
class IdeaPrice:
    """``gross - reduction - paid_from_pot = due`` for the whole party, with one card of this type."""

    card_type: str
    gross_cents: int
    reduction_cents: int
    paid_from_pot_cents: int
    due_cents: int
    price_is: PriceIs


def price_idea(offer: Listed, wanted: Wanted) -> IdeaPrice | None:
    """Return the lowest price with one card of a type that the offer is for; None where no card helps, or
    where the list prices do not say what this party pays."""
    prices = [_with_card(offer, wanted, card_type) for card_type in _card_types(offer, wanted)]
    return min(
        (price for price in prices if price is not None), key=lambda price: price.due_cents, default=None
    )


def _with_card(offer: Listed, wanted: Wanted, card_type: CardType) -> IdeaPrice | None:
    party = _party(wanted, card_type)
    covered = _covered(offer, party, card_type)
    if covered is None or not _others_are_known(offer, party):
        return None
    scanned = _list_price(offer, covered)
    # Below its minimum the scan refuses the offer.
    if scanned < (offer.minimum_gross_cents or 0):
        return None
    gross = _list_price(offer, party)
    reduction = reduction_cents(offer, covered, scanned, card_type.party.children)
    # Only what is scanned can be paid from a pot; who comes along pays at the desk.
    pot = min(wanted.pot_cents, scanned - reduction) if _pot_helps(offer, wanted, card_type) else 0
    return IdeaPrice(
        card_type=card_type.code,
        gross_cents=gross,
        reduction_cents=reduction,
        paid_from_pot_cents=pot,
        due_cents=gross - reduction - pot,
        price_is=_price_is(offer, party),
    )


def _card_types(offer: Listed, wanted: Wanted) -> Iterable[CardType]:
    for code in offer.card_types:
        card_type = wanted.programme.card_types.get(code)
        if card_type is None or wanted.card_type not in (None, code):
            continue
        if card_type.validity.earliest <= wanted.day <= card_type.validity.latest:
            yield card_type


def _party(wanted: Wanted, card_type: CardType) -> People:
    """Who is a child is the card type's to say."""
    children = sum(age < card_type.household.adult_age for age in wanted.children_ages)
    return People(adults=wanted.adults + len(wanted.children_ages) - children, children=children)


def _covered(offer: Listed, party: People, card_type: CardType) -> People | None:
    """Whom the scan would cover; the others pay in full beside it. A stay cannot be paid in parts."""
    if offer.audience == "holder":
        return People(adults=1, children=0)
    bound = card_type.party
    covered = People(adults=min(party.adults, bound.adults), children=min(party.children, bound.children))
    if offer.audience == "children":
        return covered
    # No bound of the offer is no bound beyond the card's.
    most = covered.children if offer.max_children is None else offer.max_children
    return None if covered != party or party.children > most else party


def _others_are_known(offer: Listed, party: People) -> bool:
    """A student rate is its holder's: it does not say what anybody who comes along pays."""
    return offer.base == "standard_price" or party == People(adults=1, children=0)


def _price_is(offer: Listed, party: People) -> PriceIs:
    counted_as_adults = party.children and offer.audience != "household" and offer.child_price_cents is None
    return "at_most" if counted_as_adults else "list_price"


def _list_price(offer: Listed, party: People) -> int:
    return list_price_cents(offer.audience, offer.standard_price_cents, offer.child_price_cents, party)


def _pot_helps(offer: Listed, wanted: Wanted, card_type: CardType) -> bool:
    pots = (wanted.programme.pots[code] for code in card_type.pots)
    return offer.pot_accepted and any(
        pot_pays(pot, offer.category) and pot_open_on(pot, wanted.day) for pot in pots
    )
