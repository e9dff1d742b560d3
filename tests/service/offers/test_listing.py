"""The public listing: by distance, by what is asked, one page after another."""

from math import asin, cos, radians, sin, sqrt
from typing import Any

import pytest

from contracts.refusals import Refusal
from offers.listing import find_providers, find_providers_by_id, get_provider

TOULOUSE = {"latitude": 43.6045, "longitude": 1.4442}
NOTHING_ASKED: dict[str, Any] = {
    "latitude": None,
    "longitude": None,
    "radius_km": None,
    "category": None,
    "card_type": None,
    "programme": None,
    "open_on": None,
    "cursor": None,
    "limit": 50,
}


@pytest.fixture
def shown(desk: Any, demo_providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for provider in demo_providers:
        desk.show(provider)
    return demo_providers


def find(desk: Any, **search: Any) -> list[Any]:
    with desk.db.transaction() as session:
        page = find_providers(session, search=NOTHING_ASKED | search)  # type: ignore[arg-type]
    assert page["next_cursor"] is None
    return page["providers"]


def kilometres(site: Any, point: dict[str, float] = TOULOUSE) -> float:
    """The same great circle, worked out here."""
    lat1, lat2 = radians(point["latitude"]), radians(site["latitude"])
    dlon = radians(site["longitude"] - point["longitude"])
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** 2
    return 2 * 6371.0088 * asin(sqrt(chord))


def nearest(provider: dict[str, Any]) -> float:
    return min(kilometres(site) for site in provider["sites"])


def names(providers: list[Any]) -> list[str]:
    return [provider["name"] for provider in providers]


def test_near_answers_by_distance(desk: Any, shown: list[dict[str, Any]]) -> None:
    found = find(desk, **TOULOUSE)
    assert names(found) == names(sorted(shown, key=nearest))
    for provider in found:
        for site in provider["sites"]:
            assert site["distance_km"] == pytest.approx(kilometres(site), abs=0.001)
        assert [site["distance_km"] for site in provider["sites"]] == sorted(
            site["distance_km"] for site in provider["sites"]
        )


def test_a_radius_keeps_what_lies_within(desk: Any, shown: list[dict[str, Any]]) -> None:
    for radius_km in (0.5, 40, 75.5, 150, 1000):
        within = [provider for provider in sorted(shown, key=nearest) if nearest(provider) <= radius_km]
        assert names(find(desk, **TOULOUSE, radius_km=radius_km)) == names(within), radius_km


def test_without_near_the_names_are_sorted_as_people_read_them(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    for name, siret in (("Zoo", 0), ("Étang bleu", 1), ("etang Blanc", 2), ("Musée", 3)):
        desk.show(demo_providers[siret], name=name)
    found = find(desk)
    assert names(found) == ["etang Blanc", "Étang bleu", "Musée", "Zoo"]
    assert all(site["distance_km"] is None for provider in found for site in provider["sites"])


@pytest.mark.parametrize("near", [{}, TOULOUSE])
def test_pages_join_to_the_whole_listing(
    desk: Any, shown: list[dict[str, Any]], near: dict[str, float]
) -> None:
    whole, pages, cursor = names(find(desk, **near)), [], None
    assert len(whole) == len(shown)
    while True:
        with desk.db.transaction() as session:
            search = NOTHING_ASKED | near | {"limit": 5, "cursor": cursor}
            page = find_providers(session, search=search)  # type: ignore[arg-type]
        pages += names(page["providers"])
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole


def test_filters_narrow_the_listing_and_the_offers_shown(desk: Any, shown: list[dict[str, Any]]) -> None:
    campsites = find(desk, category="campsites")
    assert {provider["category"] for provider in campsites} == {"campsites"}
    staff = find(desk, programme="passresot66")
    assert len(staff) == sum("passresot66" in provider["programmes"] for provider in shown)
    assert {offer["programme"] for provider in staff for offer in provider["offers"]} == {"passresot66"}
    youth = find(desk, card_type="youth")
    assert len(youth) == sum(
        any("youth" in offer["card_types"] for offer in provider["offers"]) for provider in shown
    )
    assert find(desk, card_type="youth", category="campsites") == []


def test_offers_that_a_pot_pays_for_and_the_others_are_told_apart(
    desk: Any, shown: list[dict[str, Any]]
) -> None:
    for accepted in (True, False):
        found = find(desk, pot_accepted=accepted)
        assert {offer["pot_accepted"] for provider in found for offer in provider["offers"]} == {accepted}
        assert len(found) == sum(
            any(offer["pot_accepted"] == accepted for offer in provider["offers"]) for provider in shown
        )


def test_open_on_asks_the_offers_season_and_the_sites_opening(desk: Any, shown: list[dict[str, Any]]) -> None:
    def holds(season: list[dict[str, str]], day: str) -> bool:
        return not season or any(
            p["from"] <= day <= p["to"] if p["from"] <= p["to"] else day >= p["from"] or day <= p["to"]
            for p in season
        )

    for day in ("2020-07-14", "2020-12-31", "2021-01-01", "2021-02-28", "2020-11-15", "2020-09-01"):
        expected = [
            provider["name"]
            for provider in shown
            if any(
                holds(offer["season"], day[5:])
                and (offer["site"] in (None, index))
                and holds(site["opening"], day[5:])
                for offer in provider["offers"]
                for index, site in enumerate(provider["sites"])
            )
        ]
        assert sorted(names(find(desk, open_on=day))) == sorted(expected), day
    assert find(desk, category="campsites", open_on="2020-09-01") == []
    assert find(desk, category="campsites", open_on="2020-08-31") != []


def test_a_site_where_no_offer_holds_does_not_bring_its_provider_nearer(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    two_sites = next(p for p in demo_providers if len(p["sites"]) == 2)
    provider = desk.accept(two_sites)
    here, there = provider["sites"]
    desk.publish(desk.draft(provider["id"], two_sites["offers"][0], site_ids=[there["id"]]))
    point = {"latitude": here["latitude"], "longitude": here["longitude"]}
    away = kilometres(there, point)
    assert find(desk, **point, radius_km=away - 0.1) == []
    assert names(find(desk, **point, radius_km=away + 0.1)) == [two_sites["name"]]


def test_only_accepted_providers_with_a_published_offer_are_public(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    applied = desk.apply(demo_providers[0])
    accepted = desk.accept(demo_providers[1])
    drafted = desk.draft(accepted["id"])
    assert find(desk) == []
    with desk.db.transaction() as session:
        for provider in (applied, accepted):
            with pytest.raises(Refusal) as refused:
                get_provider(session, desk.caller_of("anonymous"), provider_id=provider["id"])
            assert refused.value.code == "not_found"
        assert find_providers_by_id(session, provider_ids=[applied["id"], accepted["id"]]) == {}
    desk.publish(drafted)
    assert names(find(desk)) == [demo_providers[1]["name"]]
    desk.withdraw(drafted)
    assert find(desk) == []


def test_several_providers_by_id_are_what_anybody_sees_of_each(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    providers = [desk.accept(provider) for provider in demo_providers[:2]]
    ids = [provider["id"] for provider in providers]
    for provider, filed in zip(providers, demo_providers, strict=False):
        desk.draft(provider["id"], filed["offers"][0])
        desk.publish(desk.draft(provider["id"], filed["offers"][0]))
    with desk.db.transaction() as session:
        anybody = desk.caller_of("anonymous")
        alone = {id_: get_provider(session, anybody, provider_id=id_) for id_ in ids}
        assert find_providers_by_id(session, provider_ids=[*ids, "prv_unknown"]) == alone


def test_one_provider_shows_drafts_to_itself_and_officers_alone(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    provider = desk.accept(demo_providers[1])
    draft = desk.draft(provider["id"])
    public = desk.publish(desk.draft(provider["id"], demo_providers[1]["offers"][1]))
    other = desk.accept(demo_providers[0])
    callers = {
        "anonymous": desk.caller_of("anonymous"),
        "holder": desk.caller_of("holder"),
        "own device": desk.caller_of("device", provider_id=provider["id"]),
        "another's manager": desk.manager_of(other["id"]),
        "own manager": desk.manager_of(provider["id"]),
        "officer": desk.officer,
    }
    seen = {}
    with desk.db.transaction() as session:
        for name, caller in callers.items():
            view = get_provider(session, caller, provider_id=provider["id"])
            seen[name] = {offer["id"] for offer in view["offers"]}
    everything = {draft["id"], public["id"]}
    assert seen.pop("own manager") == seen.pop("officer") == everything
    assert all(offers == {public["id"]} for offers in seen.values())


@pytest.mark.parametrize(
    ("search", "field"),
    [
        ({"latitude": 43.6}, "near"),
        ({"latitude": 91.0, "longitude": 1.0}, "near"),
        ({"latitude": float("nan"), "longitude": 1.0}, "near"),
        ({"radius_km": 10}, "radius_km"),
        (TOULOUSE | {"radius_km": 0}, "radius_km"),
        (TOULOUSE | {"radius_km": 1001}, "radius_km"),
        ({"open_on": "2020-02-30"}, "open_on"),
        ({"pot_accepted": "true"}, "pot_accepted"),
        ({"category": "camp sites"}, "category"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "prv_" + "0" * 26}, "cursor"),
        ({"cursor": "12.prv_" + "0" * 26}, "cursor"),
        (TOULOUSE | {"cursor": "prv_" + "0" * 26}, "cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(desk: Any, search: dict[str, Any], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        find(desk, **search)
    assert (refused.value.code, refused.value.field) == ("invalid_field", field)


def test_the_ends_of_the_earth_are_far_from_here(desk: Any, shown: list[dict[str, Any]]) -> None:
    for latitude, longitude in ((89.99, 0.0), (-90.0, 180.0), (43.6, -179.9), (90.0, 1.0)):
        assert find(desk, latitude=latitude, longitude=longitude, radius_km=1000) == []
        assert len(find(desk, latitude=latitude, longitude=longitude)) == len(shown)
