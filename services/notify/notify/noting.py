"""What is heard becomes a message to send: one row, in the transaction of the inbox; nothing is sent here."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now, real_now
from chassis.ids import new_id
from chassis.log import call_id_of
from contracts.base import Event
from contracts.cards import CardRevoked, CardValidated, OrderPlaced, RedemptionCancelled, RedemptionRecorded
from contracts.identity import (
    ApplicationRefused,
    EmailChangeRequested,
    HolderAccountChanged,
    LoginCodeRequested,
)
from notify.models import Message, Order

# Somebody waits in front of a screen for a sign-in code; everything else may wait behind it.
URGENT, ORDINARY = 0, 1

# What a receipt says of a redemption: ids and cents, no person.
RECEIPT_FACTS = (
    *("provider_id", "site_id", "offer_id", "adults", "children", "gross_cents", "reduction_cents"),
    *("paid_from_pot_cents", "due_cents"),
)


# RETURNING has SQLAlchemy send all rows in one statement; without it they would go one by one.
_NOTE = insert(Message).on_conflict_do_nothing(constraint="uq_messages_kind_subject_id").returning(Message.id)


def note_order(session: Session, event: OrderPlaced) -> None:
    """Remember whose the order is; its refusal may arrive before it or after it."""
    row = insert(Order).values(
        id=event.order_id, holder_id=event.holder_id, programme=event.programme, card_type=event.card_type
    )
    session.execute(row.on_conflict_do_nothing())


def note_voucher(session: Session, event: CardValidated) -> None:
    """A new card: its voucher."""
    _note(session, event, "voucher", event.card_id, **_whose(event), facts={"replaces": event.replaces})


def note_receipts(session: Session, events: Sequence[RedemptionRecorded]) -> None:
    """Accepted scans: their receipts."""
    rows = [
        _message(event, "receipt", event.redemption_id, **_whose(event), facts=_receipt_facts(event))
        for event in events
    ]
    session.execute(_NOTE, rows)


def note_cancellation(session: Session, event: RedemptionCancelled) -> None:
    """A scan undone: the receipt of that."""
    facts = _receipt_facts(event) | {"cancelled_at": event.cancelled_at}
    _note(session, event, "cancellation", event.redemption_id, **_whose(event), facts=facts)


def note_refusal(session: Session, event: ApplicationRefused) -> None:
    """A refused application: a letter with the reason, to whoever ordered."""
    facts = {"reason_code": event.reason_code}
    _note(session, event, "refusal", event.order_id, order_id=event.order_id, facts=facts)


def note_revocation(session: Session, event: CardRevoked) -> None:
    """A card that may no longer be used: word to its holder."""
    _note(
        session, event, "revocation", event.card_id, order_id=event.order_id, facts={"reason": event.reason}
    )


def note_sign_in_code(session: Session, event: LoginCodeRequested) -> None:
    """A code to sign in with, ahead of everything else."""
    _note(session, event, "sign_in_code", event.login_code_id, priority=URGENT, facts={})


def note_email_change_code(session: Session, event: EmailChangeRequested) -> None:
    """A code that confirms another address, ahead of everything else."""
    _note(session, event, "email_change_code", event.email_change_id, priority=URGENT, facts={})


def note_email_change(session: Session, event: HolderAccountChanged) -> None:
    """Another address holds: word to the one before, and the voucher, if there is one, to the new one."""
    for kind in ("email_changed", "voucher_again"):
        _note(session, event, kind, event.email_change_id, order_id=event.order_id, facts={})


def _whose(event: CardValidated | RedemptionRecorded) -> dict[str, Any]:
    return {"holder_id": event.holder_id, "programme": event.programme, "card_type": event.card_type}


def _receipt_facts(event: RedemptionRecorded) -> dict[str, Any]:
    return {name: getattr(event, name) for name in RECEIPT_FACTS} | {"visited_at": event.moment}


def _note(session: Session, event: Event, kind: str, subject_id: str, **values: Any) -> None:
    session.execute(_NOTE, [_message(event, kind, subject_id, **values)])


def _message(event: Event, kind: str, subject_id: str, **values: Any) -> dict[str, Any]:
    return {
        "id": new_id("msg"),
        "kind": kind,
        "subject_id": subject_id,
        "priority": ORDINARY,
        "state": "due",
        "attempts": 0,
        "call_id": call_id_of(event),
        "due_at": real_now(),
        "created_at": now(),
        **values,
    }
