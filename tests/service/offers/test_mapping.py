"""The listing as marks on a map: which sites stand there, and page after page."""

from typing import Any

import pytest

from contracts.refusals import Refusal
from offers.mapping import find_sites

NOTHING_ASKED: dict[str, Any] = dict.fromkeys(
    ("latitude", "longitude", "radius_km", "category", "card_type", "programme", "open_on", "cursor")
) | {"limit": 1000}


@pytest.fixture
def shown(desk: Any, demo_providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for provider in demo_providers:
        desk.show(provider)
    return demo_providers


def page_of(desk: Any, **search: Any) -> Any:
    with desk.db.transaction() as session:
        return find_sites(session, search=NOTHING_ASKED | search)  # type: ignore[arg-type]


def points(sites: list[Any]) -> list[tuple[str, float, float]]:
    return sorted((site["provider_name"], site["latitude"], site["longitude"]) for site in sites)


def test_every_site_where_an_offer_holds_stands_on_the_map_once(
    desk: Any, shown: list[dict[str, Any]]
) -> None:
    expected = [
        (provider["name"], site["latitude"], site["longitude"])
        for provider in shown
        for index, site in enumerate(provider["sites"])
        if any(offer["site"] in (None, index) for offer in provider["offers"])
    ]
    assert points(page_of(desk)["sites"]) == sorted(expected)


def test_the_listings_filters_narrow_the_map(desk: Any, shown: list[dict[str, Any]]) -> None:
    campsites = page_of(desk, category="campsites")["sites"]
    assert {site["category"] for site in campsites} == {"campsites"}
    whole = page_of(desk)["sites"]
    near = page_of(desk, latitude=43.6045, longitude=1.4442, radius_km=60)["sites"]
    assert 0 < len(near) < len(whole)
    assert set(points(near)) < set(points(whole))


def test_pages_join_to_the_whole_map(desk: Any, shown: list[dict[str, Any]]) -> None:
    whole, joined, cursor = page_of(desk)["sites"], [], None
    while True:
        page = page_of(desk, limit=7, cursor=cursor)
        joined += page["sites"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert joined == whole


@pytest.mark.parametrize(("field", "value"), [("cursor", "prv_1"), ("cursor", "x"), ("limit", 1001)])
def test_what_is_no_page_of_the_map_is_refused_by_its_field(desk: Any, field: str, value: Any) -> None:
    with pytest.raises(Refusal) as refused:
        page_of(desk, **{field: value})
    assert (refused.value.code, refused.value.field) == ("invalid_field", field)


def test_who_is_not_accepted_or_has_nothing_published_is_on_no_map(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    desk.apply(demo_providers[0])
    desk.draft(desk.accept(demo_providers[1])["id"])
    assert page_of(desk) == {"sites": [], "next_cursor": None}
