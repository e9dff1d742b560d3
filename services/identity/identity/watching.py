"""Gauges of what waits in `identity`, measured every few seconds."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.clock import real_now
from chassis.metrics import gauge
from identity.models import Application, Check, QuotientRead

pending_checks = gauge(
    "identity_pending_checks", "Checks of open applications, by who must act.", ("waiting_for",)
)
oldest_due_seconds = gauge("identity_quotient_overdue_seconds", "How long the oldest quotient has been due.")


def measure(session: Session) -> None:
    """Set the gauges from the tables."""
    rows = session.execute(
        select(Check.waiting_for, func.count())
        .join(Application, Application.id == Check.application_id)
        .where(Check.state == "pending", Application.state == "pending")
        .group_by(Check.waiting_for)
    )
    counts = {row[0]: row[1] for row in rows}
    for waiting_for in ("officer", "office_officer", "service"):
        pending_checks.labels(waiting_for).set(counts.get(waiting_for, 0))
    oldest = session.scalar(select(func.min(QuotientRead.due_at)))
    overdue_s = (real_now() - oldest).total_seconds() if oldest else 0
    oldest_due_seconds.set(max(0, overdue_s))
