"""The public listing of accepted providers with a published offer, and one provider alone."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.calls.caller import Caller
from contracts.offers import ProviderPage, ProviderSearch, ProviderView, SiteView
from contracts.refusals import Refusal
from offers import models
from offers.access import acts_for
from offers.distance import metres_to
from offers.searching import Search, find_page, offer_matches, read_search
from offers.views import full_view, provider_view, site_view, sites_of


def find_providers(session: Session, *, search: ProviderSearch) -> ProviderPage:
    """One page, nearest first when ``latitude`` and ``longitude`` are given, else by name.

    Each provider shows all its sites and those of its offers that the search is about. Radius in km.
    Refusals: ``invalid_field``.
    """
    asked = read_search(search)
    found, more = find_page(session, asked)
    return {
        "providers": _views(session, asked, [row.provider_id for row in found]),
        "next_cursor": found[-1].cursor() if more else None,
    }


def get_provider(session: Session, caller: Caller, *, provider_id: str) -> ProviderView:
    """One provider with its published offers; the provider itself and officers see all of them, and see
    it before it is public. Refusals: ``not_found``."""
    provider = session.get(models.Provider, provider_id)
    if provider is None:
        raise Refusal("not_found")
    # A device belongs to its provider but has no use for drafts.
    sees_drafts = acts_for(caller, provider_id) and caller.works_for(*provider.programmes)
    if sees_drafts and caller.kind != "device":
        return full_view(session, provider)
    view = full_view(session, provider, "published")
    if provider.state != "accepted" or not (view["offers"] or caller.provider_id == provider_id):
        raise Refusal("not_found")
    return view


def find_providers_by_id(session: Session, *, provider_ids: list[str]) -> dict[str, ProviderView]:
    """Those of the providers that `get_provider` shows to anybody, by id, in three statements."""
    accepted = select(models.Provider).where(
        models.Provider.id.in_(provider_ids), models.Provider.state == "accepted"
    )
    published = select(models.Offer).where(
        models.Offer.provider_id.in_(provider_ids), models.Offer.state == "published"
    )
    sites, offers = sites_of(session, provider_ids), defaultdict(list)
    for offer in session.scalars(published.order_by(models.Offer.id)):
        offers[offer.provider_id].append(offer)
    return {
        provider.id: provider_view(provider, map(site_view, sites[provider.id]), offers[provider.id])
        for provider in session.scalars(accepted)
        if provider.id in offers
    }


def _views(session: Session, search: Search, provider_ids: list[str]) -> list[ProviderView]:
    providers = session.scalars(select(models.Provider).where(models.Provider.id.in_(provider_ids)))
    by_id = {provider.id: provider for provider in providers}
    sites, offers = _sites(session, search, provider_ids), _offers(session, search, provider_ids)
    return [provider_view(by_id[id_], sites[id_], offers[id_]) for id_ in provider_ids]


def _sites(session: Session, search: Search, provider_ids: list[str]) -> dict[str, list[SiteView]]:
    found: dict[str, list[SiteView]] = {provider_id: [] for provider_id in provider_ids}
    site = models.Site
    query = select(site).where(site.provider_id.in_(provider_ids))
    if search.near is None:
        for row in session.scalars(query.order_by(site.provider_id, site.position)):
            found[row.provider_id].append(site_view(row))
        return found
    metres = metres_to(search.near, site.latitude, site.longitude)
    for row, away in session.execute(query.add_columns(metres).order_by(metres, site.id)):
        found[row.provider_id].append(site_view(row, away))
    return found


def _offers(session: Session, search: Search, provider_ids: list[str]) -> dict[str, list[models.Offer]]:
    found: dict[str, list[models.Offer]] = {provider_id: [] for provider_id in provider_ids}
    query = select(models.Offer).where(models.Offer.provider_id.in_(provider_ids), offer_matches(search))
    for offer in session.scalars(query.order_by(models.Offer.id)):
        found[offer.provider_id].append(offer)
    return found
