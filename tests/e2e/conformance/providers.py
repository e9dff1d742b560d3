"""Providers and offers in the crowd of these tests, as bodies of the API."""

from random import randrange
from typing import Any

from offers.siret import passes_luhn

CRITERIA_OF_A_SITE = [
    "open_6_months",
    "sanitary_facilities",
    "ticket_office",
    "clear_route",
    "compliant",
    "insured",
]


def provider_body(name: str, **other: Any) -> dict[str, Any]:
    """An application that fulfils its category's criteria, with a SIRET of its own."""
    return {
        "name": name,
        "category": "cultural_sites",
        "legal_id": made_up_siret(),
        "contact": {"manager_name": "Odile Conforme", "email": "odile@example.org", "phone": "+33561000000"},
        "website": "https://conforme.example",
        "programmes": ["occygene-2020", "passresot66"],
        "quality_label": False,
        "criteria": CRITERIA_OF_A_SITE,
        "months_open": [4, 5, 6, 7, 8, 9, 10],
        "sites": [
            {
                "name": "L’entrée",
                "street": "1 place du Marché",
                "postal_code": "82000",
                "insee": "82121",
                "latitude": 44.0176,
                "longitude": 1.3549,
                "booking_required": False,
                "opening": [{"from": "04-01", "to": "10-31"}],
            }
        ],
        **other,
    }


def offer_body(title: str, card_types: list[str], **other: Any) -> dict[str, Any]:
    """An offer of every site that the rules of the 2020 edition let pass."""
    return {
        "programme": "occygene-2020",
        "site_ids": [],
        "title": {"fr": title, "en": title},
        "card_types": card_types,
        "audience": "children",
        "kind": "free",
        "percent": None,
        "price_cents": None,
        "base": "standard_price",
        "standard_price_cents": 1200,
        "child_price_cents": 700,
        "season": [],
        "pot_accepted": True,
        "minimum_gross_cents": 3000,
        "max_children": 3,
        **other,
    }


FAMILIES = offer_body("Enfants gratuits", ["family", "family_bonus"])
WINTER = offer_body("Hiver", ["family_bonus"], season=[{"from": "12-01", "to": "02-28"}])
YOUNG = offer_body(
    "Jeunes",
    ["youth"],
    audience="holder",
    kind="percent",
    percent=35,
    base="student_rate",
    child_price_cents=None,
    pot_accepted=False,
    minimum_gross_cents=None,
    max_children=None,
)
STAFF = {**YOUNG, "programme": "passresot66", "card_types": ["staff"], "kind": "free", "percent": None}
STAFF["base"] = "standard_price"


def made_up_siret() -> str:
    """A SIREN of 8 digits with its check digit, establishment 1 with its own."""
    siren = _with_check_digit(f"{randrange(10**7, 10**8)}")
    return _with_check_digit(f"{siren}0001")


def _with_check_digit(digits: str) -> str:
    return next(digits + last for last in "0123456789" if passes_luhn(digits + last))
