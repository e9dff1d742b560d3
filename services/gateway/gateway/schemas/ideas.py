"""Ideas for a day out: what a party can afford near a place."""

from marshmallow import fields

from gateway.schemas.base import Answer, PageQuery, day, maybe_text, part, parts, text, whole
from gateway.schemas.fields import MAX_CENTS, Day, absent, slug
from gateway.schemas.offers import OfferAnswer
from gateway.schemas.providers import RADIUS_KM_MAX, SiteAnswer
from gateway.schemas.query_fields import Ages, Near, QueryNumber, QueryWhole

RADIUS_KM_DEFAULT = 20.0
ADULTS_MAX = 20


class IdeasQuery(PageQuery):
    """Who comes, where, when and for how much. `on` is a day of the programme, today without it.

    `pot_cents` is what may be paid from a pot, where the offer takes one.
    """

    near = Near(required=True)
    radius_km = QueryNumber(0.1, RADIUS_KM_MAX, load_default=RADIUS_KM_DEFAULT)
    budget_cents = QueryWhole(0, MAX_CENTS, required=True)
    pot_cents = QueryWhole(0, MAX_CENTS, load_default=0)
    on = Day(load_default=absent)
    programme = slug(required=True)
    card_type = slug(load_default=absent)
    category = slug(load_default=absent)
    adults = QueryWhole(1, ADULTS_MAX, load_default=1)
    children_ages = Ages(load_default=list)


class IdeaProviderAnswer(Answer):
    """Who offers it."""

    id = text()
    name = text()
    category = text()
    website = maybe_text()


class IdeaAnswer(Answer):
    """One offer at its nearest site, for the whole party with one card: gross - reduction - pot = due.

    `price_is` is `at_most` where the offer names no child price and children are counted as adults.
    """

    provider = part(IdeaProviderAnswer)
    site = part(SiteAnswer)
    offer = part(OfferAnswer)
    distance_km = fields.Float(required=True)
    card_type = text()
    gross_cents = whole()
    reduction_cents = whole()
    paid_from_pot_cents = whole()
    due_cents = whole()
    price_is = text(metadata={"enum": ["list_price", "at_most"]})


class IdeasAnswer(Answer):
    """A page of ideas for one day; `next_cursor` is null on the last page."""

    on = day()
    ideas = parts(IdeaAnswer)
    next_cursor = maybe_text()
