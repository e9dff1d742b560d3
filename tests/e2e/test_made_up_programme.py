"""A card scheme that the tests made up (azur-2027) runs from order to debit, and no code knows of it."""

from pathlib import Path
from typing import Any

import pytest

from demo import people
from demo.acts.ordering import order, pay
from demo.api import Refused, Visitor
from devstack.stack import Stack
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import every_cent_has_arrived
from tests.e2e.world import Card, World, email_of

ROOT = Path(__file__).resolve().parents[2]
PROGRAMME = "azur-2027"
NAME = "Famille Azur"
NICE = ("3 quai Rauba-Capeu", "06000", "06088")
CLUB, MUSEUM = "Voiles de la Baie", "Musée du Galet"
SEA_CENTS, MUSEUMS_CENTS = 5_000, 4_000
PARTY = {"adults": 2, "children": 2}


def test_a_programme_that_no_code_knows_runs_from_order_to_debit(world: World, platform: Stack) -> None:
    world.at(2027, 3, 15, 9, 0)
    for name, category in ((CLUB, "water_sports"), (MUSEUM, "museums")):
        world.desk(name, **provider(category))
    card = order_and_pay(world)
    assert pots(world, card) == {"sea": SEA_CENTS, "museums": MUSEUMS_CENTS}

    world.at(2027, 5, 3, 10, 0)
    club, museum = world.device(CLUB), world.device(MUSEUM)
    assert redeem(world, club, CLUB, card, 1_000)["reduction_cents"] == 800
    assert redeem(world, museum, MUSEUM, card, 3_000)["pot_remaining_cents"] == 5_000
    assert pots(world, card) == {"sea": SEA_CENTS - 1_000, "museums": MUSEUMS_CENTS - 3_000}

    redeem(world, club, CLUB, card, 3_200)
    # Both pots together would be enough: the museums' pot pays no boat.
    with pytest.raises(Refused, match="pot_insufficient"):
        redeem(world, club, CLUB, card, 1_500)
    redeem(world, club, CLUB, card, 0)
    # Another price: the same scan within 20 s would be a second read, which is no use.
    with pytest.raises(Refused, match="usage_limit_reached"):
        redeem(world, club, CLUB, card, 0, gross_cents=4_500)
    redeem(world, museum, MUSEUM, card, 1_000)

    world.at(2027, 6, 1, 10, 0)
    redeem(world, club, CLUB, card, 800)
    assert pots(world, card) == {"sea": 0, "museums": 0}
    wait_until_quiet(platform)
    assert (world.payable_cents(CLUB), world.payable_cents(MUSEUM)) == (SEA_CENTS, MUSEUMS_CENTS)
    assert world.sales(CLUB, "2027-05-01", "2027-06-30")["redemptions"] == 4
    every_cent_has_arrived(platform)


def test_each_region_keeps_to_its_own_residents(world: World) -> None:
    world.at(2027, 3, 16, 9, 0)
    elsewhere = people.holder("Léo", "Faure", "1990-02-03", email_of("Léo"), people.TOULOUSE)
    with pytest.raises(Refused, match=r"residence_not_covered holder\.address\.insee"):
        order(world.stage, "Léo", world.partner, "azur", elsewhere, programme=PROGRAMME)


def test_no_line_of_code_names_the_programme() -> None:
    folders = ("contracts/contracts", "chassis/chassis", "services", "devstack/devstack", "sandbox/sandbox")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    assert [file.name for file in files if "azur" in file.read_text().lower()] == []


def order_and_pay(world: World) -> Card:
    """Four people from Nice pay 7 € without the bank ever telling us: the order asks again."""
    holder = people.holder("Mireille", "Blanc", "1986-03-04", email_of(NAME), NICE)
    members = [
        people.person("Paul", "Blanc", "1984-01-01"),
        people.person("Rose", "Blanc", "2015-05-05"),
        people.person("Luc", "Blanc", "2018-08-08"),
    ]
    placed = order(world.stage, NAME, world.partner, "azur", holder, members, PROGRAMME)
    assert (placed["amount_due_cents"], placed["checks_required"]) == (700, ["residence"])
    pay(world.stage, NAME, "never")
    return world.card_of(NAME)


def provider(category: str) -> dict[str, Any]:
    """What makes the demo's cave a provider in Nice with one offer for everybody who has the card."""
    site = {
        "name": "Port de Nice",
        "street": NICE[0],
        "postal_code": NICE[1],
        "insee": NICE[2],
        "latitude": 43.695,
        "longitude": 7.284,
        "booking_required": False,
        "opening": [{"from": "01-01", "to": "12-31"}],
    }
    offer = {
        "site": None,
        "programme": PROGRAMME,
        "title": {"fr": "20 % pour la famille", "en": "20% for the family"},
        "card_types": ["azur"],
        "audience": "household",
        "kind": "percent",
        "percent": 20,
        "price_cents": None,
        "base": "standard_price",
        "standard_price_cents": 1_000,
        "child_price_cents": None,
        "season": [],
        "pot_accepted": True,
        "minimum_gross_cents": None,
        "max_children": None,
    }
    return {
        "category": category,
        "programmes": [PROGRAMME],
        "quality_label": False,
        "criteria": [],
        "sites": [site],
        "offers": [offer],
    }


def redeem(
    world: World, device: Visitor, desk: str, card: Card, pay_cents: int, gross_cents: int = 4_000
) -> dict[str, Any]:
    """The family pays 40 € less 20 %, some of it from its pots."""
    offer_id = world.stage.cast.offers[desk][0]["id"]
    prices = {"gross_cents": gross_cents, "pay_cents": pay_cents}
    body = {"card": card.qr, "offer_id": offer_id, "party": PARTY, **prices}
    answer: dict[str, Any] = device.post("/v1/redemptions", body)
    assert not answer["already_counted"]
    return answer


def pots(world: World, card: Card) -> dict[str, int]:
    """What is left in each pot, by its code."""
    return {pot["code"]: pot["remaining_cents"] for pot in world.pot(card)["pots"]}
