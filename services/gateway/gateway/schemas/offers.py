"""Offers of providers."""

from gateway.schemas.base import (
    Answer,
    Request,
    SeasonAnswer,
    SeasonRequest,
    TextAnswer,
    TextRequest,
    flag,
    maybe_whole,
    part,
    parts,
    text,
    texts,
    whole,
)
from gateway.schemas.fields import Choice, Many, Part, Whole, YesNo, cents, identifier, slug

SITES_MAX = 50
SEASONS_MAX = 12


class OfferRequest(Request):
    """A draft. `percent` goes with kind `percent`, `price_cents` (a person) with `fixed_price`.

    No `site_ids` means every site, no `season` all year.
    """

    programme = slug(required=True)
    site_ids = Many(identifier(), SITES_MAX, unique=True, load_default=list)
    title = Part(TextRequest, required=True)
    card_types = Many(slug(), 20, least=1, unique=True, required=True)
    audience = Choice("holder", "children", "household", required=True)
    kind = Choice("percent", "fixed_price", "free", required=True)
    percent = Whole(1, 100, load_default=None, allow_none=True)
    price_cents = cents(load_default=None, allow_none=True)
    base = Choice("standard_price", "student_rate", required=True)
    standard_price_cents = cents(required=True)
    child_price_cents = cents(load_default=None, allow_none=True)
    season = Many(Part(SeasonRequest), SEASONS_MAX, load_default=list)
    pot_accepted = YesNo(required=True)
    minimum_gross_cents = cents(load_default=None, allow_none=True)
    max_children = Whole(0, 20, load_default=None, allow_none=True)


class OfferAnswer(Answer):
    """An offer as the public sees it."""

    id = text()
    provider_id = text()
    version = whole()
    state = text(metadata={"enum": ["draft", "published", "withdrawn"]})
    programme = text()
    site_ids = texts()
    title = part(TextAnswer)
    card_types = texts()
    audience = text()
    kind = text()
    percent = maybe_whole()
    price_cents = maybe_whole()
    base = text()
    standard_price_cents = whole()
    child_price_cents = maybe_whole()
    season = parts(SeasonAnswer)
    pot_accepted = flag()
    minimum_gross_cents = maybe_whole()
    max_children = maybe_whole()
