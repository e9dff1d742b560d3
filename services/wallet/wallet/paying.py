"""Paying a card: one open payment an order, a session at the bank, and the address of its page."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now, real_now
from chassis.database.idempotency import once
from chassis.ids import new_id
from contracts.cards import OrderView
from contracts.programmes import Programme
from contracts.refusals import Refusal
from contracts.wallet import PaymentState, PaymentView
from wallet.bank import Bank, BankSession, BankUnavailable
from wallet.models import Payment
from wallet.orders import lock_order

# How long the bank's notification may take before the bank is asked.
FIRST_ASK_AFTER_S = 10

Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the person sees at the bank, and where the bank sends them and its notification afterwards."""

    description: str
    return_url: str
    notify_url: str


def page_for(public_url: str, description: str) -> Page:
    """The addresses are the gateway's own."""
    payments = f"{public_url.rstrip('/')}/v1/payments"
    return Page(
        # French typography's no-break spaces are not what a bank statement takes.
        description=" ".join(description.split()),
        return_url=f"{payments}/return",
        notify_url=f"{payments}/notifications",
    )


def description(programmes: Mapping[str, Programme], order: OrderView) -> str:
    """What the bank's page says is paid, in French: residents pay there."""
    programme = programmes[order["programme"]]
    return f"{programme.name['fr']}, {programme.card_types[order['card_type']].label['fr']}"


def start_payment(
    transaction: Transaction, bank: Bank, page: Page, *, subject: str, idempotency_key: str, order: OrderView
) -> PaymentView:
    """Open the order's payment, or go on with the open one, and have a page for it at the bank.

    The bank is called between two transactions; after a failure the same key finds the same payment and,
    by its reference, the same session. Refuses ``order_not_payable`` and ``payment_unavailable``.
    """
    with transaction() as session:
        answer = once(
            session,
            caller=subject,
            operation="start_payment",
            key=idempotency_key,
            request={"order_id": order["id"]},
            act=lambda: {"payment_id": open_payment(session, subject, order)},
        )
        payment = session.get_one(Payment, answer["payment_id"])
    if payment.state != "pending" or payment.redirect_url is not None:
        return payment_view(payment)
    at_bank, pay_url = _session_at_bank(bank, page, payment)
    with transaction() as session:
        return payment_view(keep_session(session, payment.id, at_bank, pay_url))


def open_payment(session: Session, subject: str, order: OrderView) -> str:
    """The id of the order's open payment, a new one if there is none; Refusal ``order_not_payable``."""
    known = lock_order(session, order["id"])
    payable = order["state"] == "placed" and order["amount_due_cents"] > 0 and not order["paid"]
    # The order may be paid or refused here before `cards` has heard or told.
    if not payable or known.paid_payment_id is not None or known.refused_at is not None:
        raise Refusal("order_not_payable")
    open_id = session.execute(
        select(Payment.id).where(Payment.order_id == order["id"], Payment.state == "pending")
    ).scalar_one_or_none()
    return open_id or _new_payment(session, subject, order)


def keep_session(session: Session, payment_id: str, at_bank: BankSession, pay_url: str) -> Payment:
    """Remember where the person pays; a concurrent call has been given the same session."""
    session.execute(
        update(Payment)
        .where(Payment.id == payment_id)
        .values(bank_session_id=at_bank.session_id, redirect_url=pay_url)
    )
    return session.get_one(Payment, payment_id)


def latest_payment(session: Session, order_id: str) -> Payment | None:
    """The payment that tells how the order stands: the one that paid it, else the newest."""
    by_merit = (Payment.paid_at.is_(None), Payment.paid_at, Payment.id.desc())
    return session.execute(
        select(Payment).where(Payment.order_id == order_id).order_by(*by_merit).limit(1)
    ).scalar_one_or_none()


def payment_view(payment: Payment) -> PaymentView:
    """The payment as its owner sees it; there is no page to go to once it is decided."""
    return {
        "id": payment.id,
        "order_id": payment.order_id,
        "amount_cents": payment.amount_cents,
        "state": cast(PaymentState, payment.state),
        "redirect_url": payment.redirect_url if payment.state == "pending" else None,
    }


def _new_payment(session: Session, subject: str, order: OrderView) -> str:
    payment = Payment(
        id=new_id("pay"),
        order_id=order["id"],
        programme=order["programme"],
        amount_cents=order["amount_due_cents"],
        state="pending",
        opened_at=now(),
        ask_at=real_now() + timedelta(seconds=FIRST_ASK_AFTER_S),
        times_asked=0,
    )
    session.add(payment)
    session.flush()
    cents = payment.amount_cents
    audit.record(session, subject, "payment_opened", payment.id, order_id=order["id"], amount_cents=cents)
    return payment.id


def _session_at_bank(bank: Bank, page: Page, payment: Payment) -> tuple[BankSession, str]:
    try:
        return bank.open_session(
            payment_id=payment.id,
            amount_cents=payment.amount_cents,
            description=page.description,
            return_url=page.return_url,
            notify_url=page.notify_url,
        )
    except BankUnavailable:
        raise Refusal("payment_unavailable") from None
