"""Offers as they are published, for rules that need one."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.offers import OfferPublished

TERMS: dict[str, Any] = {
    "event_id": "evt_1",
    "occurred_at": "2020-07-01T00:00:00Z",
    "offer_id": "off_1",
    "version": 1,
    "provider_id": "prv_1",
    "provider_name": "Canoë du Tarn",
    "category": "outdoor_sports",
    "site_ids": ["sit_1"],
    "programme": "occygene-2020",
    "title": {"fr": "Descente", "en": "Descent"},
    "card_types": ["family", "family_bonus"],
    "audience": "household",
    "kind": "percent",
    "percent": 20,
    "price_cents": None,
    "child_price_cents": None,
    "season": [],
    "pot_accepted": True,
    "minimum_gross_cents": None,
    "max_children": None,
}


@pytest.fixture(scope="session")
def offer_of() -> Callable[..., OfferPublished]:
    """``offer_of(kind="free")``: an offer that differs from the usual one in these terms."""

    def make(**terms: Any) -> OfferPublished:
        return OfferPublished(**{**TERMS, **terms})

    return make
