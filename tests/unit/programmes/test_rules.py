"""Pots, limits, offer rules and criteria, asked of the real programmes."""

from datetime import date

import pytest

from contracts.programmes import Programme
from contracts.programmes.rules import (
    limits_of,
    missing_criteria,
    pot_amount_cents,
    pot_open_on,
    pot_pays,
    rules_of,
)

Programmes = dict[str, Programme]


@pytest.mark.parametrize(("persons", "cents"), [(1, 7000), (4, 28000), (5, 30000), (9, 30000)])
def test_a_pot_is_70_euros_a_person_and_300_at_most(programmes: Programmes, persons: int, cents: int) -> None:
    assert pot_amount_cents(programmes["occygene-2020"].pots["region_bonus"], persons) == cents


def test_a_pot_opens_and_closes_on_its_inclusive_days(programmes: Programmes) -> None:
    museums = programmes["azur-2027"].pots["museums"]
    days = [date(2027, 4, 30), date(2027, 5, 1), date(2027, 12, 31), date(2028, 1, 1)]
    assert [pot_open_on(museums, day) for day in days] == [False, True, True, False]


def test_a_pot_pays_its_categories_or_all_when_it_names_none(programmes: Programmes) -> None:
    assert not pot_pays(programmes["azur-2027"].pots["sea"], "museums")
    assert pot_pays(programmes["azur-2027"].pots["sea"], "water_sports")
    assert pot_pays(programmes["occygene-2020"].pots["region_bonus"], "campsites")


def test_a_limit_that_names_no_card_type_holds_for_all(programmes: Programmes) -> None:
    assert [limit.code for limit in limits_of(programmes["passresot66"], "seasonal")] == ["once_a_year"]
    assert limits_of(programmes["occygene-2020"], "youth") == []


@pytest.mark.parametrize(
    ("category", "card_type", "audience", "rules"),
    [
        ("outdoor_sports", "youth", "holder", ["youth_student_rate"]),
        ("cultural_sites", "family", "children", ["family_minimum", "three_children"]),
        ("leisure_sites", "family_bonus", "holder", ["family_minimum"]),
        ("campsites", "youth", "holder", ["stays", "campsites_in_summer"]),
        ("holiday_villages", "family", "household", ["three_children", "stays"]),
    ],
)
def test_an_offer_meets_the_rules_of_its_category_card_type_and_audience(
    programmes: Programmes, category: str, card_type: str, audience: str, rules: list[str]
) -> None:
    found = rules_of(programmes["occygene-2020"], category, [card_type], audience, [7])  # type: ignore[arg-type]
    assert [rule.code for rule in found] == rules


def test_an_offer_open_in_both_seasons_meets_the_rules_of_both(programmes: Programmes) -> None:
    found = rules_of(programmes["azur-2027"], "museums", ["azur"], "holder", [5, 6])
    assert [rule.minimum_percent for rule in found] == [15, 10]


def test_the_quality_label_stands_for_the_criteria_but_not_for_the_booking_centre(
    programmes: Programmes,
) -> None:
    categories = programmes["occygene-2020"].categories
    assert missing_criteria(categories["outdoor_sports"], [], has_quality_label=True) == []
    assert missing_criteria(categories["guided_tours"], [], has_quality_label=True) == [
        "sold_by_booking_centre"
    ]


def test_a_provider_without_label_needs_every_necessary_criterion(programmes: Programmes) -> None:
    site = programmes["occygene-2020"].categories["cultural_sites"]
    necessary = [c.code for way in site.ways for c in way.criteria if c.necessary]
    assert missing_criteria(site, necessary, has_quality_label=False) == []
    assert missing_criteria(site, necessary[1:], has_quality_label=False) == necessary[:1]


def test_crafts_come_in_with_their_own_label(programmes: Programmes) -> None:
    category = programmes["occygene-2020"].categories["agri_craft"]
    assert missing_criteria(category, ["epv_label"], has_quality_label=False) == []
    assert missing_criteria(category, [], has_quality_label=False) == ["epv_label"]


def test_a_category_that_asks_nothing_admits_everybody(programmes: Programmes) -> None:
    assert missing_criteria(programmes["passresot66"].categories["leisure_sites"], [], False) == []
