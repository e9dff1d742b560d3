"""Rows as the public sees them; contact data never passes here."""

from collections.abc import Iterable, Mapping
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.base import Text
from contracts.offers import (
    Audience,
    OfferState,
    OfferView,
    PriceBase,
    ProviderState,
    ProviderView,
    ReductionKind,
    SiteView,
)
from offers import models


def provider_view(
    provider: models.Provider,
    sites: Iterable[SiteView],
    offers: Iterable[models.Offer],
    *,
    with_reason: bool = False,
) -> ProviderView:
    """A provider; an officer's reason is for the provider and officers."""
    return {
        "id": provider.id,
        "name": provider.name,
        "category": provider.category,
        "website": provider.website,
        "programmes": list(provider.programmes),
        "state": cast(ProviderState, provider.state),
        "reason": provider.reason if with_reason else None,
        "sites": list(sites),
        "offers": [offer_view(offer) for offer in offers],
    }


def site_view(site: models.Site, metres: int | None = None) -> SiteView:
    """A site; ``metres`` from where somebody asked."""
    return {
        "id": site.id,
        "name": site.name,
        "street": site.street,
        "postal_code": site.postal_code,
        "insee": site.insee,
        "commune": site.commune,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "booking_required": site.booking_required,
        "opening": list(site.opening),
        "distance_km": None if metres is None else metres / 1000,
    }


def offer_view(offer: models.Offer) -> OfferView:
    """An offer, which is also what the programme's rules are asked about."""
    return {
        "id": offer.id,
        "provider_id": offer.provider_id,
        "version": offer.version,
        "state": cast(OfferState, offer.state),
        "programme": offer.programme,
        "site_ids": list(offer.site_ids),
        "title": cast(Text, offer.title),
        "card_types": list(offer.card_types),
        "audience": cast(Audience, offer.audience),
        "kind": cast(ReductionKind, offer.kind),
        "percent": offer.percent,
        "price_cents": offer.price_cents,
        "base": cast(PriceBase, offer.base),
        "standard_price_cents": offer.standard_price_cents,
        "child_price_cents": offer.child_price_cents,
        "season": list(offer.season),
        "pot_accepted": offer.pot_accepted,
        "minimum_gross_cents": offer.minimum_gross_cents,
        "max_children": offer.max_children,
    }


def full_view(session: Session, provider: models.Provider, *states: str) -> ProviderView:
    """A provider with its sites, its offers in these states (all without), and the officer's reason."""
    offers = select(models.Offer).where(models.Offer.provider_id == provider.id).order_by(models.Offer.id)
    if states:
        offers = offers.where(models.Offer.state.in_(states))
    sites = [site_view(site) for site in sites_of(session, [provider.id])[provider.id]]
    return provider_view(provider, sites, session.scalars(offers), with_reason=not states)


def sites_of(session: Session, provider_ids: list[str]) -> Mapping[str, list[models.Site]]:
    """Each provider's sites, in the order in which they were given."""
    found: dict[str, list[models.Site]] = {provider_id: [] for provider_id in provider_ids}
    query = select(models.Site).where(models.Site.provider_id.in_(provider_ids))
    for site in session.scalars(query.order_by(models.Site.provider_id, models.Site.position)):
        found[site.provider_id].append(site)
    return found
