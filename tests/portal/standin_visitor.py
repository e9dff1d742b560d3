"""What the stand-in answers of places, sites and ideas."""

import random
from typing import Any

TOWNS = {
    ("31555", "Toulouse", "31000"): (43.6043, 1.4437, "commune"),
    ("31467", "Saint-Alban", "31140"): (43.6869, 1.4137, "commune"),
    ("48132", "Saint-Alban-sur-Limagnole", "48120"): (44.7813, 3.3869, "commune"),
    ("09024", "Ascou", "09110"): (42.7254, 1.8382, "postal_code"),
    ("09004", "Albiès", "09310"): (None, None, None),
}
IDEA = {
    "provider": {"id": "prov_1", "name": "Club de kayak", "category": "museum", "website": None},
    "site": {"commune": "Montpellier", "booking_required": True},
    "offer": {"title": {"fr": "Descente", "en": "Trip"}},
    "distance_km": 12.34,
    "card_type": "family",
    "gross_cents": 3000,
    "reduction_cents": 900,
    "paid_from_pot_cents": 1000,
    "due_cents": 1100,
    "price_is": "at_most",
}
SITES_MAX = 1000
SITES = 2_345


def commune(insee: str, name: str, postal_code: str) -> dict[str, Any]:
    """One of those found."""
    latitude, longitude, centre = TOWNS[insee, name, postal_code]
    return {
        "insee": insee,
        "name": name,
        "departement": insee[:2],
        "postal_codes": [postal_code],
        "latitude": latitude,
        "longitude": longitude,
        "centre": centre,
    }


def sites(number: int) -> list[dict[str, Any]]:
    """As many all over the region, always at the same places."""
    drawn = random.Random(7)
    return [
        {
            "id": f"sit_{one}",
            "provider_id": f"prov_{one}",
            "provider_name": f"Lieu n° {one}",
            "category": "museum",
            "latitude": round(drawn.uniform(42.5, 44.9), 5),
            "longitude": round(drawn.uniform(0.0, 4.6), 5),
        }
        for one in range(number)
    ]


def answer(path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]] | None:
    """Status and body, where it is one of these."""
    if path == "/v1/communes":
        search = query["search"][0].lower()
        found = [commune(*town) for town in TOWNS if town[1].lower().startswith(search) or town[2] == search]
        return 200, {"communes": found, "more": False}
    if path == "/v1/sites":
        begin = int(query.get("cursor", ["0"])[0])
        page = sites(SITES)[begin : begin + SITES_MAX]
        end = begin + len(page)
        return 200, {"sites": page, "next_cursor": str(end) if end < SITES else None}
    if path == "/v1/ideas":
        return ideas(query)
    return None


def ideas(query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
    """One idea a page, or the mistake of the field that is missing or no number."""
    for name in ("near", "budget_cents"):
        if not query.get(name, ["x"])[0].replace(",", "").replace(".", "").isdecimal():
            rule = {"field": name, "rule": "is required", "rule_fr": "est obligatoire"}
            said = {"fr": "Un champ est faux.", "en": "A field is wrong."}
            return 422, {"code": "invalid_field", "message": said, "errors": [rule]}
    cursor = None if "cursor" in query else "next"
    seen = {**IDEA, "offer": {"title": {"fr": str(sorted(query.items())), "en": "Trip"}}}
    return 200, {"on": query.get("on", ["2020-07-14"])[0], "ideas": [seen], "next_cursor": cursor}
