"""What the programme files say is what the source documents say."""

from datetime import date

from contracts.programmes import Programme
from contracts.programmes.shape import AgeBounds, FamilyQuotient, People

Programmes = dict[str, Programme]


def test_the_2020_edition_has_its_days_and_prices(programmes: Programmes) -> None:
    edition = programmes["occygene-2020"]
    assert (edition.orders_open, edition.valid_until) == (date(2020, 7, 6), date(2021, 6, 30))
    assert {c.code: c.price_cents for c in edition.card_types.values()} == {
        "youth": 0,
        "family": 1500,
        "family_bonus": 0,
    }
    assert edition.pots["region_bonus"].spend_until == date(2020, 11, 15)
    assert (edition.repeat_window_s, edition.undo_window_s) == (10, 900)


def test_the_2020_edition_names_who_may_have_which_card(programmes: Programmes) -> None:
    types = programmes["occygene-2020"].card_types
    assert types["youth"].age == AgeBounds(min=18, max=25)
    assert types["family"].party == People(adults=2, children=3)
    assert types["family_bonus"].family_quotient == FamilyQuotient(below=1000)
    assert [check.kind for check in types["family_bonus"].checks] == [
        "residence",
        "identity",
        "family_quotient",
    ]
    assert all(card_type.residence_regions == ("76",) for card_type in types.values())
    assert [code for code, card_type in types.items() if card_type.pots] == ["family_bonus"]


def test_the_2020_edition_has_seven_categories_that_all_ask_for_something(programmes: Programmes) -> None:
    categories = programmes["occygene-2020"].categories
    assert len(categories) == 7
    assert all(way.criteria for category in categories.values() for way in category.ways)


def test_the_staff_pass_is_free_entry_for_the_holder_once_per_site_a_year(programmes: Programmes) -> None:
    scheme = programmes["passresot66"]
    limit = scheme.usage_limits["once_a_year"]
    rule = scheme.offer_rules["free_for_the_holder"]
    assert (limit.per, limit.window, limit.max) == ("site", "year", 1)
    assert (rule.allowed_kinds, rule.allowed_audiences) == (("free",), ("holder",))
    assert all(card_type.party == People(adults=1, children=0) for card_type in scheme.card_types.values())
    assert {check.decided_by for c in scheme.card_types.values() for check in c.checks} == {"office_officer"}
    assert scheme.card_types["seasonal"].holder_fields == ("organisation", "contract_end")


def test_a_made_up_programme_says_other_things_in_the_same_words(programmes: Programmes) -> None:
    azur = programmes["azur-2027"]
    card_type = azur.card_types["azur"]
    assert (card_type.price_cents, card_type.residence_regions) == (700, ("93",))
    assert card_type.pots == ("sea", "museums")
    assert [pot.categories for pot in azur.pots.values()] == [("water_sports",), ("museums",)]
    assert azur.usage_limits["three_a_month"].max == 3
