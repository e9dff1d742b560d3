"""What to do with so much money, near a place, on a day."""

import httpx
import pytest

from portal.visitor.ideas import FIRST_TYPED, cents
from tests.portal.reading import Page, faults_of, read

ASKED = {**FIRST_TYPED, "place": "Toulouse", "budget": "18,50", "pot": "10", "children_ages": "4, 9"}


def words(answer: httpx.Response) -> str:
    return read(answer.text).text.replace("\u202f", " ").replace("\xa0", " ")


def field(page: Page, name: str) -> dict[str, str]:
    [found] = [one for one in page.all("input") if one["id"] == name]
    return found


def test_the_form_begins_with_eighteen_euros_and_twenty_kilometres(browser: httpx.Client) -> None:
    page = read(browser.get("/idees").text)
    assert field(page, "budget")["value"] == "18"
    assert field(page, "radius_km")["value"] == "20"
    assert "Avec" not in page.text


def test_an_idea_says_what_it_costs_and_why(browser: httpx.Client) -> None:
    text = words(browser.get("/idees", params=ASKED, headers={"Accept-Language": "fr"}))
    assert "Avec 18,50 €, le 14 juillet 2020" in text
    assert "11,00 € pour tous" in text
    assert "Prix habituel 30,00 €" in text
    assert "Réduction -9,00 €" in text
    assert "Cagnotte -10,00 €" in text
    assert "Avec Carte famille" in text
    assert "Montpellier · à 12,3 km · Sur réservation." in text
    assert "Au plus" in text


def test_the_platform_is_asked_in_cents_near_the_towns_centre(browser: httpx.Client) -> None:
    text = read(browser.get("/idees", params=ASKED, headers={"Accept-Language": "fr"}).text).text
    for name, value in {
        "near": "43.6043,1.4437",
        "budget_cents": "1850",
        "pot_cents": "1000",
        "children_ages": "4,9",
        "adults": "2",
        "radius_km": "20",
        "programme": "occygene-2020",
    }.items():
        assert f"('{name}', ['{value}'])" in text


@pytest.mark.parametrize(
    ("changed", "at"),
    [({"place": ""}, "place"), ({"budget": ""}, "budget"), ({"budget": "beaucoup"}, "budget")],
)
def test_a_field_that_the_platform_refuses_has_its_rule_and_stays_typed(
    browser: httpx.Client, changed: dict[str, str], at: str
) -> None:
    answer = browser.get("/idees", params=ASKED | changed)
    page = read(answer.text)
    assert answer.status_code == 422
    assert field(page, at)["aria-invalid"] == "true"
    assert field(page, at)["value"] == changed[at]
    assert field(page, "children_ages")["value"] == "4, 9"
    assert "est obligatoire" in page.text
    assert faults_of(page) == []


def test_more_ideas_are_for_the_same_party(browser: httpx.Client) -> None:
    page = read(browser.get("/idees", params=ASKED).text)
    [following] = [one["href"] for one in page.all("a") if one.get("rel") == "next"]
    assert "children_ages=4%2C+9" in following
    last = read(browser.get(following).text)
    assert [one for one in last.all("a") if one.get("rel") == "next"] == []


def test_the_ideas_are_in_the_menu_and_on_the_first_page(browser: httpx.Client) -> None:
    assert [one["href"] for one in read(browser.get("/").text).all("a")].count("/idees") == 2


@pytest.mark.parametrize(
    ("typed", "asked"), [("18", "1800"), ("18,5", "1850"), ("18.05 €", "1805"), ("0", "0"), ("-1", "-1")]
)
def test_an_amount_is_read_as_people_write_it(typed: str, asked: str) -> None:
    assert cents(typed) == asked
