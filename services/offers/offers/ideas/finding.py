"""Which published offers a party can afford near a place on a day, nearest first, one page after another.

Tourist offices call this « idées de sorties », so the API says `ideas`. The database finds what is near and
open; the price is worked out here, by the scan's own rule: a second form of it in SQL would drift from it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from contracts.offers import Idea, IdeaPage, IdeaSearch
from contracts.programmes import Programme
from offers.distance import in_box_around, metres_to
from offers.ideas.pricing import IdeaPrice, price_idea
from offers.ideas.reading import Wanted, read_wanted
from offers.models import Offer, Provider, Site
from offers.seasons import holds_on
from offers.views import offer_view, site_view

# Most pages are full from the first look; a small budget takes a second one, through all that is left.
FIRST_LOOK_PER_IDEA = 5

Found: TypeAlias = "tuple[Row[Any], IdeaPrice]"


def find_ideas(session: Session, programmes: Mapping[str, Programme], *, search: IdeaSearch) -> IdeaPage:
    """One page of offers whose price for the party is within the budget, by distance.

    Each offer stands once, at its nearest site that is open. Prices are list prices in cents, for the whole
    party with one card: whom the card does not cover pays in full. ``at_most``: the offer names no child
    price, so children were counted as adults. Left out: an offer that the scan would refuse to this party
    (its minimum, a stay for fewer people), and a student rate for anybody but its holder, because nothing
    says what others pay.
    Refusals: ``invalid_field``, ``programme_unknown``, ``card_type_unknown``.
    """
    wanted = read_wanted(programmes, search)
    found = _affordable(session, wanted)
    page = found[: wanted.limit]
    last = page[-1][0] if len(found) > wanted.limit else None
    return {
        "on": wanted.day.isoformat(),
        "ideas": _views(session, page),
        "next_cursor": None if last is None else f"{last.metres}.{last.offer_id}",
    }


def _affordable(session: Session, wanted: Wanted) -> list[Found]:
    """A page, and one more where there is one."""
    found: list[Found] = []
    for row in _nearest_first(session, wanted):
        price = price_idea(row, wanted)
        if price is not None and price.due_cents <= wanted.budget_cents:
            found.append((row, price))
            if len(found) > wanted.limit:
                break
    return found


def _nearest_first(session: Session, wanted: Wanted) -> Iterator[Row[Any]]:
    first_look = (wanted.limit + 1) * FIRST_LOOK_PER_IDEA
    rows = session.execute(search_statement(wanted, wanted.after).limit(first_look)).all()
    yield from rows
    if len(rows) == first_look:
        last = rows[-1]
        yield from session.execute(search_statement(wanted, (last.metres, last.offer_id)))


def search_statement(wanted: Wanted, after: tuple[int, str] | None) -> Select[Any]:
    """What is near and open, each offer once at its nearest site, with what its price depends on."""
    metres = metres_to(wanted.near, Site.latitude, Site.longitude)
    holds_here = or_(func.cardinality(Offer.site_ids) == 0, Offer.site_ids.any_() == Site.id)
    nearest = (
        select(
            Offer.id.label("offer_id"), Site.id.label("site_id"), metres.label("metres"), *_price_columns()
        )
        .join(Provider, Provider.id == Offer.provider_id)
        .join(Site, and_(Site.provider_id == Offer.provider_id, holds_here))
        .where(_matches(wanted), metres <= round(wanted.radius_km * 1000))
        .ext(distinct_on(Offer.id))
        .order_by(Offer.id, metres, Site.id)
        .subquery("nearest")
    )
    query = select(nearest).order_by(nearest.c.metres, nearest.c.offer_id)
    if after is None:
        return query
    return query.where(tuple_(nearest.c.metres, nearest.c.offer_id) > tuple_(*after))


def _price_columns() -> tuple[Any, ...]:
    return (
        *(Offer.provider_id, Offer.audience, Offer.kind, Offer.percent, Offer.price_cents, Offer.base),
        *(Offer.standard_price_cents, Offer.child_price_cents, Offer.minimum_gross_cents),
        *(Offer.max_children, Offer.pot_accepted, Offer.card_types, Provider.category),
    )


def _matches(wanted: Wanted) -> ColumnElement[bool]:
    conditions = [
        Provider.state == "accepted",
        Offer.state == "published",
        Offer.programme == wanted.programme.code,
        holds_on(Offer.season, wanted.day),
        holds_on(Site.opening, wanted.day),
        in_box_around(wanted.near, wanted.radius_km, Site.latitude, Site.longitude),
    ]
    if wanted.category is not None:
        conditions.append(Provider.category == wanted.category)
    if wanted.card_type is not None:
        conditions.append(Offer.card_types.any_() == wanted.card_type)
    return and_(*conditions)


def _views(session: Session, page: list[Found]) -> list[Idea]:
    query = (
        select(Offer, Provider, Site)
        .join(Provider, Provider.id == Offer.provider_id)
        .join(Site, Site.provider_id == Offer.provider_id)
        .where(tuple_(Offer.id, Site.id).in_([(row.offer_id, row.site_id) for row, _ in page]))
    )
    by_offer = {offer.id: (offer, provider, site) for offer, provider, site in session.execute(query)}
    return [_view(*by_offer[row.offer_id], row.metres, price) for row, price in page]


def _view(offer: Offer, provider: Provider, site: Site, metres: int, price: IdeaPrice) -> Idea:
    return {
        "provider": {
            "id": provider.id,
            "name": provider.name,
            "category": provider.category,
            "website": provider.website,
        },
        "site": site_view(site, metres),
        "offer": offer_view(offer),
        "distance_km": metres / 1000,
        "card_type": price.card_type,
        "gross_cents": price.gross_cents,
        "reduction_cents": price.reduction_cents,
        "paid_from_pot_cents": price.paid_from_pot_cents,
        "due_cents": price.due_cents,
        "price_is": price.price_is,
    }
