"""That wasn't me, through the gateway: the pot waits, the card goes on, an officer decides."""

from typing import Any

import pytest

from demo.acts.vouchers import sign_in
from demo.api import Refused, Visitor
from devstack.stack import Stack
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import every_cent_has_arrived
from tests.e2e.world import World

DESK = "Base de la contestation"


@pytest.fixture(scope="module", autouse=True)
def desk(world: World) -> None:
    """A desk on a summer's afternoon."""
    world.at(2020, 8, 14, 15, 0)
    world.desk(DESK)


def refused_code(device: Visitor, body: Any) -> str:
    with pytest.raises(Refused) as refused:
        device.post("/v1/redemptions", body)
    return refused.value.code


def test_a_family_disputes_a_visit_and_gets_its_money_back(world: World, platform: Stack) -> None:
    family = "Famille photographiée"
    card, device = world.bonus_card(family), world.device(DESK)
    credited = world.pot(card)["remaining_cents"]
    visit = device.post("/v1/redemptions", world.bonus_scan(DESK, card, 1_000))
    sign_in(world.stage, family)
    holder = world.stage.cast.holders[family]

    dispute = holder.post(f"/v1/me/visits/{visit['id']}/dispute", {"note": "Nous étions à Foix."})
    (pot,) = holder.get(f"/v1/cards/{card.id}/pot")["pots"]
    assert (dispute["state"], dispute["locked_pot_ids"], pot["locked"]) == ("open", [pot["id"]], True)
    assert refused_code(device, world.bonus_scan(DESK, card, 500)) == "pot_locked"
    without = device.post("/v1/redemptions", world.bonus_scan(DESK, card, 0))
    assert (without["paid_from_pot_cents"], without["reduction_cents"] > 0) == (0, True)

    waiting = world.officer.get("/v1/disputes", state="open")["disputes"]
    (mine,) = [one for one in waiting if one["id"] == dispute["id"]]
    assert (mine["note"], mine["visit"]["id"]) == ("Nous étions à Foix.", visit["id"])
    assert mine["visit"]["paid_from_pot_cents"] == 1_000
    decided = world.officer.post(f"/v1/disputes/{dispute['id']}/decision", {"outcome": "upheld"})
    assert (decided["state"], decided["locked_pot_ids"]) == ("upheld", [])

    wait_until_quiet(platform)
    assert world.pot(card)["remaining_cents"] == credited
    listed = {one["id"]: one for one in holder.get("/v1/me/visits")["redemptions"]}
    assert listed[visit["id"]]["cancelled_at"] == decided["redemption_cancelled_at"] is not None
    paid = device.post("/v1/redemptions", world.bonus_scan(DESK, card, 500))
    assert paid["pot_remaining_cents"] == credited - 500
    every_cent_has_arrived(platform)
