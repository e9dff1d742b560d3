"""Examples that each test changes in one place: an application and an offer that keep every rule."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.programmes import Programme, read_programmes

ROOT = Path(__file__).parents[3]
FILES = [*(ROOT / "programmes").glob("*.toml"), *(ROOT / "tests/fixtures/programmes").glob("*.toml")]


@pytest.fixture(scope="session")
def programmes() -> dict[str, Programme]:
    """The programmes that the project ships, and one made up."""
    return read_programmes({path.name: path.read_text(encoding="utf-8") for path in FILES})


@pytest.fixture(scope="session")
def demo_providers() -> list[dict[str, Any]]:
    """The providers that the demo loads."""
    providers: list[dict[str, Any]] = json.loads(
        (ROOT / "demo" / "providers.json").read_text(encoding="utf-8")
    )
    return providers


@pytest.fixture
def application() -> Callable[..., dict[str, Any]]:
    """``application(legal_id="…")``: a cave with the quality label at Foix."""

    def make(**changes: Any) -> dict[str, Any]:
        site = {
            "name": "Grotte de l’Ours gravé",
            "street": "2 route de la Grotte",
            "postal_code": "09000",
            "insee": "09122",
            "latitude": 42.9655,
            "longitude": 1.6053,
            "booking_required": False,
            "opening": [{"from": "04-01", "to": "10-31"}],
            **changes.pop("site", {}),
        }
        contact = {"manager_name": "Ève Pic", "email": "eve@example.org", "phone": "+33536491237"}
        return {
            "name": "Grotte de l’Ours gravé",
            "category": "cultural_sites",
            "legal_id": "73282932000074",
            "contact": {**contact, **changes.pop("contact", {})},
            "website": None,
            "programmes": ["occygene-2020"],
            "quality_label": True,
            "criteria": [],
            "months_open": [4, 5, 6, 7, 8, 9, 10],
            "sites": [site],
            **changes,
        }

    return make


@pytest.fixture
def offer() -> Callable[..., dict[str, Any]]:
    """``offer(percent=29)``: 30 % off the student rate, for the holder of a youth card."""

    def make(**changes: Any) -> dict[str, Any]:
        return {
            "programme": "occygene-2020",
            "site_ids": [],
            "title": {"fr": "Visite : 30 % de réduction", "en": "Visit: 30% off"},
            "card_types": ["youth"],
            "audience": "holder",
            "kind": "percent",
            "percent": 30,
            "price_cents": None,
            "base": "student_rate",
            "standard_price_cents": 1000,
            "child_price_cents": None,
            "season": [],
            "pot_accepted": False,
            "minimum_gross_cents": None,
            "max_children": None,
            **changes,
        }

    return make
