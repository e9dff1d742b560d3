"""The other parent orders for the same five people: a second 300 € comes only once an officer says why."""

from typing import Any

import pytest

from demo import people
from demo.acts.checking import wait_for_card
from demo.acts.ordering import order
from demo.api import Refused
from demo.stage import eventually
from devstack.stack import Stack
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import every_cent_has_arrived
from tests.e2e.world import World, email_of

POT_CENTS = 30_000
AUCH = ("12 place de la Libération", "32000", "32013")
BORN = {"birth_place": {"country": "99100", "insee": "32013"}}
# The CAF of the sandbox knows both, as one family with a quotient of 560.
PIERRE = ("Pierre", "Castéra", "1987-06-27")
JUSTINE = ("Justine", "Castéra", "1989-05-19")
CHILDREN = [
    people.person(name, "Castéra", f"201{year}-03-02") for year, name in enumerate(("Léa", "Tom", "Zoé"))
]
FIRST, SECOND = "Foyer de Pierre", "Foyer de Justine"


@pytest.fixture(scope="module", autouse=True)
def _both_ordered(world: World) -> None:
    world.at(2020, 8, 10, 10, 0)
    pierre = people.holder(*PIERRE, email_of(FIRST), AUCH, sex="M", **BORN)
    justine = people.holder(*JUSTINE, email_of(SECOND), AUCH, sex="F", birth_name="Lagarde", **BORN)
    for name, holder, other in ((FIRST, pierre, JUSTINE), (SECOND, justine, PIERRE)):
        order(world.stage, name, world.partner, "family_bonus", holder, [people.person(*other), *CHILDREN])


def accept_first_checks(world: World, name: str) -> None:
    """Residence and identity by the officer, the quotient by the service."""
    for check in eventually(lambda: world.whole_order(name)["checks"], f"{name}'s checks"):
        if check["waiting_for"] == "officer":
            world.officer.post(f"/v1/checks/{check['id']}/decision", {"outcome": "accepted"})


def second_pot(world: World) -> dict[str, Any] | None:
    checks = world.whole_order(SECOND)["checks"]
    return next((check for check in checks if check["kind"] == "second_pot"), None)


def test_the_other_parents_order_waits_until_an_officer_says_why(world: World, platform: Stack) -> None:
    accept_first_checks(world, FIRST)
    wait_for_card(world.stage, FIRST)
    accept_first_checks(world, SECOND)
    check = eventually(lambda: second_pot(world), "the check of a second pot")
    assert (check["state"], check["waiting_for"], check["reason_code"]) == (
        "pending",
        "officer",
        "household_has_pot",
    )
    wait_until_quiet(platform)
    assert (world.whole_order(SECOND)["state"], world.whole_order(SECOND)["card_id"]) == ("placed", None)

    shown = _in_the_queue(world, check["id"])
    first_order = world.stage.cast.orders[FIRST]["id"]
    assert [(one["person"], one["as"]) for one in shown["also_in"]] == [
        ("holder", "member"),
        ("members.0", "holder"),
        *((f"members.{index}", "member") for index in (1, 2, 3)),
    ]
    assert {(one["order_id"], one["order_state"]) for one in shown["also_in"]} == {(first_order, "approved")}

    path = f"/v1/checks/{check['id']}/decision"
    with pytest.raises(Refused) as refused:
        world.officer.post(path, {"outcome": "accepted"})
    assert (refused.value.status, refused.value.code, refused.value.field) == (422, "invalid_field", "note")
    assert "deuxième cagnotte" in refused.value.problem["message"]["fr"]
    assert "second pot" in refused.value.problem["message"]["en"]

    world.officer.post(path, {"outcome": "accepted", "note": "Parents séparés, garde alternée"})
    wait_for_card(world.stage, SECOND)
    wait_until_quiet(platform)
    for name in (FIRST, SECOND):
        card_id = world.stage.cast.orders[name]["card_id"]
        (pot,) = world.officer.get(f"/v1/cards/{card_id}/pot")["pots"]
        assert pot["remaining_cents"] == POT_CENTS
    every_cent_has_arrived(platform)


def _in_the_queue(world: World, check_id: str) -> dict[str, Any]:
    cursor = None
    while True:
        page = world.officer.get("/v1/checks", state="pending", limit=100, cursor=cursor)
        found: list[dict[str, Any]] = [check for check in page["checks"] if check["id"] == check_id]
        if found:
            return found[0]
        cursor = page["next_cursor"]
        assert cursor, "the check is in the queue"
