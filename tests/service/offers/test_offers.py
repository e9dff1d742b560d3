"""Offers are drafted, published against the programme's rules, and withdrawn."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contracts.offers import OfferPublished
from contracts.refusals import Refusal


def refusal_of(act: Any, *args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        act(*args, **kwargs)
    return refused.value


def published(desk: Any) -> list[dict[str, Any]]:
    return [event for event in desk.announced() if event["name"] != "provider_accepted"]


def test_every_offer_of_the_demo_is_published_as_it_was_drafted(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    for provider in demo_providers:
        desk.show(provider)
    events = [event for event in published(desk) if event["name"] == "offer_published"]
    assert len(events) == sum(len(provider["offers"]) for provider in demo_providers) > 0
    given = [offer for provider in demo_providers for offer in provider["offers"]]
    for event, offer in zip(events, given, strict=True):
        assert event["version"] == 1
        assert event["site_ids"]
        assert {key: event[key] for key in offer.keys() & event.keys()} == {
            key: offer[key] for key in offer.keys() & event.keys()
        }


def test_the_event_says_all_that_the_scan_needs_and_names_every_site(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    two_sites = next(p for p in demo_providers if len(p["sites"]) == 2)
    provider = desk.accept(two_sites)
    offer = desk.publish(desk.draft(provider["id"], two_sites["offers"][0]))
    assert offer["site_ids"] == []
    event = OfferPublished.from_payload(published(desk)[0])
    assert event.site_ids == [site["id"] for site in provider["sites"]]
    assert (event.offer_id, event.provider_id) == (offer["id"], provider["id"])
    assert (event.provider_name, event.category) == (two_sites["name"], two_sites["category"])
    assert event.title == offer["title"]


def test_a_broken_rule_is_named_and_nothing_is_announced(desk: Any) -> None:
    offer = desk.draft(desk.accept()["id"], percent=29)
    refusal = refusal_of(desk.publish, offer)
    assert (refusal.code, refusal.field) == ("offer_rule_broken", "percent")
    assert refusal.details["rule"] == "youth_student_rate"
    assert desk.stored_offer(offer["id"]).state == "draft"
    assert published(desk) == []


def test_an_offer_waits_for_its_providers_acceptance(desk: Any) -> None:
    provider = desk.apply()
    offer = desk.draft(provider["id"])
    assert refusal_of(desk.publish, offer).code == "provider_not_accepted"
    desk.decide(provider["id"])
    assert desk.publish(offer)["state"] == "published"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"programme": "occygene-1999"}, "programme_unknown", "programme"),
        ({"programme": "passresot66"}, "invalid_field", "programme"),
        ({"card_types": ["staff"]}, "card_type_unknown", "card_types.0"),
        ({"site_ids": ["sit_elsewhere"]}, "invalid_field", "site_ids.0"),
    ],
)
def test_a_draft_names_what_belongs_to_its_provider(
    desk: Any, changes: dict[str, Any], code: str, field: str
) -> None:
    refusal = refusal_of(desk.draft, desk.accept()["id"], **changes)
    assert (refusal.code, refusal.field) == (code, field)


def test_a_manager_drafts_and_withdraws_for_its_own_provider_and_publishes_nothing(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    own, other = desk.accept(), desk.accept(demo_providers[0])
    manager = desk.manager_of(own["id"])
    offer = desk.draft(own["id"], by=manager)
    assert refusal_of(desk.publish, offer, by=manager).code == "not_allowed"
    assert refusal_of(desk.draft, other["id"], by=manager).code == "not_found"
    theirs = desk.publish(desk.draft(other["id"]))
    assert refusal_of(desk.withdraw, theirs, by=manager).code == "not_found"
    desk.publish(offer)
    assert desk.withdraw(offer, by=manager)["state"] == "withdrawn"


def test_an_offer_is_found_under_its_own_provider_only(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    offer = desk.draft(desk.accept()["id"])
    other = desk.accept(demo_providers[0])
    assert refusal_of(desk.publish, offer, provider_id=other["id"]).code == "not_found"
    assert refusal_of(desk.publish, offer, offer_id="off_none").code == "not_found"
    assert refusal_of(desk.draft, "prv_none").code == "not_found"


@pytest.mark.parametrize("role", ["holder", "partner", "device", "office_officer", "anonymous"])
def test_nobody_else_touches_offers(desk: Any, role: str) -> None:
    offer = desk.draft(desk.accept()["id"])
    by = desk.caller_of(role)
    expected = "not_authenticated" if role == "anonymous" else "not_allowed"
    assert refusal_of(desk.draft, offer["provider_id"], by=by).code == expected
    assert refusal_of(desk.publish, offer, by=by).code == expected
    assert refusal_of(desk.withdraw, offer, by=by).code == expected


def test_versions_grow_with_every_announcement(desk: Any) -> None:
    offer = desk.draft(desk.accept()["id"])
    assert offer["version"] == 0
    steps = [desk.publish, desk.publish, desk.withdraw, desk.withdraw, desk.publish]
    assert [step(offer)["version"] for step in steps] == [1, 1, 2, 2, 3]
    assert [(event["name"], event["version"]) for event in published(desk)] == [
        ("offer_published", 1),
        ("offer_withdrawn", 2),
        ("offer_published", 3),
    ]


def test_a_draft_is_withdrawn_without_a_word(desk: Any) -> None:
    offer = desk.withdraw(desk.draft(desk.accept()["id"]))
    assert (offer["state"], offer["version"]) == ("withdrawn", 0)
    assert published(desk) == []


def test_publishing_many_times_at_once_is_one_publication(desk: Any) -> None:
    offer = desk.draft(desk.accept()["id"])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.publish(offer), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["version"] == 1
    assert len(published(desk)) == 1


def test_one_key_at_once_drafts_one_offer(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: desk.draft(provider_id, key="one"), range(8)))
    assert len({answer["id"] for answer in answers}) == 1
