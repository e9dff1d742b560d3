"""What is heard becomes one message, however often and in whatever order it is heard."""

import json
from typing import Any

from sqlalchemy import text

from chassis.clock import real_now
from chassis.database.engine import Database
from chassis.events.outbox import stamp
from contracts.cards import CardRevoked, RedemptionCancelled, RedemptionRecorded
from contracts.identity import ApplicationRefused, LoginCodeRequested
from notify import noting
from notify.leasing import lease_due


def test_a_card_announced_twice_gets_one_voucher(db: Database, table: Any, events: Any) -> None:
    for _ in range(2):
        with db.transaction() as session:
            noting.note_voucher(session, events.card_validated())
    assert [(message.kind, message.subject_id) for message in table.all()] == [("voucher", "card_1")]


def test_a_redemption_and_its_cancellation_are_two_messages(db: Database, table: Any, events: Any) -> None:
    fields = events.redemption_fields()
    with db.transaction() as session:
        noting.note_cancellation(
            session, RedemptionCancelled(**fields, cancelled_at="2020-07-11T08:35:00.000000Z")
        )
        noting.note_receipts(session, [RedemptionRecorded(**fields)])
    assert {(message.kind, message.subject_id) for message in table.all()} == {
        ("receipt", "red_1"),
        ("cancellation", "red_1"),
    }


def test_a_refusal_finds_its_holder_whichever_event_comes_first(
    db: Database, table: Any, events: Any
) -> None:
    refused = ApplicationRefused(
        **stamp(), application_id="app_1", order_id="ord_1", reason_code="not_resident"
    )
    with db.transaction() as session:
        noting.note_refusal(session, refused)
    with db.transaction() as session:
        early = lease_due(session, real_now(), 1)
        assert early is not None
        assert early.messages[0].holder_id is None
    table.make_due()
    with db.transaction() as session:
        noting.note_order(session, events.order_placed())
        noting.note_order(session, events.order_placed())
    with db.transaction() as session:
        late = lease_due(session, real_now(), 1)
        assert late is not None
        (refusal,) = late.messages
        assert (refusal.holder_id, refusal.programme, refusal.card_type) == (
            "per_amira",
            "occygene-2020",
            "family_bonus",
        )


def test_a_sign_in_code_goes_before_what_waited_longer(db: Database, table: Any, events: Any) -> None:
    with db.transaction() as session:
        noting.note_voucher(session, events.card_validated())
        noting.note_sign_in_code(session, LoginCodeRequested(**stamp(), login_code_id="log_1"))
    with db.transaction() as session:
        lease = lease_due(session, real_now(), 2)
        assert lease is not None
        assert [message.kind for message in lease.messages] == ["sign_in_code", "voucher"]


def test_nothing_personal_is_kept(db: Database, events: Any) -> None:
    with db.transaction() as session:
        noting.note_order(session, events.order_placed())
        noting.note_voucher(session, events.card_validated())
        noting.note_receipts(session, [RedemptionRecorded(**events.redemption_fields())])
        noting.note_revocation(
            session,
            CardRevoked(**stamp(), card_id="card_1", order_id="ord_1", household_id="hou_1", reason="lost"),
        )
    with db.transaction() as session:
        rows = session.execute(text("SELECT to_json(messages) FROM messages")).scalars().all()
    kept = json.dumps(rows)
    assert len(rows) == 3
    for personal in ("Amira", "Benali", "example.org", "4971", "OCY1", "0472"):
        assert personal not in kept
