"""Asking the bank what became of pending payments, for notifications that are late or never come."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from chassis.clock import real_now
from chassis.log import get_logger
from wallet.bank import Bank, BankUnavailable
from wallet.delays import delay
from wallet.models import Payment
from wallet.paying import FIRST_ASK_AFTER_S, Transaction
from wallet.receiving import note_bank_session

MAX_ASKED_AT_ONCE = 20
MAX_DELAY_S = 24 * 3600
# A person who reloads the page does not make us call the bank each time.
MIN_DELAY_OF_OWNER_S = 2

log = get_logger()


@dataclass(frozen=True)
class Asked:
    """A payment whose turn it is."""

    payment_id: str
    bank_session_id: str


def ask_pending(transaction: Transaction, bank: Bank) -> None:
    """Ask for the payments that are due; each waits twice as long as before, up to a day.

    A claim moves the next time forward before the bank is called: other processes leave it alone, and a
    process that dies in between loses nothing but that delay.
    """
    with transaction() as session:
        due = _claim_due(session)
    for asked in due:
        _ask(transaction, bank, asked)


def ask_for_owner(transaction: Transaction, bank: Bank, order_id: str) -> None:
    """Ask for an order's pending payment because its owner wants to know, at most every other second."""
    with transaction() as session:
        asked = _claim_of_order(session, order_id)
    if asked is not None:
        _ask(transaction, bank, asked)


def _ask(transaction: Transaction, bank: Bank, asked: Asked) -> None:
    try:
        said = bank.get_session(asked.bank_session_id)
    except BankUnavailable:
        log.warning("payment_not_answered", payment_id=asked.payment_id)
        return
    with transaction() as session:
        note_bank_session(session, said)


def _claim_due(session: Session) -> list[Asked]:
    due = (
        select(Payment)
        .where(Payment.state == "pending", Payment.bank_session_id.is_not(None), Payment.ask_at <= real_now())
        .order_by(Payment.ask_at)
        .limit(MAX_ASKED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    payments = session.execute(due).scalars().all()
    for payment in payments:
        payment.ask_at = real_now() + delay(payment.times_asked, FIRST_ASK_AFTER_S, MAX_DELAY_S)
        payment.asked_at = real_now()
        payment.times_asked += 1
    return [Asked(payment.id, str(payment.bank_session_id)) for payment in payments]


def _claim_of_order(session: Session, order_id: str) -> Asked | None:
    long_ago = real_now() - timedelta(seconds=MIN_DELAY_OF_OWNER_S)
    row = session.execute(
        update(Payment)
        .where(
            Payment.order_id == order_id,
            Payment.state == "pending",
            Payment.bank_session_id.is_not(None),
            or_(Payment.asked_at.is_(None), Payment.asked_at <= long_ago),
        )
        .values(asked_at=real_now())
        .returning(Payment.id, Payment.bank_session_id)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return row and Asked(row.id, row.bank_session_id)
