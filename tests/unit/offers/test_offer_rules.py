"""The programmes' rules, one broken at a time, on each side of its bound."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.programmes import Programme
from offers.offer_rules import broken_rules, offer_rule_broken

Make = Callable[..., Any]
Programmes = dict[str, Programme]

FAMILY: dict[str, Any] = {
    "card_types": ["family", "family_bonus"],
    "audience": "children",
    "percent": 50,
    "base": "standard_price",
    "child_price_cents": 700,
    "pot_accepted": True,
    "minimum_gross_cents": 3000,
    "max_children": 3,
}
STAY: dict[str, Any] = {
    "card_types": ["family", "family_bonus"],
    "audience": "household",
    "percent": 15,
    "base": "standard_price",
    "standard_price_cents": 56000,
    "max_children": 3,
}
FREE: dict[str, Any] = {
    "programme": "passresot66",
    "card_types": ["staff", "seasonal"],
    "kind": "free",
    "percent": None,
    "base": "standard_price",
}
SUMMER = [{"from": "07-01", "to": "08-31"}]


def fixed(price_cents: int) -> dict[str, Any]:
    return {"kind": "fixed_price", "percent": None, "price_cents": price_cents}


def test_every_offer_of_the_demo_keeps_its_programmes_rules(
    demo_providers: list[dict[str, Any]], programmes: Programmes
) -> None:
    offers = [(provider["category"], offer) for provider in demo_providers for offer in provider["offers"]]
    assert len(offers) >= 48
    for category, offer in offers:
        assert broken_rules(programmes[offer["programme"]], category, offer) == []


@pytest.mark.parametrize(
    ("category", "changes"),
    [
        ("cultural_sites", {}),
        ("cultural_sites", fixed(700)),
        ("cultural_sites", {"kind": "free", "percent": None}),
        ("cultural_sites", {**FAMILY, "standard_price_cents": 800}),  # 2 × 8 € + 2 × 7 € = 30 €
        ("cultural_sites", {**FAMILY, "max_children": 0}),
        ("campsites", {**STAY, "season": SUMMER}),
        ("campsites", {**STAY, "season": SUMMER, "pot_accepted": True}),
        ("holiday_villages", STAY),
        ("leisure_sites", FREE),
    ],
)
def test_an_offer_at_the_bounds_is_taken(
    offer: Make, programmes: Programmes, category: str, changes: dict[str, Any]
) -> None:
    given = offer(**changes)
    assert broken_rules(programmes[given["programme"]], category, given) == []


@pytest.mark.parametrize(
    ("category", "changes", "code", "field"),
    [
        ("cultural_sites", {"percent": 29}, "youth_student_rate", "percent"),
        ("cultural_sites", fixed(701), "youth_student_rate", "price_cents"),
        ("cultural_sites", {"base": "standard_price"}, "youth_student_rate", "base"),
        (
            "cultural_sites",
            {"card_types": ["family", "youth"], "percent": 29},
            "youth_student_rate",
            "percent",
        ),
        ("cultural_sites", {**FAMILY, "minimum_gross_cents": 2999}, "family_minimum", "minimum_gross_cents"),
        ("cultural_sites", {**FAMILY, "minimum_gross_cents": None}, "family_minimum", "minimum_gross_cents"),
        ("cultural_sites", {**FAMILY, "standard_price_cents": 799}, "family_minimum", "standard_price_cents"),
        ("cultural_sites", {**FAMILY, "max_children": 4}, "three_children", "max_children"),
        ("cultural_sites", {**FAMILY, "max_children": None}, "three_children", "max_children"),
        ("holiday_villages", {**STAY, "percent": 14}, "stays", "percent"),
        ("holiday_villages", {**STAY, "base": "student_rate"}, "stays", "base"),
        ("holiday_villages", {**STAY, "max_children": 4}, "three_children", "max_children"),
        ("campsites", STAY, "campsites_in_summer", "season"),
        (
            "campsites",
            {**STAY, "season": [{"from": "06-30", "to": "08-31"}]},
            "campsites_in_summer",
            "season",
        ),
        (
            "campsites",
            {**STAY, "season": [{"from": "07-01", "to": "09-01"}]},
            "campsites_in_summer",
            "season",
        ),
        ("leisure_sites", {**FREE, "kind": "percent", "percent": 99}, "free_for_the_holder", "kind"),
        ("leisure_sites", {**FREE, "audience": "household"}, "free_for_the_holder", "audience"),
        ("campsites", FREE, "category", "category"),
        ("cultural_sites", {"card_types": ["youth", "senior"]}, "card_type", "card_types"),
        ("cultural_sites", {"pot_accepted": True}, "pot", "pot_accepted"),
        ("leisure_sites", {**FREE, "pot_accepted": True}, "pot", "pot_accepted"),
    ],
)
def test_a_broken_rule_is_named_with_its_field(
    offer: Make, programmes: Programmes, category: str, changes: dict[str, Any], code: str, field: str
) -> None:
    given = offer(**changes)
    broken = broken_rules(programmes[given["programme"]], category, given)
    assert (broken[0].code, broken[0].field) == (code, field)


def test_the_refusal_speaks_french_and_english_and_lists_all_broken_rules(
    offer: Make, programmes: Programmes
) -> None:
    given = offer(**{**FAMILY, "max_children": 4, "minimum_gross_cents": None})
    refusal = offer_rule_broken(broken_rules(programmes["occygene-2020"], "cultural_sites", given))
    assert refusal.code == "offer_rule_broken"
    assert refusal.field == "minimum_gross_cents"
    assert refusal.details["rule_fr"] == "une prestation d’au moins 30 € pour 2 parents et 2 enfants"
    assert refusal.details["rule_en"] == "a service of at least €30 for 2 parents and 2 children"
    assert refusal.details["rules"] == ["family_minimum", "three_children"]


@pytest.mark.parametrize(
    ("season", "percent", "codes"),
    [
        ([{"from": "07-01", "to": "08-31"}], 10, []),
        ([{"from": "07-01", "to": "09-15"}], 10, ["low_season"]),
        ([{"from": "10-01", "to": "10-31"}], 15, []),
        ([], 14, ["low_season"]),
        ([], 9, ["low_season", "high_season"]),
    ],
)
def test_another_programmes_seasonal_rules_need_no_code(
    offer: Make, programmes: Programmes, season: list[Any], percent: int, codes: list[str]
) -> None:
    given = offer(programme="azur-2027", card_types=["azur"], audience="household", base="standard_price")
    given |= {"season": season, "percent": percent, "pot_accepted": True}
    broken = broken_rules(programmes["azur-2027"], "water_sports", given)
    assert [rule.code for rule in broken] == codes
