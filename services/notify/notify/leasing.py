"""Which message is sent next and by whom: a lease in one short transaction, its outcome in another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.ids import new_id
from chassis.outbox import announce, stamp
from contracts.notify import VoucherEmailed
from notify.models import Message, Order

# Longer than one attempt can take: two steps of RPC, a voucher, and every step of SMTP at its limit.
LEASE_S = 180
# After the last delay has come it is repeated: 150 attempts are three days.
RETRY_DELAYS_S: Sequence[int] = (1, 5, 30, 120, 600, 1800)
MAX_ATTEMPTS = 150


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one attempt; `due` means: try again later. `error` is a code, never a sentence."""

    state: Literal["sent", "due", "failed", "void"]
    error: str | None = None


def lease_next(session: Session, at: datetime) -> Message | None:
    """Take the next due message for LEASE_S seconds; no other worker sees it until then.

    A process that dies meanwhile has only postponed it.
    """
    message = session.scalars(
        select(Message)
        .where(Message.state == "due", Message.due_at <= at)
        .order_by(Message.priority, Message.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if message is not None:
        message.lease_id = new_id("lease")
        message.due_at = at + timedelta(seconds=LEASE_S)
        message.attempts += 1
        _fill_in_order(session, message)
    return message


def settle(session: Session, message: Message, outcome: Outcome, at: datetime) -> bool:
    """Write the outcome down; False when the lease had run out and another worker took the message."""
    state = "failed" if outcome.state == "due" and message.attempts >= MAX_ATTEMPTS else outcome.state
    written = session.execute(
        update(Message)
        .where(Message.id == message.id, Message.lease_id == message.lease_id, Message.state == "due")
        .values(
            state=state,
            last_error=outcome.error,
            due_at=at + timedelta(seconds=retry_delay_s(message.attempts)),
            lease_id=None,
            sent_at=now() if state == "sent" else None,
        )
    )
    if cast("CursorResult[Any]", written).rowcount == 0:
        return False
    if state == "sent" and message.kind == "voucher":
        announce(session, VoucherEmailed(**stamp(), card_id=message.subject_id, message_id=message.id))
    return True


def retry_delay_s(attempts: int) -> int:
    """How long to wait after this many attempts."""
    return RETRY_DELAYS_S[min(attempts, len(RETRY_DELAYS_S)) - 1]


def _fill_in_order(session: Session, message: Message) -> None:
    if message.holder_id is None and message.order_id is not None:
        order = session.get(Order, message.order_id)
        if order is not None:
            message.holder_id, message.programme, message.card_type = (
                order.holder_id,
                order.programme,
                order.card_type,
            )
