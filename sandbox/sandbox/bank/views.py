"""The bank's JSON, as the merchant reads it; times are RFC 3339 with offset, amounts euro cents."""

from datetime import datetime
from typing import Any

from sandbox.bank.sessions import PaymentSession, Refund


def session_view(session: PaymentSession) -> dict[str, Any]:
    """`{session_id, merchant_reference, amount_cents, status, paid_at}`; also the notification's body."""
    return {
        "session_id": session.session_id,
        "merchant_reference": session.request.merchant_reference,
        "amount_cents": session.request.amount_cents,
        "status": session.status,
        "paid_at": _time_text(session.paid_at) if session.paid_at else None,
    }


def refund_view(refund: Refund) -> dict[str, Any]:
    """`{refund_id, refund_reference, amount_cents, status, refunded_at}`."""
    return {
        "refund_id": refund.refund_id,
        "refund_reference": refund.refund_reference,
        "amount_cents": refund.amount_cents,
        "status": "done",
        "refunded_at": _time_text(refund.refunded_at),
    }


def _time_text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
