"""A voucher mailed once more because somebody asks: to the address that holds now, a limited number of times.

Whose order it is was judged by `cards`, which was asked in the caller's name before.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now, real_now
from chassis.database.idempotency import once
from chassis.database.turns import wait_for_turn
from chassis.ids import new_id
from chassis.log import current_call_id, get_logger
from contracts.cards import OrderHolder
from contracts.notify import VoucherMail
from contracts.refusals import Refusal
from contracts.writing import waits
from notify.models import Message
from notify.noting import ORDINARY

# Who has not found it after three mails will not find a fourth. Ten of a card for ever: each is the card.
MAX_MAILS = 3
WINDOW = timedelta(hours=1)
MAX_MAILS_OF_CARD = 10

log = get_logger()


def send_voucher_again(
    session: Session, caller: Caller, order: OrderHolder, *, idempotency_key: str
) -> VoucherMail:
    """Note the mail to be sent. The order's newest card is meant: one that was replaced prints nothing.

    Refusals: ``card_not_made``, ``card_revoked``, ``too_many_mails``, ``voucher_mails_used_up``.
    """
    answer = once(
        session,
        caller=caller.subject,
        operation="send_voucher_again",
        key=idempotency_key,
        request={"order_id": order["order_id"]},
        act=lambda: _send(session, caller, order),
    )
    return cast(VoucherMail, answer)


def _send(session: Session, caller: Caller, order: OrderHolder) -> VoucherMail:
    card_id = order["card_id"]
    if card_id is None:
        raise Refusal("card_not_made")
    if order["card_revoked"]:
        raise Refusal("card_revoked")
    number = _next_number(session, card_id, now())
    message = _message(order, card_id, number)
    session.add(message)
    audit.record(session, caller, "voucher_mail_requested", card_id, message_id=message.id, number=number)
    log.info("voucher_mail_requested", card_id=card_id, message_id=message.id)
    return {"message_id": message.id, "card_id": card_id}


def _next_number(session: Session, card_id: str, at: datetime) -> int:
    """The mail's number among those of the card; two at once count one after the other."""
    wait_for_turn(session, card_id)
    subjects = [_subject(card_id, number) for number in range(1, MAX_MAILS_OF_CARD + 1)]
    sent = session.scalars(
        select(Message.created_at)
        .where(Message.kind == "voucher_again", Message.subject_id.in_(subjects))
        .order_by(Message.created_at.desc())
    ).all()
    if len(sent) >= MAX_MAILS_OF_CARD:
        raise Refusal("voucher_mails_used_up", max_mails=MAX_MAILS_OF_CARD)
    if len(sent) >= MAX_MAILS and sent[MAX_MAILS - 1] > at - WINDOW:
        wait_s = (sent[MAX_MAILS - 1] + WINDOW - at).total_seconds()
        raise Refusal("too_many_mails", **waits(wait_s))
    return len(sent) + 1


def _message(order: OrderHolder, card_id: str, number: int) -> Message:
    return Message(
        id=new_id("msg"),
        kind="voucher_again",
        subject_id=_subject(card_id, number),
        holder_id=order["holder_id"],
        programme=order["programme"],
        card_type=order["card_type"],
        facts={"card_id": card_id},
        call_id=current_call_id(),
        priority=ORDINARY,
        state="due",
        attempts=0,
        due_at=real_now(),
        created_at=now(),
    )


def _subject(card_id: str, number: int) -> str:
    """Unique with the kind, so that the table itself holds the limit."""
    return f"{card_id}/{number}"
