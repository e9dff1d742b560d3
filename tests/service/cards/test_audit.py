"""Each call that changes a card, an order or cents leaves an entry: who, what, to which."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cards import reissuing, revoking
from cards.pots import closing
from chassis.ids import new_id
from contracts.refusals import Refusal
from tests.audited import changing_calls, entries_of, everything_audited

Acts = list[tuple[str, str, str]]


def place_order(stage: Any) -> tuple[Acts, Acts]:
    placed, left = entries_of(stage.db, stage.order)
    return left, [("par_1", "order_placed", placed["id"])]


def revoke_card(stage: Any) -> tuple[Acts, Acts]:
    card, officer = stage.card(), stage.caller("officer")
    _, left = entries_of(stage.db, lambda: revoke(stage, officer, card.id))
    return left, [("stf_officer", "card_revoked", card.id)]


def reissue_card(stage: Any) -> tuple[Acts, Acts]:
    card, officer = stage.card(), stage.caller("officer")
    revoke(stage, officer, card.id)

    def act() -> Any:
        with stage.db.transaction() as session:
            return reissuing.reissue_card(
                session, officer, stage.programmes, stage.keys, idempotency_key=new_id("key"), card_id=card.id
            )

    new, left = entries_of(stage.db, act)
    return left, [("stf_officer", "card_validated", new["id"])]


def redeem(stage: Any) -> tuple[Acts, Acts]:
    card, offer_id, device = stage.card(), stage.publish(), stage.device()
    done, left = entries_of(stage.db, lambda: stage.redeem(stage.scan(card, offer_id), device=device))
    return left, [(device.subject, "redemption_recorded", done["id"])]


def cancel_redemption(stage: Any) -> tuple[Acts, Acts]:
    done, device = stage.redeem(stage.scan(stage.card(), stage.publish())), stage.device()
    _, left = entries_of(stage.db, lambda: stage.cancel(done["id"], device))
    return left, [(device.subject, "redemption_cancelled", done["id"])]


def dispute_visit(stage: Any) -> tuple[Acts, Acts]:
    card = stage.card()
    done = stage.redeem(stage.scan(card, stage.publish()))
    dispute, left = entries_of(stage.db, lambda: stage.dispute(card, done["id"]))
    return left, [(card.account_id, "visit_disputed", dispute["id"])]


def decide_dispute(stage: Any) -> tuple[Acts, Acts]:
    card = stage.card()
    done = stage.redeem(stage.scan(card, stage.publish()))
    dispute = stage.dispute(card, done["id"])
    _, left = entries_of(stage.db, lambda: stage.decide(dispute["id"], "upheld"))
    return left, [
        ("stf_officer", "redemption_cancelled", done["id"]),
        ("stf_officer", "dispute_decided", dispute["id"]),
    ]


CALLS = {
    act.__name__: act
    for act in (
        *(place_order, revoke_card, reissue_card, redeem, cancel_redemption),
        *(dispute_visit, decide_dispute),
    )
}


def revoke(stage: Any, caller: Any, card_id: str, reason: Any = "lost", key: str | None = None) -> Any:
    with stage.db.transaction() as session:
        return revoking.revoke_card(
            session,
            caller,
            stage.programmes,
            idempotency_key=key or new_id("key"),
            card_id=card_id,
            reason=reason,
        )


@pytest.mark.parametrize("name", sorted(changing_calls("cards")))
def test_a_call_that_changes_something_says_who_did_what_to_which(stage: Any, name: str) -> None:
    left, expected = CALLS[name](stage)
    assert left == expected


def test_an_event_is_its_origins_act(stage: Any) -> None:
    order = stage.order()
    _, left = entries_of(stage.db, lambda: stage.approve(order["id"]))
    assert [entry[:2] for entry in left] == [
        ("service:identity", "order_approved"),
        ("service:identity", "card_validated"),
    ]
    card = stage.printed(order_id=order["id"])
    event, left = entries_of(stage.db, lambda: stage.credit(card, 7_000))
    assert left == [("service:wallet", "allowance_raised", event.pot_id)]


def test_a_pot_is_closed_by_the_platform_after_a_fraud_and_after_its_last_day(stage: Any) -> None:
    card, other = stage.card(), stage.card(stage.request())
    pot, others_pot = stage.credit(card, 7_000).pot_id, stage.credit(other, 7_000).pot_id
    officer = stage.caller("officer")
    _, left = entries_of(stage.db, lambda: revoke(stage, officer, card.id, "fraud"))
    assert left == [("stf_officer", "card_revoked", card.id)]
    stage.at(datetime(2020, 7, 11, 8, tzinfo=UTC))
    _, left = entries_of(
        stage.db, lambda: closing.close_pots(stage.db.transaction, stage.programmes.values())
    )
    assert left == [("service:cards", "allowance_released", pot)]
    stage.at(datetime(2020, 11, 16, 8, tzinfo=UTC))
    _, left = entries_of(
        stage.db, lambda: closing.close_pots(stage.db.transaction, stage.programmes.values())
    )
    assert left == [("service:cards", "allowance_released", others_pot)]


def test_what_is_refused_or_repeated_leaves_no_entry(stage: Any) -> None:
    card, offer_id, device = stage.card(), stage.publish(), stage.device()
    scan = stage.scan(card, offer_id)
    stage.redeem(scan, device=device, key="key-1")
    officer = stage.caller("officer")
    for act in (
        lambda: stage.redeem(scan, device=device, key="key-1"),
        lambda: stage.redeem(scan, device=device),
        lambda: stage.quote(stage.scan(card, offer_id, gross_cents=4_400)),
    ):
        assert entries_of(stage.db, act)[1] == []

    def refused() -> None:
        with pytest.raises(Refusal):
            stage.redeem(stage.scan(card, offer_id, pay_cents=1))

    assert entries_of(stage.db, refused)[1] == []
    revoke(stage, officer, card.id, key="key-2")
    assert entries_of(stage.db, lambda: revoke(stage, officer, card.id, key="key-2"))[1] == []


def test_an_entry_holds_no_name_address_or_number(stage: Any) -> None:
    card, offer_id = stage.card(), stage.publish()
    stage.credit(card, 7_000)
    by_number = {"card": card.number, "card_code": card.card_code, "pay_cents": 1_000}
    stage.redeem(stage.scan(card, offer_id, **by_number))
    revoke(stage, stage.caller("officer"), card.id, "fraud")
    said = everything_audited(stage.db)
    assert "redemption_recorded" in said
    for secret in (card.number, card.qr_text, "Léa", "Roux", "lea@example.org", "rue Haute"):
        assert secret not in said
