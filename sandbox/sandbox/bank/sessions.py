"""The payments the bank knows and all that may happen to one: opened, decided once, expired, refunded."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import Literal

from sandbox.bank.refusals import BankRefusal
from sandbox.bank.requests import RefundRequest, SessionRequest

Status = Literal["pending", "paid", "refused", "expired"]
Choice = Literal["pay", "refuse"]

session_lifetime_s = 24 * 3600
sessions_max = 100_000
refunds_per_session_max = 100


@dataclass(frozen=True, kw_only=True)
class Refund:
    """Money given back on a paid session; amounts in euro cents."""

    refund_id: str
    refund_reference: str
    amount_cents: int
    refunded_at: datetime


@dataclass(frozen=True, kw_only=True)
class PaymentSession:
    """One payment; frozen, so that whoever holds it sees one consistent moment of it."""

    session_id: str
    request: SessionRequest
    created_at: datetime
    status: Status = "pending"
    paid_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()


@dataclass
class SessionBook:
    """All sessions, in memory; every change happens under its lock."""

    by_id: dict[str, PaymentSession] = field(default_factory=dict)
    id_by_reference: dict[str, str] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


def open_session(book: SessionBook, request: SessionRequest, now: datetime) -> tuple[PaymentSession, bool]:
    """The session of this merchant reference, and whether it is new; a known one keeps its terms."""
    with book.lock:
        known_id = book.id_by_reference.get(request.merchant_reference)
        if known_id is not None:
            return _same_session(book, known_id, request, now), False
        if len(book.by_id) >= sessions_max:
            raise BankRefusal(503, "too_many_sessions", "The bank keeps no more sessions.")
        session = PaymentSession(
            session_id=f"ses_{secrets.token_urlsafe(24)}", request=request, created_at=now
        )
        book.by_id[session.session_id] = session
        book.id_by_reference[request.merchant_reference] = session.session_id
        return session, True


def get_session(book: SessionBook, session_id: str, now: datetime) -> PaymentSession:
    """The session as it stands now; refuses an unknown one."""
    with book.lock:
        return _current(book, session_id, now)


def decide(book: SessionBook, session_id: str, choice: Choice, now: datetime) -> tuple[PaymentSession, bool]:
    """Pay or refuse a pending session; a decided or expired one stays as it is. Tells whether it changed."""
    with book.lock:
        session = _current(book, session_id, now)
        if session.status != "pending":
            return session, False
        paid = choice == "pay"
        decided = replace(session, status="paid" if paid else "refused", paid_at=now if paid else None)
        book.by_id[session_id] = decided
        return decided, True


def refund(book: SessionBook, session_id: str, request: RefundRequest, now: datetime) -> tuple[Refund, bool]:
    """Give money back once per reference, never more than was paid; tells whether the refund is new."""
    with book.lock:
        session = _current(book, session_id, now)
        for known in session.refunds:
            if known.refund_reference == request.refund_reference:
                return _same_refund(known, request), False
        _check_refundable(session, request)
        made = Refund(
            refund_id=f"ref_{secrets.token_urlsafe(12)}",
            refund_reference=request.refund_reference,
            amount_cents=request.amount_cents,
            refunded_at=now,
        )
        book.by_id[session_id] = replace(session, refunds=(*session.refunds, made))
        return made, True


def _current(book: SessionBook, session_id: str, now: datetime) -> PaymentSession:
    session = book.by_id.get(session_id)
    if session is None:
        raise BankRefusal(404, "unknown_session", "No such session.")
    if session.status == "pending" and now - session.created_at > timedelta(seconds=session_lifetime_s):
        session = replace(session, status="expired")
        book.by_id[session_id] = session
    return session


def _same_session(
    book: SessionBook, session_id: str, request: SessionRequest, now: datetime
) -> PaymentSession:
    session = _current(book, session_id, now)
    if session.request != request:
        raise BankRefusal(409, "reference_reused", "This merchant_reference was used with other terms.")
    return session


def _same_refund(known: Refund, request: RefundRequest) -> Refund:
    if known.amount_cents != request.amount_cents:
        raise BankRefusal(409, "reference_reused", "This refund_reference was used with another amount.")
    return known


def _check_refundable(session: PaymentSession, request: RefundRequest) -> None:
    if session.status != "paid":
        raise BankRefusal(409, "not_paid", "Only a paid session can be refunded.")
    refunded_cents = sum(made.amount_cents for made in session.refunds)
    if refunded_cents + request.amount_cents > session.request.amount_cents:
        raise BankRefusal(409, "refund_exceeds_payment", "Refunds cannot exceed what was paid.")
    if len(session.refunds) >= refunds_per_session_max:
        raise BankRefusal(409, "too_many_refunds", f"At most {refunds_per_session_max} refunds a session.")
