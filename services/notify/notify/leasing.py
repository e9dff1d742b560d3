"""Which messages are sent next and by whom: a lease in one short transaction, each outcome in another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import ARRAY, CursorResult, Text, bindparam, func, select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from contracts.notify import OldAddressNotified, VoucherEmailed
from notify.models import Message, Order

# Longer than one attempt can take: two steps of RPC, a voucher, and every step of SMTP at its limit.
LEASE_S = 180
# After the last delay has come it is repeated: 150 attempts are three days.
RETRY_DELAYS_S: Sequence[int] = (1, 5, 30, 120, 600, 1800)
MAX_ATTEMPTS = 150

# Built once: they run for every mail.
_messages = Message.metadata.tables["messages"]
_DUE = (
    select(Message, Order)
    .outerjoin(Order, Order.id == Message.order_id)
    .where(Message.state == "due", Message.due_at <= bindparam("at"))
    .order_by(Message.priority, Message.due_at)
    .limit(bindparam("count"))
    .with_for_update(of=Message, skip_locked=True)
)
_TAKE = (
    update(_messages)
    .where(_messages.c.id == func.any(bindparam("ids", type_=ARRAY(Text))))
    .values(lease_id=bindparam("lease"), due_at=bindparam("until"), attempts=_messages.c.attempts + 1)
)
_HELD = update(_messages).where(
    _messages.c.id == bindparam("message"),
    _messages.c.lease_id == bindparam("lease"),
    _messages.c.state == "due",
)
_GIVE_BACK = _HELD.values(lease_id=None, due_at=bindparam("due"), attempts=bindparam("tries"))
_SETTLE = _HELD.values(
    lease_id=None,
    state=bindparam("became"),
    last_error=bindparam("error"),
    due_at=bindparam("due"),
    sent_at=bindparam("sent"),
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one attempt; `due` means: try again later. `error` is a code, never a sentence."""

    state: Literal["sent", "due", "failed", "void"]
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Lease:
    """Messages that are this worker's until a moment, the most urgent first."""

    until: datetime
    messages: Sequence[Message]


def lease_due(session: Session, at: datetime, count: int) -> Lease | None:
    """Take up to `count` due messages for LEASE_S seconds; no other worker sees them until then.

    A process that dies meanwhile has only postponed them. None when nothing is due. The messages are read,
    not watched: in memory `due_at` stays what it was, so that a message can be given back unchanged.
    """
    rows = session.execute(_DUE, {"at": at, "count": count}).all()
    if not rows:
        return None
    lease_id, until = new_id("lease"), at + timedelta(seconds=LEASE_S)
    session.execute(_TAKE, {"ids": [row.Message.id for row in rows], "lease": lease_id, "until": until})
    session.expunge_all()
    for message, order in rows:
        message.lease_id = lease_id
        message.attempts += 1
        _fill_in_order(message, order)
    return Lease(until=until, messages=[row.Message for row in rows])


def give_back(session: Session, messages: Sequence[Message]) -> None:
    """Messages that were leased and not begun wait where they waited before."""
    for message in messages:
        held = {"message": message.id, "lease": message.lease_id}
        session.execute(_GIVE_BACK, held | {"due": message.due_at, "tries": message.attempts - 1})


def settle(session: Session, message: Message, outcome: Outcome, at: datetime) -> bool:
    """Write the outcome down; False when the lease had run out and another worker took the message."""
    state = "failed" if outcome.state == "due" and message.attempts >= MAX_ATTEMPTS else outcome.state
    written = session.execute(
        _SETTLE,
        {
            "message": message.id,
            "lease": message.lease_id,
            "became": state,
            "error": outcome.error,
            "due": at + timedelta(seconds=retry_delay_s(message.attempts)),
            "sent": now() if state == "sent" else None,
        },
    )
    if cast("CursorResult[Any]", written).rowcount == 0:
        return False
    _announce(session, message, state)
    return True


def _announce(session: Session, message: Message, state: str) -> None:
    if state == "sent" and message.kind == "voucher":
        announce(session, VoucherEmailed(**stamp(), card_id=message.subject_id, message_id=message.id))
    # An address that takes no mail cannot be told, and is not kept for that.
    if state in ("sent", "failed") and message.kind == "email_changed":
        is_told = state == "sent"
        announce(
            session,
            OldAddressNotified(**stamp(), email_change_id=message.subject_id, delivered=is_told),
        )


def retry_delay_s(attempts: int) -> int:
    """How long to wait after this many attempts."""
    return RETRY_DELAYS_S[min(attempts, len(RETRY_DELAYS_S)) - 1]


def _fill_in_order(message: Message, order: Order | None) -> None:
    if message.holder_id is None and order is not None:
        message.holder_id, message.programme, message.card_type = (
            order.holder_id,
            order.programme,
            order.card_type,
        )
