"""Days, sums and people in words."""

from datetime import date

import pytest

from contracts.programmes import Programme, UsageLimit
from contracts.programmes.shape import People
from notify import wording


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_first_of_a_month_is_an_ordinal_in_french() -> None:
    assert plain(wording.day(date(2020, 8, 1))["fr"]) == "1er août 2020"
    assert plain(wording.day(date(2020, 8, 1))["en"]) == "1 August 2020"


def test_a_moment_is_told_in_the_programmes_own_time() -> None:
    summer = wording.moment("2020-07-11T08:05:00.000000Z", "Europe/Paris")
    winter = wording.moment("2020-12-31T23:30:00Z", "Europe/Paris")
    assert plain(summer["fr"]) == "11 juillet 2020 à 10 h 05"
    assert plain(summer["en"]) == "11 July 2020 at 10:05"
    assert plain(winter["fr"]) == "1er janvier 2021 à 0 h 30"


@pytest.mark.parametrize(
    ("cents", "french", "english"),
    [
        (0, "0 €", "€0"),
        (5, "0,05 €", "€0.05"),
        (1500, "15 €", "€15"),
        (-1240, "−12,40 €", "−€12.40"),
        (123450, "1 234,50 €", "€1,234.50"),
    ],
)
def test_sums_are_written_as_each_language_does(cents: int, french: str, english: str) -> None:
    assert plain(wording.euros(cents)["fr"]) == french
    assert wording.euros(cents)["en"] == english


def test_a_french_telephone_number_is_written_in_pairs_and_others_as_they_are() -> None:
    assert plain(wording.phone("+33468679331")) == "04 68 67 93 31"
    assert wording.phone("+34972123456") == "+34972123456"


def test_people_agree_in_number_and_nobody_is_not_mentioned() -> None:
    assert plain(wording.people(1, 1)["fr"]) == "1 adulte et 1 enfant"
    assert plain(wording.people(2, 3)["en"]) == "2 adults and 3 children"
    assert plain(wording.people(0, 1)["en"]) == "1 child"


def test_a_card_for_its_holder_alone_says_so() -> None:
    assert wording.covered(People(adults=1, children=0))["fr"] == "le titulaire seul"
    assert plain(wording.covered(People(adults=2, children=3))["fr"]) == (
        "2 adultes et 3 enfants au plus par visite"
    )


def test_usage_limits_are_told_in_words(programmes: dict[str, Programme]) -> None:
    thrice = UsageLimit(code="x", per="site", window="month", max=3)
    once = UsageLimit(code="y", per="provider", window="validity", max=1)
    assert [limit["fr"] for limit in wording.limits([thrice, once])] == [
        "3 fois par site et par mois",
        "une fois par prestataire pendant la validité de la carte",
    ]
    shipped = wording.limits(programmes["passresot66"].usage_limits.values())
    assert shipped == [{"fr": "une fois par site et par an", "en": "once per site a year"}]
