"""A person's limit is the person's, through the gateway, whichever of their passes is scanned."""

import pytest

from demo import people
from demo.acts.checking import wait_for_card
from demo.acts.opening import take_in
from demo.acts.ordering import order
from demo.acts.scanning import scan_body
from demo.api import Refused
from demo.stage import eventually
from tests.e2e.conformance.providers import STAFF, provider_body
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.world import World, email_of

DESK, PASS = "Musée de la mer", "passresot66"


def staff_pass(world: World, name: str, given_name: str) -> str:
    """The QR text of a pass of somebody on the office's staff, ordered, checked and made."""
    employee = people.holder(
        given_name,
        "Sanchez-Puig",
        "1990-01-31",
        email_of(name),
        people.PERPIGNAN,
        organisation="OT de Collioure",
    )
    order(world.stage, name, world.partner, "staff", employee, programme=PASS)
    for check in eventually(lambda: world.whole_order(name)["checks"], f"{name}'s checks"):
        world.officer.post(f"/v1/checks/{check['id']}/decision", {"outcome": "accepted"})
    return world.voucher_of(name, wait_for_card(world.stage, name)).qr


def test_once_per_site_a_year_holds_across_two_passes_ordered_on_one_day(world: World) -> None:
    world.at(2020, 9, 1, 10, 0)
    take_in(world.stage, {**provider_body(DESK), "offers": [{**STAFF, "site": None}]})
    wait_until_quiet(world.platform)
    # The same person, however the name is spelt; a colleague of the same family name is another.
    first, second = staff_pass(world, "Passe un", "Zoé"), staff_pass(world, "Passe deux", "ZOE")
    colleague = staff_pass(world, "Passe trois", "Chloé")
    device = world.device(DESK)

    def enter(qr: str) -> int:
        answer = device.post("/v1/redemptions", scan_body(world.stage, DESK, qr, "staff", 1, 0))
        due_cents: int = answer["due_cents"]
        return due_cents

    assert enter(first) == 0
    with pytest.raises(Refused, match="usage_limit_reached"):
        enter(second)
    assert enter(colleague) == 0
    world.at(2021, 1, 2, 10, 0)
    assert enter(second) == 0
    with pytest.raises(Refused, match="usage_limit_reached"):
        enter(first)
