"""What a party can afford, against a plain computation over random offers; pages; refused input."""

from datetime import UTC, date, datetime
from fractions import Fraction
from math import asin, cos, floor, radians, sin, sqrt
from random import Random
from typing import Any

import pytest

from chassis.clock import now
from contracts.refusals import Refusal
from offers import models
from offers.ideas.finding import find_ideas

SEED, CASES, PROVIDERS = 20, 200, 150
TOULOUSE = {"latitude": 43.6045, "longitude": 1.4442}
PROGRAMME = "occygene-2020"
ASKED: dict[str, Any] = {
    **TOULOUSE,
    "radius_km": 20.0,
    "budget_cents": 1800,
    "pot_cents": 0,
    "on": "2020-07-14",
    "programme": PROGRAMME,
    "card_type": None,
    "category": None,
    "adults": 1,
    "children_ages": [],
    "cursor": None,
    "limit": 100,
}
# Of the programme's file, written down again: adults and children one use covers, and who has a pot.
COVERED = {"youth": (1, 0), "family": (2, 3), "family_bonus": (2, 3)}
POT_UNTIL = date(2020, 11, 15)
SEASONS = [[], [{"from": "07-01", "to": "08-31"}], [{"from": "11-01", "to": "03-31"}]]
CATEGORIES = ["cultural_sites", "campsites", "leisure_sites"]


def a_site(rng: Random, provider_id: str, position: int) -> models.Site:
    return models.Site(
        id=f"site_{provider_id[4:]}{position}",
        provider_id=provider_id,
        position=position,
        name="Lieu",
        street="1 rue",
        postal_code="31000",
        insee="31555",
        commune="Toulouse",
        latitude=TOULOUSE["latitude"] + rng.uniform(-0.5, 0.5),
        longitude=TOULOUSE["longitude"] + rng.uniform(-0.7, 0.7),
        booking_required=False,
        opening=rng.choice(SEASONS),
    )


def an_offer(rng: Random, provider_id: str, number: int, site_ids: list[str]) -> models.Offer:
    audience, kind = (
        rng.choice(["holder", "children", "household"]),
        rng.choice(["percent", "fixed_price", "free"]),
    )
    child = rng.randrange(100, 2000) if audience == "children" or rng.random() < 0.5 else None
    return models.Offer(
        id=f"off_{number:026d}",
        provider_id=provider_id,
        version=1,
        state=rng.choice(["published", "published", "published", "withdrawn", "draft"]),
        programme=rng.choice([PROGRAMME, PROGRAMME, PROGRAMME, "passresot66"]),
        site_ids=rng.choice([[], [rng.choice(site_ids)]]),
        title={"fr": "Offre", "en": "Offer"},
        card_types=rng.sample(sorted(COVERED), rng.randint(1, 3)),
        audience=audience,
        kind=kind,
        percent=rng.randint(1, 100) if kind == "percent" else None,
        price_cents=rng.randrange(50, 1500) if kind == "fixed_price" else None,
        base=rng.choice(["standard_price", "standard_price", "student_rate"]),
        standard_price_cents=rng.randrange(300, 4000),
        child_price_cents=child,
        season=rng.choice(SEASONS),
        pot_accepted=rng.random() < 0.5,
        minimum_gross_cents=rng.choice([None, None, 1000, 3000]),
        max_children=rng.choice([None, 0, 1, 2, 3]),
        created_at=now(),
        published_at=now(),
    )


def a_provider(rng: Random, number: int) -> models.Provider:
    state = rng.choice(["accepted", "accepted", "accepted", "applied"])
    return models.Provider(
        id=f"prv_{number:026d}",
        name=f"Prestataire {number}",
        name_key=f"prestataire {number}",
        category=rng.choice(CATEGORIES),
        legal_id=f"{number:014d}",
        website=None,
        programmes=[PROGRAMME],
        quality_label=True,
        criteria=[],
        months_open=list(range(1, 13)),
        state=state,
        reason=None,
        applied_at=now(),
        decided_at=None if state == "applied" else now(),
        decided_by=None,
    )


@pytest.fixture
def world(desk: Any) -> list[tuple[Any, list[Any], Any]]:
    """Random providers with their sites and offers, kept: (provider, its sites, one of its offers)."""
    rng, rows = Random(SEED), []
    with desk.db.transaction() as session:
        for number in range(PROVIDERS):
            provider = a_provider(rng, number)
            sites = [a_site(rng, provider.id, position) for position in range(rng.randint(1, 3))]
            ids = [site.id for site in sites]
            offers = [an_offer(rng, provider.id, number * 10 + n, ids) for n in range(rng.randint(1, 4))]
            session.add(provider)
            session.flush()
            session.add_all(sites + offers)
            session.flush()
            rows += [(provider, sites, offer) for offer in offers]
        session.expunge_all()
    return rows


def find(desk: Any, **asked: Any) -> Any:
    with desk.db.transaction() as session:
        return find_ideas(session, desk.programmes, search=ASKED | asked)  # type: ignore[arg-type]


def is_open(season: list[dict[str, str]], day: str) -> bool:
    return not season or any(
        p["from"] <= day <= p["to"] if p["from"] <= p["to"] else day >= p["from"] or day <= p["to"]
        for p in season
    )


def metres(asked: dict[str, Any], site: Any) -> int:
    lat1, lat2 = radians(asked["latitude"]), radians(site.latitude)
    dlon = radians(site.longitude - asked["longitude"])
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** 2
    return round(2 * 6371008.8 * asin(sqrt(chord)))


def after_reduction(offer: Any, full: int, persons: int) -> int:
    """What is left of a price, exactly, a half cent off the reduction rounded up."""
    if offer.kind == "free":
        return 0
    if offer.kind == "fixed_price":
        return min(full, offer.price_cents * persons)
    return full - floor(Fraction(full * offer.percent, 100) + Fraction(1, 2))


def people(offer: Any, adults: int, children: int) -> int:
    if offer.audience == "household":
        return int(offer.standard_price_cents)
    child = offer.child_price_cents or offer.standard_price_cents
    return int(adults * offer.standard_price_cents + children * child)


def paid(offer: Any, asked: dict[str, Any], card_type: str) -> tuple[int, int, int, int] | None:
    """(gross, reduction, from the pot, due), told person by person."""
    adults, children = asked["adults"], len(asked["children_ages"])
    if offer.base == "student_rate" and (adults, children) != (1, 0):
        return None
    max_adults, max_children = COVERED[card_type]
    gross = people(offer, adults, children)
    if offer.audience == "holder":
        with_card = people(offer, 1, 0)
        reduction = with_card - after_reduction(offer, with_card, 1)
    elif offer.audience == "household":
        bound = max_children if offer.max_children is None else min(max_children, offer.max_children)
        if adults > max_adults or children > bound:
            return None
        with_card = gross
        reduction = gross - after_reduction(offer, gross, adults + children)
    else:
        with_card = people(offer, min(adults, max_adults), min(children, max_children))
        bound = max_children if offer.max_children is None else min(max_children, offer.max_children)
        saved = offer.child_price_cents - after_reduction(offer, offer.child_price_cents, 1)
        reduction = min(children, bound) * saved
    if with_card < (offer.minimum_gross_cents or 0):
        return None
    has_pot = card_type == "family_bonus" and date.fromisoformat(asked["on"]) <= POT_UNTIL
    pot = min(asked["pot_cents"], with_card - reduction) if has_pot and offer.pot_accepted else 0
    return gross, reduction, pot, gross - reduction - pot


def expected(world: list[Any], asked: dict[str, Any]) -> list[Any]:
    found = []
    for provider, sites, offer in world:
        if provider.state != "accepted" or offer.state != "published" or offer.programme != PROGRAMME:
            continue
        if asked["category"] not in (None, provider.category) or not is_open(offer.season, asked["on"][5:]):
            continue
        here = [site for site in sites if site.id in (offer.site_ids or [site.id])]
        away = [metres(asked, site) for site in here if is_open(site.opening, asked["on"][5:])]
        near = [distance for distance in away if distance <= asked["radius_km"] * 1000]
        types = [code for code in offer.card_types if asked["card_type"] in (None, code)]
        prices = [price for code in types if (price := paid(offer, asked, code))]
        if near and prices:
            cheapest = min(prices, key=lambda price: price[3])
            if cheapest[3] <= asked["budget_cents"]:
                found.append((min(near), offer.id, *cheapest))
    return sorted(found)


def told(page: Any) -> list[Any]:
    amounts = ("gross_cents", "reduction_cents", "paid_from_pot_cents", "due_cents")
    return [
        (round(idea["distance_km"] * 1000), idea["offer"]["id"], *(idea[name] for name in amounts))
        for idea in page["ideas"]
    ]


def a_question(rng: Random) -> dict[str, Any]:
    return ASKED | {
        "latitude": TOULOUSE["latitude"] + rng.uniform(-0.3, 0.3),
        "longitude": TOULOUSE["longitude"] + rng.uniform(-0.3, 0.3),
        "radius_km": rng.choice([8.0, 20.0, 33.3, 80.0]),
        "budget_cents": rng.choice([0, 1800, 3000, 10_000]),
        "pot_cents": rng.choice([0, 700, 5000]),
        "on": rng.choice(["2020-07-14", "2020-11-15", "2020-11-16", "2021-02-28", "2021-06-30"]),
        "card_type": rng.choice([None, *sorted(COVERED)]),
        "category": rng.choice([None, None, *CATEGORIES]),
        "adults": rng.randint(1, 3),
        "children_ages": [rng.randint(0, 17) for _ in range(rng.choice([0, 0, 1, 2, 4]))],
    }


def test_two_hundred_random_questions_are_answered_as_a_plain_computation_does(
    desk: Any, world: list[Any]
) -> None:
    rng, ideas, with_pot, at_most = Random(SEED + 1), 0, 0, 0
    for case in range(CASES):
        asked = a_question(rng)
        page = find(desk, **asked)
        assert page["next_cursor"] is None
        assert told(page) == expected(world, asked), (case, asked)
        ideas += len(page["ideas"])
        with_pot += sum(idea["paid_from_pot_cents"] > 0 for idea in page["ideas"])
        at_most += sum(idea["price_is"] == "at_most" for idea in page["ideas"])
    # Equal because nothing was ever found would prove nothing.
    assert ideas > CASES
    assert with_pot > 20
    assert at_most > 5


@pytest.mark.parametrize("budget_cents", [300, 10_000])
def test_pages_join_to_the_whole_answer(desk: Any, world: list[Any], budget_cents: int) -> None:
    asked = {"radius_km": 80.0, "budget_cents": budget_cents}
    whole, pages, cursor = find(desk, **asked), [], None
    while True:
        page = find(desk, **asked, limit=2, cursor=cursor)
        pages += page["ideas"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole["ideas"]
    assert len(pages) > 2


def test_without_a_day_today_is_meant_and_a_day_outside_the_programme_is_refused(
    desk: Any, clock: Any
) -> None:
    clock.set(datetime(2020, 8, 1, 22, 30, tzinfo=UTC))
    assert find(desk, on=None)["on"] == "2020-08-02"
    clock.set(datetime(2021, 7, 1, 12, tzinfo=UTC))
    with pytest.raises(Refusal) as refused:
        find(desk, on=None)
    assert refused.value.code == "invalid_field"
    assert find(desk, on="2021-06-30")["on"] == "2021-06-30"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"latitude": 91.0}, "invalid_field", "near"),
        ({"longitude": float("nan")}, "invalid_field", "near"),
        ({"radius_km": 1001.0}, "invalid_field", "radius_km"),
        ({"budget_cents": -1}, "invalid_field", "budget_cents"),
        ({"pot_cents": 1.5}, "invalid_field", "pot_cents"),
        ({"on": "2020-02-30"}, "invalid_field", "on"),
        ({"on": "2021-07-01"}, "invalid_field", "on"),
        ({"programme": "none-such"}, "programme_unknown", "programme"),
        ({"card_type": "none_such"}, "card_type_unknown", "card_type"),
        ({"adults": 0}, "invalid_field", "adults"),
        ({"children_ages": [4, 18]}, "invalid_field", "children_ages.1"),
        ({"children_ages": [1] * 21}, "invalid_field", "children_ages"),
        ({"cursor": "12.prv_" + "0" * 26}, "invalid_field", "cursor"),
        ({"limit": 101}, "invalid_field", "limit"),
    ],
)
def test_a_wrong_field_is_named(desk: Any, change: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refusal) as refused:
        find(desk, **change)
    assert refused.value.code == code
    assert refused.value.field == field
