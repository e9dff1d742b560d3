"""Opening an order's application with the checks that its card type asks for, and showing it."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now, rfc3339
from chassis.ids import new_id
from contracts.cards import OrderPlaced
from contracts.identity import ApplicationView, CheckView
from contracts.programmes import Programme
from identity.checking.approving import approve_or_hold
from identity.checking.checks import open_check
from identity.models import Application, Check


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
        open_check(session, application, position, rule)
    if not rules:
        approve_or_hold(session, programmes, event, application)


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
