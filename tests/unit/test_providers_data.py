"""The demo's providers file is real-shape input: complete, within the 2020 rules, and in proper French."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.communes import find_commune
from contracts.programmes import read_programmes
from contracts.programmes.rules import missing_criteria

ROOT = Path(__file__).parents[2]
PROVIDERS_FILE = ROOT / "demo" / "providers.json"
PROGRAMME_FILE = ROOT / "programmes" / "occygene-2020.toml"

CATEGORIES = {
    "outdoor_sports",
    "cultural_sites",
    "leisure_sites",
    "agri_craft",
    "guided_tours",
    "campsites",
    "holiday_villages",
}
ACCOMMODATION = {"campsites", "holiday_villages"}
FAMILIES = {"family", "family_bonus"}
DEPARTEMENTS = {"09", "11", "12", "30", "31", "32", "34", "46", "48", "65", "66", "81", "82"}

# Occitanie's bounding box, WGS 84 degrees, rounded outwards.
LATITUDES = (42.33, 45.05)
LONGITUDES = (-0.33, 4.85)

# The source documents' numbers (French wording in each programme's file).
MINIMUM_PROVIDERS = 26
MINIMUM_YOUTH_PERCENT = 30
MINIMUM_STAY_PERCENT = 15
MINIMUM_FAMILY_GROSS_CENTS = 3000
MAXIMUM_CHILDREN = 3
MINIMUM_MONTHS_OPEN = 6
PASSRESOT66_PROVIDERS = 6

NARROW_OR_NO_BREAK = "\u202f\u00a0"


def load_providers() -> list[dict[str, Any]]:
    """Every provider of the file, as the demo reads it."""
    providers: list[dict[str, Any]] = json.loads(PROVIDERS_FILE.read_text(encoding="utf-8"))
    return providers


PROVIDERS = load_providers()
PROGRAMME = read_programmes({PROGRAMME_FILE.name: PROGRAMME_FILE.read_text(encoding="utf-8")})[
    "occygene-2020"
]
SITES = [site for provider in PROVIDERS for site in provider["sites"]]
OFFERS = [(provider, offer) for provider in PROVIDERS for offer in provider["offers"]]


def passes_luhn(digits: str) -> bool:
    """Whether the digits' Luhn sum is a multiple of ten."""
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def days_of(periods: list[dict[str, str]]) -> set[str]:
    """The ``MM-DD`` days of some periods; one whose ``from`` comes after its ``to`` spans the new year."""
    days = [f"{month:02d}-{day:02d}" for month in range(1, 13) for day in range(1, 32)]
    found: set[str] = set()
    for period in periods:
        start, end = period["from"], period["to"]
        inside = [(start <= day <= end) if start <= end else (day >= start or day <= end) for day in days]
        found |= {day for day, kept in zip(days, inside, strict=True) if kept}
    return found


def reduction_percent(offer: dict[str, Any]) -> float:
    """How far the offer goes below the price that it reduces, in percent."""
    if offer["kind"] == "free":
        return 100
    if offer["kind"] == "percent":
        return float(offer["percent"])
    reduced = offer["child_price_cents"] if offer["audience"] == "children" else offer["standard_price_cents"]
    return 100 - 100 * float(offer["price_cents"]) / float(reduced)


def texts(value: Any) -> Iterator[str]:
    """Every string inside a JSON value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from texts(child)


def french_texts() -> list[str]:
    """The names, streets and French titles that residents read."""
    names = [provider["name"] for provider in PROVIDERS]
    places = [site[key] for site in SITES for key in ("name", "street")]
    return names + places + [offer["title"]["fr"] for _, offer in OFFERS]


def test_there_are_enough_providers_over_every_category_and_departement() -> None:
    assert len(PROVIDERS) >= MINIMUM_PROVIDERS
    assert {provider["category"] for provider in PROVIDERS} == CATEGORIES
    assert {site["insee"][:2] for site in SITES} == DEPARTEMENTS
    assert sum(len(provider["sites"]) >= 2 for provider in PROVIDERS) >= 2


def test_names_mails_web_sites_and_legal_ids_are_unique() -> None:
    for values in (
        [provider["name"] for provider in PROVIDERS],
        [provider["legal_id"] for provider in PROVIDERS],
        [provider["website"] for provider in PROVIDERS],
        [provider["contact"]["email"] for provider in PROVIDERS],
        [provider["contact"]["phone"] for provider in PROVIDERS],
    ):
        assert len(set(values)) == len(values)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider["name"])
def test_a_provider_can_be_identified_and_reached(provider: dict[str, Any]) -> None:
    siret = provider["legal_id"]
    assert re.fullmatch(r"\d{14}", siret)
    assert passes_luhn(siret)
    assert passes_luhn(siret[:9]), "the SIREN inside a SIRET has its own check digit"
    assert re.fullmatch(r"[a-z0-9.-]+@example\.org", provider["contact"]["email"])
    assert re.fullmatch(r"\+33[1-9]\d{8}", provider["contact"]["phone"])
    assert re.fullmatch(r"https://[a-z0-9-]+\.example", provider["website"])


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider["name"])
def test_a_provider_is_open_six_months_and_says_which(provider: dict[str, Any]) -> None:
    openings = [period for site in provider["sites"] for period in site["opening"]]
    assert provider["months_open"] == sorted({int(day[:2]) for day in days_of(openings)})
    assert len(provider["months_open"]) >= MINIMUM_MONTHS_OPEN


def test_sites_stand_at_communes_of_occitanie() -> None:
    for site in SITES:
        assert site["postal_code"][:2] == site["insee"][:2]
        assert LATITUDES[0] < site["latitude"] < LATITUDES[1]
        assert LONGITUDES[0] < site["longitude"] < LONGITUDES[1]
    assert len({(site["latitude"], site["longitude"]) for site in SITES}) == len(SITES)


def test_insee_codes_are_known_in_region_76() -> None:
    communes = {site["insee"]: find_commune(site["insee"]) for site in SITES}
    assert [insee for insee, commune in communes.items() if commune is None] == []
    assert {commune.region for commune in communes.values() if commune} == {"76"}


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider["name"])
def test_a_provider_has_the_label_or_all_criteria_of_a_way_in(provider: dict[str, Any]) -> None:
    category = PROGRAMME.categories[provider["category"]]
    fulfilled, labelled = provider["criteria"], provider["quality_label"]
    assert missing_criteria(category, fulfilled, labelled) == []
    assert set(fulfilled) <= {criterion.code for way in category.ways for criterion in way.criteria}
    assert bool(fulfilled) != labelled, "one or the other"


def test_crafts_with_the_epv_label_are_there() -> None:
    assert sum(provider["criteria"] == ["epv_label"] for provider in PROVIDERS) >= 1


def test_every_offer_belongs_to_its_provider() -> None:
    for provider, offer in OFFERS:
        assert offer["programme"] in provider["programmes"]
        assert offer["site"] is None or 0 <= offer["site"] < len(provider["sites"])
        assert offer["title"]["fr"] != offer["title"]["en"]
    assert all(
        {offer["programme"] for offer in provider["offers"]} == set(provider["programmes"])
        for provider in PROVIDERS
    )


def test_every_offer_gives_the_amount_of_its_kind_only_and_reduces_a_paid_service() -> None:
    for _, offer in OFFERS:
        assert (offer["percent"] is not None) == (offer["kind"] == "percent")
        assert (offer["price_cents"] is not None) == (offer["kind"] == "fixed_price")
        assert (offer["child_price_cents"] is not None) == (offer["audience"] == "children")
        assert offer["standard_price_cents"] > 0
        assert 0 < reduction_percent(offer) <= 100


def test_an_offer_holds_only_while_its_site_is_open() -> None:
    for provider, offer in OFFERS:
        sites = provider["sites"] if offer["site"] is None else [provider["sites"][offer["site"]]]
        opening = days_of([period for site in sites for period in site["opening"]])
        assert days_of(offer["season"]) <= opening, offer["title"]["fr"]


def test_youth_get_thirty_percent_on_the_student_rate() -> None:
    youth = [offer for _, offer in OFFERS if offer["card_types"] == ["youth"]]
    assert youth
    for offer in youth:
        assert (offer["audience"], offer["base"]) == ("holder", "student_rate")
        assert reduction_percent(offer) >= MINIMUM_YOUTH_PERCENT
        assert not offer["pot_accepted"]


def test_families_get_child_rates_on_a_service_of_thirty_euros() -> None:
    family = [offer for _, offer in OFFERS if offer["audience"] == "children"]
    assert family
    for offer in family:
        assert set(offer["card_types"]) <= FAMILIES
        assert 1 <= offer["max_children"] <= MAXIMUM_CHILDREN
        assert offer["minimum_gross_cents"] >= MINIMUM_FAMILY_GROSS_CENTS
        two_and_two_cents = 2 * (offer["standard_price_cents"] + offer["child_price_cents"])
        assert two_and_two_cents >= offer["minimum_gross_cents"], "two adults and two children reach it"


def test_stays_get_fifteen_percent_and_campsites_in_july_and_august_only() -> None:
    stays = [(provider, offer) for provider, offer in OFFERS if provider["category"] in ACCOMMODATION]
    assert stays
    summer = days_of([{"from": "07-01", "to": "08-31"}])
    for provider, offer in stays:
        assert (offer["audience"], offer["kind"]) == ("household", "percent")
        assert offer["percent"] >= MINIMUM_STAY_PERCENT
        assert offer["max_children"] <= MAXIMUM_CHILDREN
        if provider["category"] == "campsites":
            assert offer["season"], "an empty season would mean all year"
            assert days_of(offer["season"]) <= summer


def test_passresot66_is_free_for_the_holder_alone_in_the_pyrenees_orientales() -> None:
    staff = [(provider, offer) for provider, offer in OFFERS if offer["programme"] == "passresot66"]
    assert len({provider["name"] for provider, _ in staff}) == PASSRESOT66_PROVIDERS
    for provider, offer in staff:
        assert {site["insee"][:2] for site in provider["sites"]} == {"66"}
        assert offer["card_types"] == ["staff", "seasonal"]
        assert (offer["kind"], offer["audience"]) == ("free", "holder")
        assert not offer["pot_accepted"]


def test_texts_follow_french_typography() -> None:
    for text in texts(PROVIDERS):
        assert text == text.strip()
        assert "'" not in text, text
        assert "  " not in text, text
    for text in french_texts():
        assert not re.search(f"[^{NARROW_OR_NO_BREAK}][:;!?%€»]", text), text
        assert not re.search(f"«[^{NARROW_OR_NO_BREAK}]", text), text
        assert '"' not in text, text
