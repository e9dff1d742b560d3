"""What the bank says of a payment, in a notification or when asked: booked once, or kept as an anomaly."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from chassis.log import get_logger
from chassis.metrics import counter
from contracts.wallet import PaymentReceived
from wallet import accounts
from wallet.bank import BankSession, BankStatus
from wallet.ledger import Transfer, write_transfers
from wallet.models import Order, Payment, PaymentAnomaly
from wallet.orders import lock_order, note_paid
from wallet.refunding import request_refund

# Who acts by a signed notification, or by answering what it is asked.
BANK = "bank"

log = get_logger()
_anomalies = counter("payment_anomalies_total", "What the bank said that fits no payment", ["reason"])
# Shown as 0 from the start, or the first of a kind would be no increase that an alert can see.
for _reason in ("unknown_payment", "other_session", "other_amount"):
    _anomalies.labels(_reason)

# What the bank may still turn a payment of ours into: a session that was refused or has run out here may have
# been paid at the last moment there, and money that arrived is always booked.
_NEXT_STATES: Mapping[str, frozenset[BankStatus]] = {
    "pending": frozenset(("paid", "refused", "expired")),
    "refused": frozenset(("paid",)),
    "expired": frozenset(("paid",)),
    "paid": frozenset(),
    "refunded": frozenset(),
}


def note_bank_session(session: Session, said: BankSession) -> None:
    """Bring the payment to where the bank says it is; hearing the same again changes nothing."""
    order_id = session.execute(
        select(Payment.order_id).where(Payment.id == said.merchant_reference)
    ).scalar_one_or_none()
    if order_id is None:
        return _keep_anomaly(session, said, None, "unknown_payment")
    order = lock_order(session, order_id)
    payment = session.get_one(Payment, said.merchant_reference, populate_existing=True)
    if payment.bank_session_id not in (None, said.session_id):
        return _keep_anomaly(session, said, payment, "other_session")
    if payment.amount_cents != said.amount_cents:
        return _keep_anomaly(session, said, payment, "other_amount")
    # The process may have ended between the bank's answer and our keeping it.
    payment.bank_session_id = said.session_id
    if said.status in _NEXT_STATES[payment.state]:
        _change_state(session, order, payment, said)
    return None


def _change_state(session: Session, order: Order, payment: Payment, said: BankSession) -> None:
    payment.state = said.status
    cents = payment.amount_cents
    audit.record(session, BANK, f"payment_{said.status}", payment.id, order_id=order.id, amount_cents=cents)
    log.info("payment_state_changed", payment_id=payment.id, order_id=order.id, state=said.status)
    if said.status == "paid":
        _receive(session, order, payment)


def _receive(session: Session, order: Order, payment: Payment) -> None:
    payment.paid_at = now()
    session.flush()
    transfer = Transfer(
        kind="payment",
        source_id=payment.id,
        debit=accounts.BANK,
        credit=accounts.card_sales(payment.programme),
        amount_cents=payment.amount_cents,
        event_at=payment.paid_at,
    )
    write_transfers(session, [transfer])
    if order.paid_payment_id is not None:
        request_refund(session, BANK, payment, "paid_twice")
        return
    note_paid(session, order, payment.id)
    announce(
        session,
        PaymentReceived(
            **stamp(), payment_id=payment.id, order_id=order.id, amount_cents=payment.amount_cents
        ),
    )
    if order.refused_at is not None:
        request_refund(session, BANK, payment, "order_refused")


def _keep_anomaly(session: Session, said: BankSession, payment: Payment | None, reason: str) -> None:
    row = insert(PaymentAnomaly).values(
        id=new_id("ano"),
        reason=reason,
        bank_session_id=said.session_id,
        payment_id=payment and payment.id,
        expected_cents=payment and payment.amount_cents,
        amount_cents=said.amount_cents,
        status=said.status,
        noted_at=now(),
    )
    fresh = row.on_conflict_do_nothing().returning(PaymentAnomaly.id)
    if session.execute(fresh).first() is not None:
        audit.record(session, BANK, "payment_anomaly_noted", said.merchant_reference, reason=reason)
        _anomalies.labels(reason).inc()
        log.error("payment_anomaly", reason=reason, payment_id=payment and payment.id)
