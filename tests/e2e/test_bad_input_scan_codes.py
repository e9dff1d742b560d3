"""Every "no" of a scan, through the gateway: each code of the design, by a quote and by a redemption."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from demo.acts.checking import wait_for_card
from demo.acts.ordering import order, pay
from demo.acts.vouchers import read_voucher
from demo.api import Refused, Visitor
from devstack.stack import Stack
from tests.e2e.conformance.building import accept, enrol
from tests.e2e.conformance.crowd import MOMENT, Crowd, scan_body
from tests.e2e.conformance.ids import unknown_id
from tests.e2e.conformance.people import azurean
from tests.e2e.quiet import rows

Body = dict[str, Any]
UNKNOWN_CARDS_MAX = 10
AFTER_THE_POT = (2020, 11, 16, 9, 0)
AFTER_THE_CARD = (2021, 7, 1, 9, 0)
BEFORE_THE_CARD = (2027, 3, 15, 9, 0)


@pytest.fixture(scope="module")
def desk(crowd: Crowd) -> Visitor:
    """A device that has guessed nothing yet."""
    return crowd.api.client("desk", enrol(crowd, crowd.mine))


def family(crowd: Crowd, **other: Any) -> Body:
    """The family with the pot at an offer for families."""
    adults, children = other.pop("party", (1, 1))
    card = other.pop("card", crowd.voucher("Bonus")["qr"])
    offer = crowd.offers[other.pop("offer", "families")]
    return {**scan_body(card, offer, adults, children), **other}


def youth(crowd: Crowd, name: str = "Other", **other: Any) -> Body:
    """A young person at an offer for the young."""
    return scan_body(crowd.voucher(name)["qr"], crowd.offers["young"], 1, 0, **other)


# In the order in which time goes on.
SCANS: list[tuple[str, tuple[int, ...], Callable[[Crowd], Body]]] = [
    ("unknown_card", MOMENT, lambda crowd: family(crowd, card="OCY1:" + "A" * 26)),
    ("not_a_card_code", MOMENT, lambda crowd: family(crowd, card="3017620422003")),
    ("card_revoked", MOMENT, lambda crowd: youth(crowd, "Lost")),
    (
        "offer_unknown",
        MOMENT,
        lambda crowd: {**family(crowd), "offer_id": unknown_id("offer_id")},
    ),
    ("offer_not_open", MOMENT, lambda crowd: family(crowd, offer="winter")),
    ("wrong_provider", MOMENT, lambda crowd: family(crowd, offer="other_families")),
    ("card_type_not_covered", MOMENT, lambda crowd: family(crowd, offer="young")),
    ("party_not_covered", MOMENT, lambda crowd: family(crowd, party=(2, 1))),
    ("minimum_not_reached", MOMENT, lambda crowd: family(crowd, gross_cents=2999)),
    ("pot_not_accepted", MOMENT, lambda crowd: youth(crowd, pay_cents=1)),
    ("pot_insufficient", MOMENT, lambda crowd: family(crowd, gross_cents=90_000, pay_cents=50_000)),
    (
        "card_code_required",
        MOMENT,
        lambda crowd: family(crowd, card=crowd.voucher("Bonus")["number"], pay_cents=1),
    ),
    ("pot_closed", AFTER_THE_POT, lambda crowd: family(crowd, pay_cents=1)),
    ("card_expired", AFTER_THE_CARD, family),
    ("card_not_yet_valid", BEFORE_THE_CARD, lambda crowd: family(crowd, card=_card_of_next_season(crowd))),
]
OF_THE_DESIGN = {
    *(
        "unknown_card",
        "not_a_card_code",
        "card_not_yet_valid",
        "card_expired",
        "card_revoked",
        "offer_unknown",
        "offer_not_open",
    ),
    *("wrong_provider", "card_type_not_covered", "party_not_covered", "minimum_not_reached"),
    *("usage_limit_reached", "pot_not_accepted", "pot_closed", "pot_insufficient", "card_code_required"),
    *("idempotency_key_reused", "too_many_attempts"),
}
# What takes more than one scan has a test of its own.
OF_THEIR_OWN = {"idempotency_key_reused", "usage_limit_reached", "too_many_attempts"}


def test_a_key_that_comes_back_with_another_request_is_told(crowd: Crowd, desk: Visitor) -> None:
    key = uuid4().hex
    first = desk.post("/v1/redemptions", family(crowd, gross_cents=4000), key=key)
    with pytest.raises(Refused, match="idempotency_key_reused"):
        desk.post("/v1/redemptions", family(crowd, gross_cents=4100), key=key)
    assert desk.post("/v1/redemptions", family(crowd, gross_cents=4000), key=key) == first


def test_a_pass_is_used_once_a_year(crowd: Crowd, desk: Visitor) -> None:
    visit = scan_body(crowd.voucher("Staff")["qr"], crowd.offers["staff"], 1, 0)
    desk.post("/v1/redemptions", visit)
    assert codes(desk, {**visit, "gross_cents": 4000}) == {"usage_limit_reached"}


def test_who_guesses_cards_must_wait(crowd: Crowd) -> None:
    guesser = crowd.callers["guesser"]
    guess = family(crowd, card="0000 0000 0000 0000")
    found = [code_of(guesser, "/v1/quotes", guess) for _ in range(UNKNOWN_CARDS_MAX)]
    assert found == ["unknown_card"] * UNKNOWN_CARDS_MAX
    # A real card's number is not looked at either: the answer must not tell that one guess was right.
    typed = family(crowd, card=crowd.voucher("Bonus")["number"])
    assert codes(guesser, typed) == {"too_many_attempts"}
    assert guesser.post("/v1/quotes", family(crowd))["holder"], "a QR code is no guess: the family goes on"


@pytest.mark.parametrize(("code", "moment", "scan"), SCANS, ids=[code for code, *_ in SCANS])
def test_a_scan_is_refused_with(
    code: str, moment: tuple[int, ...], scan: Callable[[Crowd], Body], crowd: Crowd, desk: Visitor
) -> None:
    crowd.stage.move_to(*moment)
    assert codes(desk, scan(crowd)) == {code}


def test_a_device_cannot_undo_what_was_long_ago(crowd: Crowd) -> None:
    with pytest.raises(Refused, match="cancellation_too_late"):
        crowd.callers["device"].post(f"/v1/redemptions/{crowd.mine['redemption_id']}/cancellation")


def test_every_code_of_the_design_was_met_and_every_refusal_is_remembered(platform: Stack) -> None:
    met = {code for code, *_ in SCANS} | OF_THEIR_OWN
    assert met == OF_THE_DESIGN
    kept = {str(row[0]) for row in rows(platform, "cards", text("SELECT DISTINCT reason FROM refused_scans"))}
    assert met <= kept


def codes(device: Visitor, body: Body) -> set[str]:
    """How a quote and a redemption of the same scan are refused."""
    return {code_of(device, path, body) for path in ("/v1/quotes", "/v1/redemptions")}


def code_of(device: Visitor, path: str, body: Body) -> str:
    """The refusal's code; raises AssertionError when it was none."""
    with pytest.raises(Refused) as refused:
        device.post(path, body)
    assert refused.value.problem["message"]["fr"] != refused.value.problem["message"]["en"]
    return refused.value.code


def _card_of_next_season(crowd: Crowd) -> str:
    """Ordered, paid and checked a month before it is valid."""
    name, stage = "Azur", crowd.stage
    order(stage, name, crowd.callers["partner"], "azur", azurean("Alba"), programme="azur-2027")
    pay(stage, name, "once")
    accept(crowd, name, "officer")
    wait_for_card(stage, name)
    return read_voucher(stage, name, crowd.order(name)["email"])["qr"]
