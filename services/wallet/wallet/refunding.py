"""Refunds: booked with the refusal that causes them, then sent to the bank until it says they are done."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import service_caller
from chassis.clock import now, real_now
from chassis.ids import new_id
from chassis.log import get_logger
from chassis.metrics import gauge
from contracts.base import Event
from contracts.identity import ApplicationRefused
from wallet import accounts
from wallet.bank import Bank, BankUnavailable
from wallet.delays import delay
from wallet.ledger import Transfer, write_transfers
from wallet.models import Payment, Refund
from wallet.orders import lock_order, note_refused
from wallet.paying import Transaction

RefundReason = Literal["order_refused", "paid_twice"]

MAX_SENT_AT_ONCE = 20
FIRST_DELAY_S = 5
MAX_DELAY_S = 3600

log = get_logger()
_waiting = gauge("refunds_waiting", "Refunds that the bank has not confirmed yet")


@dataclass(frozen=True)
class DueRefund:
    """A refund whose turn it is; amount in cents."""

    refund_id: str
    payment_id: str
    bank_session_id: str
    amount_cents: int


def refund_refused_order(session: Session, event: ApplicationRefused) -> None:
    """Give the price back, now or when it arrives: the refusal is remembered on the order."""
    order = lock_order(session, event.order_id)
    note_refused(session, order, now())
    paid = select(Payment).where(Payment.order_id == event.order_id, Payment.state == "paid")
    for payment in session.execute(paid).scalars().all():
        request_refund(session, event, payment, "order_refused")


def request_refund(session: Session, by: Event | str, payment: Payment, reason: RefundReason) -> None:
    """Book the refund of a paid payment, once, and leave the bank's part to `send_refunds`."""
    refund = insert(Refund).values(
        id=new_id("rfd"),
        payment_id=payment.id,
        amount_cents=payment.amount_cents,
        reason=reason,
        requested_at=now(),
        try_at=real_now(),
        times_tried=0,
    )
    fresh = refund.on_conflict_do_nothing().returning(Refund.id)
    if (refund_id := session.execute(fresh).scalar_one_or_none()) is None:
        return
    transfer = Transfer(
        kind="refund",
        source_id=refund_id,
        debit=accounts.card_sales(payment.programme),
        credit=accounts.BANK,
        amount_cents=payment.amount_cents,
        event_at=now(),
    )
    write_transfers(session, [transfer])
    cents = payment.amount_cents
    audit.record(session, by, "refund_requested", refund_id, payment_id=payment.id, amount_cents=cents)
    log.info("refund_requested", refund_id=refund_id, payment_id=payment.id, reason=reason)


def send_refunds(transaction: Transaction, bank: Bank) -> None:
    """Have the bank pay back what is due; what fails is tried again after a growing delay, up to an hour."""
    with transaction() as session:
        due = _claim_due(session)
        waiting = session.execute(select(func.count()).where(Refund.done_at.is_(None))).scalar_one()
    _waiting.set(waiting)
    for refund in due:
        _send(transaction, bank, refund)


def _send(transaction: Transaction, bank: Bank, due: DueRefund) -> None:
    try:
        bank.refund(session_id=due.bank_session_id, refund_id=due.refund_id, amount_cents=due.amount_cents)
    except BankUnavailable:
        log.warning("refund_not_answered", refund_id=due.refund_id)
        return
    with transaction() as session:
        session.execute(update(Refund).where(Refund.id == due.refund_id).values(done_at=now()))
        session.execute(update(Payment).where(Payment.id == due.payment_id).values(state="refunded"))
        audit.record(
            session, service_caller("wallet"), "refund_done", due.refund_id, payment_id=due.payment_id
        )
    log.info("refund_done", refund_id=due.refund_id, payment_id=due.payment_id)


def _claim_due(session: Session) -> list[DueRefund]:
    due = (
        select(Refund, Payment.bank_session_id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(Refund.done_at.is_(None), Refund.try_at <= real_now())
        .order_by(Refund.try_at)
        .limit(MAX_SENT_AT_ONCE)
        .with_for_update(skip_locked=True, of=Refund)
    )
    claimed = session.execute(due).all()
    for refund, _ in claimed:
        refund.try_at = real_now() + delay(refund.times_tried, FIRST_DELAY_S, MAX_DELAY_S)
        refund.times_tried += 1
    return [
        DueRefund(refund.id, refund.payment_id, str(bank_session_id), refund.amount_cents)
        for refund, bank_session_id in claimed
    ]
