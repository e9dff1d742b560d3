"""The public listing's search: which providers match, in which order, one page after another."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from contracts.offers import ProviderSearch
from contracts.refusals import Refusal
from offers.distance import Point, in_box_around, metres_to
from offers.input_rules import CODE, check_day, check_flag, check_integer, check_number, check_text, refuse
from offers.models import Offer, Provider, Site
from offers.seasons import holds_on

MAX_PAGE = 100
MAX_RADIUS_KM = 1000.0
CURSOR = re.compile(r"(?:([0-9]{1,9})\.)?(prv_[0-9a-z]{20,40})")


@dataclass(frozen=True, kw_only=True)
class Search:
    """A search that was checked; what is None filters nothing. ``after``: the last page's last row."""

    near: Point | None
    radius_km: float | None
    category: str | None
    card_type: str | None
    programme: str | None
    open_on: date | None
    pot_accepted: bool | None
    after: tuple[int | None, str] | None
    limit: int


@dataclass(frozen=True, kw_only=True)
class Found:
    """One provider of a page; ``metres`` to its nearest site that matches."""

    provider_id: str
    metres: int | None

    def cursor(self) -> str:
        """Where the next page begins."""
        return self.provider_id if self.metres is None else f"{self.metres}.{self.provider_id}"


def read_search(search: ProviderSearch) -> Search:
    """Check every field; raises Refusal ``invalid_field``."""
    near, open_on = _near(search), search["open_on"]
    if search["radius_km"] is not None and near is None:
        raise refuse("radius_km", "demande aussi « near »", "needs “near” too")
    return Search(
        near=near,
        radius_km=_optional_number("radius_km", search["radius_km"], 0.001, MAX_RADIUS_KM),
        category=_optional_code("category", search["category"]),
        card_type=_optional_code("card_type", search["card_type"]),
        programme=_optional_code("programme", search["programme"]),
        open_on=None if open_on is None else check_day("open_on", open_on),
        pot_accepted=_optional_flag("pot_accepted", search.get("pot_accepted")),
        after=_after(search["cursor"], near),
        limit=check_integer("limit", search["limit"], 1, MAX_PAGE),
    )


def find_page(session: Session, search: Search) -> tuple[list[Found], bool]:
    """Return one page of matches, and whether there are more."""
    rows = session.execute(_statement(session, search).limit(search.limit + 1)).all()
    found = [Found(provider_id=row[0], metres=row[1] if search.near else None) for row in rows]
    return found[: search.limit], len(found) > search.limit


def offer_matches(search: Search) -> ColumnElement[bool]:
    """The offers that a search is about: published ones, of its programme and card type, open that day."""
    conditions: list[ColumnElement[bool]] = [Offer.state == "published"]
    if search.programme is not None:
        conditions.append(Offer.programme == search.programme)
    if search.card_type is not None:
        conditions.append(Offer.card_types.any_() == search.card_type)
    if search.open_on is not None:
        conditions.append(holds_on(Offer.season, search.open_on))
    if search.pot_accepted is not None:
        conditions.append(Offer.pot_accepted == search.pot_accepted)
    return and_(*conditions)


def _statement(session: Session, search: Search) -> Select[Any]:
    matching = (
        select(Site.provider_id, *_nearest(search)).where(site_matches(search)).group_by(Site.provider_id)
    )
    sites = matching.subquery("sites_found")
    query = select(Provider.id).join(sites, sites.c.provider_id == Provider.id)
    query = query.where(Provider.state == "accepted")
    if search.category is not None:
        query = query.where(Provider.category == search.category)
    key = sites.c.metres if search.near else Provider.name_key
    if search.after is not None:
        metres, provider_id = search.after
        last = metres if search.near else _name_key(session, provider_id)
        query = query.where(tuple_(key, Provider.id) > tuple_(last, provider_id))
    return query.add_columns(key).order_by(key, Provider.id)


def _nearest(search: Search) -> list[ColumnElement[int]]:
    if search.near is None:
        return []
    metres: ColumnElement[int] = func.min(metres_to(search.near, Site.latitude, Site.longitude))
    return [metres.label("metres")]


def site_matches(search: Search) -> ColumnElement[bool]:
    """Sites near enough and open that day, where one of the offers holds."""
    holds_here = or_(func.cardinality(Offer.site_ids) == 0, Offer.site_ids.any_() == Site.id)
    offered = select(Offer.id).where(Offer.provider_id == Site.provider_id, holds_here, offer_matches(search))
    conditions: list[ColumnElement[bool]] = [offered.correlate(Site).exists()]
    if search.open_on is not None:
        conditions.append(holds_on(Site.opening, search.open_on))
    if search.near is not None and search.radius_km is not None:
        conditions.append(in_box_around(search.near, search.radius_km, Site.latitude, Site.longitude))
        metres = metres_to(search.near, Site.latitude, Site.longitude)
        conditions.append(metres <= round(search.radius_km * 1000))
    return and_(*conditions)


def _name_key(session: Session, provider_id: str) -> str:
    key = session.scalar(select(Provider.name_key).where(Provider.id == provider_id))
    if key is None:
        raise bad_cursor()
    return key


def _near(search: ProviderSearch) -> Point | None:
    latitude, longitude = search["latitude"], search["longitude"]
    if latitude is None and longitude is None:
        return None
    return Point(
        check_number("near", latitude, -90, 90),
        check_number("near", longitude, -180, 180),
    )


def _after(cursor: str | None, near: Point | None) -> tuple[int | None, str] | None:
    if cursor is None:
        return None
    match = CURSOR.fullmatch(cursor)
    # A cursor of the other order would silently begin somewhere.
    if match is None or (match[1] is None) != (near is None):
        raise bad_cursor()
    return None if match[1] is None else int(match[1]), match[2]


def bad_cursor() -> Refusal:
    """What was never the last row of a page."""
    return refuse("cursor", "le « next_cursor » d’une page précédente", "a previous page’s “next_cursor”")


def _optional_code(field: str, value: str | None) -> str | None:
    return None if value is None else check_text(field, value, 40, CODE)


def _optional_flag(field: str, value: bool | None) -> bool | None:
    return None if value is None else check_flag(field, value)


def _optional_number(field: str, value: float | None, low: float, high: float) -> float | None:
    return None if value is None else check_number(field, value, low, high)
