"""Providers: who asks to join, and the geolocated listing."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from gateway import rules
from gateway.schemas.base import (
    Answer,
    PageQuery,
    Request,
    SeasonAnswer,
    SeasonRequest,
    flag,
    maybe_text,
    parts,
    text,
    texts,
)
from gateway.schemas.fields import (
    INSEE,
    PHONE,
    POSTAL_CODE,
    Choice,
    Day,
    Email,
    Many,
    Note,
    Number,
    Part,
    Text,
    WebAddress,
    Whole,
    YesNo,
    absent,
    slug,
)
from gateway.schemas.offers import OfferAnswer
from gateway.schemas.query_fields import Near, QueryNumber, QueryWhole, QueryYesNo

SITES_MAX = 50
SITES_LIMIT_MAX = 1_000
SEASONS_MAX = 12
RADIUS_KM_MAX = 1000


class ContactRequest(Request):
    """Whom to reach; never shown to the public."""

    manager_name = Text(120, required=True)
    email = Email(required=True)
    phone = Text(20, min_length=6, pattern=PHONE, required=True)


class SiteRequest(Request):
    """One place; coordinates in WGS 84 degrees, `insee` is its commune."""

    name = Text(120, required=True)
    street = Text(200, required=True)
    postal_code = Text(5, min_length=5, pattern=POSTAL_CODE, required=True)
    insee = Text(5, min_length=5, pattern=INSEE, required=True)
    latitude = Number(-90, 90, required=True)
    longitude = Number(-180, 180, required=True)
    booking_required = YesNo(required=True)
    opening = Many(Part(SeasonRequest), SEASONS_MAX, required=True)


class ProviderRequest(Request):
    """Somebody asks to join; `legal_id` is a SIRET."""

    name = Text(120, required=True)
    category = slug(required=True)
    legal_id = Text(14, min_length=14, pattern="^[0-9]{14}$", required=True)
    contact = Part(ContactRequest, required=True)
    website = WebAddress(allow_none=True)
    programmes = Many(slug(), 20, least=1, unique=True, required=True)
    quality_label = YesNo(required=True)
    criteria = Many(slug(), 50, unique=True, required=True)
    months_open = Many(Whole(1, 12), 12, least=1, unique=True, required=True)
    sites = Many(Part(SiteRequest), SITES_MAX, least=1, required=True)


class ProviderDecisionRequest(Request):
    """What the officer decides, and why."""

    outcome = Choice("accepted", "refused", required=True)
    reason = Note(500, load_default=None, allow_none=True)


class ProvidersQuery(PageQuery):
    """What to show; with `near`, nearest first."""

    near = Near(load_default=absent)
    radius_km = QueryNumber(0.1, RADIUS_KM_MAX, load_default=absent)
    category = slug(load_default=absent)
    card_type = slug(load_default=absent)
    programme = slug(load_default=absent)
    open_on = Day(load_default=absent)
    pot_accepted = QueryYesNo(load_default=absent)

    @validates_schema
    def radius_has_a_centre(self, data: dict[str, Any], **_: Any) -> None:
        """A radius around nothing would silently filter nothing."""
        if data["radius_km"] is not None and data["near"] is None:
            raise ValidationError(rules.TOGETHER, "radius_km")


class SitesQuery(ProvidersQuery):
    """What to show on a map: the listing's filters."""

    limit = QueryWhole(1, SITES_LIMIT_MAX, load_default=SITES_LIMIT_MAX)


class SitePointAnswer(Answer):
    """A site as a mark on a map, in WGS 84 degrees; it is part of `provider_id`."""

    id = text()
    provider_id = text()
    provider_name = text()
    category = text()
    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)


class SitesAnswer(Answer):
    """A page of sites in no order that means anything; `next_cursor` is null on the last page."""

    sites = parts(SitePointAnswer)
    next_cursor = maybe_text()


class SiteAnswer(Answer):
    """One place; `distance_km` only in answers to `near`."""

    id = text()
    name = text()
    street = text()
    postal_code = text()
    insee = text()
    commune = text()
    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)
    booking_required = flag()
    opening = parts(SeasonAnswer)
    distance_km = fields.Float(required=True, allow_none=True)


class ProviderAnswer(Answer):
    """A provider with its sites and offers."""

    id = text()
    name = text()
    category = text()
    website = maybe_text()
    programmes = texts()
    state = text(metadata={"enum": ["applied", "accepted", "refused"]})
    reason = maybe_text()
    sites = parts(SiteAnswer)
    offers = parts(OfferAnswer)


class ProvidersAnswer(Answer):
    """A page of the listing; `next_cursor` is null on the last page."""

    providers = parts(ProviderAnswer)
    next_cursor = maybe_text()
