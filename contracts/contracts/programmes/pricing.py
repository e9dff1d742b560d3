"""What people pay and what a card takes off it: one rule for the scan and whoever asks before; euro cents.

Percentages are rounded half up to the cent, on the reduction: 15 % of 1.50 € is 0.225 €, so 0.23 € off.
A reduction is never negative and never more than the price: ``net + reduction = gross`` and ``net >= 0``.
"""

from typing import Protocol

from contracts.programmes.shape import People


class Reducing(Protocol):
    """What an offer says of its price; the event and the row of an offer both say it."""

    @property
    def audience(self) -> str:
        """`holder`, `children` or `household`."""

    @property
    def kind(self) -> str:
        """`percent`, `fixed_price` or `free`."""

    @property
    def percent(self) -> int | None:
        """With kind `percent`."""

    @property
    def price_cents(self) -> int | None:
        """With kind `fixed_price`, for each covered person."""

    @property
    def child_price_cents(self) -> int | None:
        """A child's full price."""

    @property
    def max_children(self) -> int | None:
        """How many children it reduces or lets in."""


def list_price_cents(
    audience: str, standard_price_cents: int, child_price_cents: int | None, party: People
) -> int:
    """Return what these people pay without the card; a household's stay has one price for all of them.

    Where no child price is known, a child pays like an adult.
    """
    if audience == "household":
        return standard_price_cents
    child = standard_price_cents if child_price_cents is None else child_price_cents
    return party.adults * standard_price_cents + party.children * child


def reduction_cents(offer: Reducing, party: People, gross_cents: int, max_children: int) -> int:
    """Return the reduction on ``gross_cents`` for the party; ``max_children`` is the card type's bound.

    Holder and household offers reduce the gross price. Children's offers reduce each covered child's
    full price (``child_price_cents``), so adults and further children pay in full.
    """
    if offer.audience == "children":
        covered = covered_children(offer, party, max_children)
        full = offer.child_price_cents or 0
        wanted = covered * (full - _net_cents(offer, full, persons=1))
    else:
        wanted = gross_cents - _net_cents(offer, gross_cents, persons=party.adults + party.children)
    return max(0, min(wanted, gross_cents))


def covered_children(offer: Reducing, party: People, max_children: int) -> int:
    """Return how many of the party's children the offer reduces."""
    return min(
        party.children, max_children, party.children if offer.max_children is None else offer.max_children
    )


def percent_cents(amount_cents: int, percent: int) -> int:
    """Return that many hundredths of an amount, rounded half up to the cent."""
    return (amount_cents * percent + 50) // 100


def _net_cents(offer: Reducing, full_cents: int, *, persons: int) -> int:
    if offer.kind == "free":
        return 0
    if offer.kind == "percent":
        return full_cents - percent_cents(full_cents, offer.percent or 0)
    assert offer.price_cents is not None, "a fixed price offer says its price"
    # A price that is already lower than the card's is not raised.
    return min(full_cents, offer.price_cents * persons)
