"""Paying at the bank: notified once, twice, late or never, refused and paid again, and given back."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from demo import people
from demo.acts.checking import wait_for_card
from demo.acts.ordering import order, pay
from demo.api import Refused
from demo.stage import eventually
from devstack.host.ports import wait_until
from devstack.stack import Stack
from tests.e2e.quiet import rows, wait_until_quiet
from tests.e2e.story_checks import mails_about
from tests.e2e.world import World, email_of

PRICE_CENTS = 1_500
# The bank's own default for `late`, and some more for a busy machine.
LATE_TIMEOUT_S = 20.0
NOTIFIED = {"once": 1, "twice": 2, "late": 1, "never": 0}

BOOKED = text(
    "SELECT payment.state, transfer.kind, transfer.amount_cents FROM payments AS payment "
    "JOIN transfers AS transfer ON transfer.source_id = payment.id WHERE payment.order_id = :order_id"
)
HEARD = text(
    "SELECT count(*) FROM outbox WHERE name = 'payment_received' AND payload->>'order_id' = :order_id"
)


@pytest.fixture(scope="module", autouse=True)
def day(world: World) -> None:
    """A Monday at the phone desk."""
    world.at(2020, 7, 20, 9, 0)


@pytest.mark.parametrize("notification", NOTIFIED)
def test_a_payment_counts_once_however_the_bank_tells_of_it(
    world: World, platform: Stack, notification: str
) -> None:
    name = f"Payeur {notification}"
    placed = place_family_order(world, name)
    pay(world.stage, name, notification)
    payment = world.whole_order(name)["payment"]
    assert (payment["state"], payment["amount_cents"]) == ("paid", PRICE_CENTS)

    session_id = bank_session(platform, payment["id"])
    assert wait_until(
        lambda: notifications(platform, session_id) == NOTIFIED[notification], LATE_TIMEOUT_S, 0.1
    ), "the bank has told as often as it was asked to"
    wait_until_quiet(platform)

    assert rows(platform, "wallet", BOOKED, order_id=placed["id"]) == [("paid", "payment", PRICE_CENTS)]
    assert rows(platform, "wallet", HEARD, order_id=placed["id"]) == [(1,)]
    assert world.whole_order(name)["payment"] == payment
    with pytest.raises(Refused, match="order_not_payable"):
        start(world, name)
    world.accept(name)
    assert wait_for_card(world.stage, name)


def test_what_the_bank_refused_may_be_paid_again(world: World, platform: Stack) -> None:
    name = "Payeur à découvert"
    placed = place_family_order(world, name)
    refused = start(world, name)
    choose(refused, "refuse")
    eventually(lambda: world.whole_order(name)["payment"]["state"] == "refused", "the refusal")

    again = start(world, name)
    assert again["id"] != refused["id"]
    assert again["redirect_url"] != refused["redirect_url"]
    pay(world.stage, name, "once")

    assert world.whole_order(name)["payment"]["id"] == again["id"]
    wait_until_quiet(platform)
    assert rows(platform, "wallet", BOOKED, order_id=placed["id"]) == [("paid", "payment", PRICE_CENTS)]


def test_starting_a_payment_again_leads_to_the_same_page(world: World) -> None:
    name = "Payeur distrait"
    place_family_order(world, name)
    assert start(world, name) == start(world, name)


def test_a_refused_application_gets_its_payment_back(world: World, platform: Stack) -> None:
    name = "Payeur refusé"
    placed = place_family_order(world, name)
    pay(world.stage, name, "once")
    payment_id = world.whole_order(name)["payment"]["id"]
    session_id = bank_session(platform, payment_id)

    refuse_residence(world, name)

    eventually(lambda: world.whole_order(name)["payment"]["state"] == "refunded", "the refund")
    assert world.whole_order(name)["state"] == "refused"
    refunds = at_bank(platform, f"/api/sessions/{session_id}/refunds")["refunds"]
    assert [(one["amount_cents"], one["status"]) for one in refunds] == [(PRICE_CENTS, "done")]
    assert len(mails_about(platform, placed["email"], "Votre demande", 1)) == 1


def test_what_is_paid_after_the_refusal_is_given_back_too(world: World, platform: Stack) -> None:
    name = "Payeur tardif"
    place_family_order(world, name)
    payment = start(world, name)
    session_id = bank_session(platform, payment["id"])
    refuse_residence(world, name)
    eventually(lambda: world.whole_order(name)["state"] == "refused", "the refusal")
    wait_until_quiet(platform)

    choose(payment, "pay")

    eventually(lambda: world.whole_order(name)["payment"]["state"] == "refunded", "the refund")
    refunds = at_bank(platform, f"/api/sessions/{session_id}/refunds")["refunds"]
    assert [one["amount_cents"] for one in refunds] == [PRICE_CENTS]
    assert world.whole_order(name)["card_id"] is None


def place_family_order(world: World, name: str) -> dict[str, Any]:
    """A family card for 15 €, and where its mails go."""
    holder = {**people.GARCIA, "email": email_of(name)}
    placed = order(world.stage, name, world.partner, "family", holder, people.GARCIA_MEMBERS)
    assert placed["amount_due_cents"] == PRICE_CENTS
    return world.stage.cast.orders[name]


def start(world: World, name: str) -> dict[str, Any]:
    """Start the order's payment, or go on with it."""
    started: dict[str, Any] = world.owner(name).post(
        f"/v1/orders/{world.stage.cast.orders[name]['id']}/payment"
    )
    return started


def choose(payment: dict[str, Any], choice: str) -> None:
    """Pay or refuse on the bank's page; the bank tells once."""
    answer = httpx.post(payment["redirect_url"], data={"choice": choice, "notification": "once"})
    assert answer.status_code == 303


def refuse_residence(world: World, name: str) -> None:
    """The officer finds that the family lives elsewhere."""
    checks = eventually(lambda: world.whole_order(name)["checks"], "the checks")
    residence = next(check for check in checks if check["kind"] == "residence")
    decision = {"outcome": "refused", "reason_code": "not_resident"}
    world.officer.post(f"/v1/checks/{residence['id']}/decision", decision)


def bank_session(platform: Stack, payment_id: str) -> str:
    """The bank's own id of a payment, which no call of ours shows."""
    query = text("SELECT bank_session_id FROM payments WHERE id = :payment_id")
    ((session_id,),) = rows(platform, "wallet", query, payment_id=payment_id)
    return str(session_id)


def notifications(platform: Stack, session_id: str) -> int:
    """How many notifications of a session the gateway has answered, by the bank's own log."""
    lines = (platform.folder / "logs" / "bank.log").read_text().splitlines()
    return sum(f"session={session_id} " in line and line.endswith("answered") for line in lines)


def at_bank(platform: Stack, path: str) -> Any:
    """Ask the bank as its merchant does."""
    key = platform.wiring.secrets.bank_api_key
    return httpx.get(f"{platform.bank_url}{path}", headers={"Authorization": f"Bearer {key}"}).json()
