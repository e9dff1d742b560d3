"""Approving an application whose checks were all accepted, unless its people have a pot that nobody spoke of.

One household, one pot: where somebody of the household is in an approved order that gives a pot, a further
check waits for an officer, who says why there may be another.
"""

from collections.abc import Mapping

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now
from chassis.events.outbox import announce, stamp
from chassis.log import get_logger
from contracts.base import Event
from contracts.identity import ApplicationApproved
from contracts.programmes import Programme
from contracts.programmes.further_checks import SECOND_POT
from identity.checking.checks import open_check
from identity.checking.reasons import HOUSEHOLD_HAS_POT
from identity.models import Application, Check
from identity.people.recognising import find_approved, lock_people

log = get_logger()


def approve_or_hold(
    session: Session, programmes: Mapping[str, Programme], by: Event | str, application: Application
) -> None:
    """Approve the locked application, or open the check of a second pot, once.

    The people are locked before the others' applications are read, by a statement of its own: of two orders
    that are approved at once, the second sees what the first has done.
    """
    programme = programmes[application.programme]
    if programme.card_types[application.card_type].pots:
        session.flush()
        lock_people(session, application.household_id)
        if not _was_spoken_of(session, application):
            with_pot = [code for code, card_type in programme.card_types.items() if card_type.pots]
            approved = find_approved(session, application, with_pot)
            if approved is not None:
                _hold(session, programme, by, application, approved)
                return
    _approve(session, by, application)


def _was_spoken_of(session: Session, application: Application) -> bool:
    # All checks were accepted, so this one too, with its note.
    spoken_of = exists().where(Check.application_id == application.id, Check.kind == SECOND_POT.kind)
    return bool(session.scalar(select(spoken_of)))


def _hold(
    session: Session, programme: Programme, by: Event | str, application: Application, approved_order: str
) -> None:
    position = len(programme.card_types[application.card_type].checks)
    check = open_check(session, application, position, SECOND_POT, HOUSEHOLD_HAS_POT)
    said = {"order_id": application.order_id, "other_order_id": approved_order, "reason": HOUSEHOLD_HAS_POT}
    audit.record(session, by, "check_opened", check.id, kind=SECOND_POT.kind, **said)
    log.info("second_pot_held", order_id=application.order_id, other_order_id=approved_order)


def _approve(session: Session, by: Event | str, application: Application) -> None:
    application.state, application.decided_at = "approved", now()
    audit.record(session, by, "application_approved", application.id, order_id=application.order_id)
    announce(
        session,
        ApplicationApproved(**stamp(), application_id=application.id, order_id=application.order_id),
    )
