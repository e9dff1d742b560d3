"""Many devices at once: a pot is spent to its last cent and no further, and one key counts once."""

from collections import Counter
from uuid import uuid4

import pytest

from devstack.stack import Stack
from tests.e2e.persisting import all_at_once, redeem_surely
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import every_cent_has_arrived
from tests.e2e.world import BONUS_GROSS_CENTS, BONUS_POT_CENTS, World

DESK = "Jardin suspendu"
DEVICES = 4
CLIENTS = 32
COVERED = 10
PAY_CENTS = BONUS_POT_CENTS // COVERED


@pytest.fixture(scope="module", autouse=True)
def desk(world: World) -> None:
    """A desk with four phones, on a Saturday."""
    world.at(2020, 7, 18, 14, 0)
    world.desk(DESK)


def test_of_32_scans_at_once_a_pot_for_ten_pays_exactly_ten(world: World, platform: Stack) -> None:
    card = world.bonus_card("Famille pressée")
    devices = [world.device(DESK) for _ in range(DEVICES)]
    # Another price each time: the same scan on the same phone would be a second read.
    bodies = [
        world.bonus_scan(DESK, card, PAY_CENTS, gross_cents=BONUS_GROSS_CENTS + number)
        for number in range(CLIENTS)
    ]

    answers = all_at_once(
        lambda number: redeem_surely(devices[number % DEVICES], bodies[number], uuid4().hex), range(CLIENTS)
    )

    codes = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert codes == {(201, None): COVERED, (409, "pot_insufficient"): CLIENTS - COVERED}
    assert world.pot(card)["remaining_cents"] == 0
    wait_until_quiet(platform)
    assert world.payable_cents(DESK) == BONUS_POT_CENTS
    assert world.sales(DESK)["redemptions"] == COVERED
    every_cent_has_arrived(platform)


def test_32_posts_of_one_key_are_one_redemption_and_32_equal_answers(world: World, platform: Stack) -> None:
    card = world.bonus_card("Famille répétée")
    device = world.device(DESK)
    body, key = world.bonus_scan(DESK, card, PAY_CENTS), uuid4().hex
    sold_before = world.sales(DESK)["redemptions"]

    answers = all_at_once(lambda _: redeem_surely(device, body, key), range(CLIENTS))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert [one["id"] for one in world.redemptions(card)] == [answers[0].json()["id"]]
    assert world.pot(card)["remaining_cents"] == BONUS_POT_CENTS - PAY_CENTS
    wait_until_quiet(platform)
    assert world.sales(DESK)["redemptions"] == sold_before + 1
