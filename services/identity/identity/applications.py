"""Opening an order's application with the checks that its card type asks for, and showing it."""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now, real_now, rfc3339
from chassis.ids import new_id
from chassis.outbox import announce, stamp
from contracts.base import Event
from contracts.cards import OrderPlaced
from contracts.identity import ApplicationApproved, ApplicationView, CheckView
from contracts.programmes import Programme
from contracts.programmes.shape import Check as CheckRule
from identity.models import Application, Check, QuotientRead

Decider = Literal["officer", "office_officer", "service"]
DECIDERS: Mapping[str, Decider] = {
    "officer": "officer",
    "office_officer": "office_officer",
    "family_quotient_api": "service",
}


def open_application(session: Session, programmes: Mapping[str, Programme], event: OrderPlaced) -> None:
    """Open the checks of the order's card type; without any, the application is approved at once.

    An unknown programme or card type raises KeyError: the event is kept and retried, because the file
    may be about to arrive here too.
    """
    rules = programmes[event.programme].card_types[event.card_type].checks
    application = Application(
        id=new_id("app"),
        order_id=event.order_id,
        programme=event.programme,
        card_type=event.card_type,
        channel=event.channel,
        household_id=event.household_id,
        holder_id=event.holder_id,
        state="pending",
        opened_at=now(),
    )
    session.add(application)
    session.flush()
    audit.record(session, event, "application_opened", application.id, order_id=event.order_id)
    for position, rule in enumerate(rules):
        _open_check(session, application, position, rule)
    if not rules:
        approve(session, event, application)


def _open_check(session: Session, application: Application, position: int, rule: CheckRule) -> None:
    check = Check(
        id=new_id("chk"),
        application_id=application.id,
        position=position,
        kind=rule.kind,
        decider=DECIDERS[rule.decided_by],
        state="pending",
        waiting_for=DECIDERS[rule.decided_by],
    )
    session.add(check)
    session.flush()
    if check.decider == "service":
        session.add(QuotientRead(check_id=check.id, attempts=0, due_at=real_now()))


def approve(session: Session, by: Event | str, application: Application) -> None:
    """Every check was accepted: say so, once."""
    application.state, application.decided_at = "approved", now()
    audit.record(session, by, "application_approved", application.id, order_id=application.order_id)
    announce(
        session,
        ApplicationApproved(**stamp(), application_id=application.id, order_id=application.order_id),
    )


def get_application(session: Session, *, order_id: str) -> ApplicationView:
    """Return the application; `opening` while `order_placed` is on its way.

    Whoever reads an order is judged by `cards`, which alone can verify its secret; the gateway then asks
    here in its own name, and nobody else may.
    """
    application = session.execute(
        select(Application).where(Application.order_id == order_id)
    ).scalar_one_or_none()
    if application is None:
        return {"order_id": order_id, "state": "opening", "checks": []}
    checks = session.scalars(
        select(Check).where(Check.application_id == application.id).order_by(Check.position)
    )
    return {
        "order_id": order_id,
        "state": application.state,  # type: ignore[typeddict-item]  # a CHECK constraint keeps it
        "checks": [check_view(check) for check in checks],
    }


def check_view(check: Check) -> CheckView:
    """Return the check without its note; `decided_by` is the id of the officer, or of this service."""
    return {
        "id": check.id,
        "kind": check.kind,
        "state": check.state,  # type: ignore[typeddict-item]  # a CHECK constraint keeps it
        "reason_code": check.reason_code,
        "decided_by": check.decided_by,
        "decided_at": None if check.decided_at is None else rfc3339(check.decided_at),
        "waiting_for": check.waiting_for,  # type: ignore[typeddict-item]  # a CHECK constraint keeps it
    }
