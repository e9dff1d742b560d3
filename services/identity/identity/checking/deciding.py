"""Deciding a check, and what it means for the application: all accepted, or one refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.events.outbox import announce, stamp
from chassis.log import get_logger
from chassis.metrics import counter
from contracts.identity import ApplicationRefused, CheckDecided, CheckView
from contracts.names import name_key
from contracts.programmes import Programme
from contracts.programmes.further_checks import SECOND_POT
from contracts.refusals import Refusal
from identity.checking.applications import check_view
from identity.checking.approving import approve_or_hold
from identity.checking.reasons import REFUSAL_REASONS
from identity.input_rules import MAX_NOTE_CHARS, check_choice, check_optional_text, refuse
from identity.models import Application, Check, Holder, QuotientRead

log = get_logger()
decided_total = counter("identity_checks_decided_total", "Checks decided.", ("kind", "outcome", "by"))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided, by whom (a staff id or a service), and for a quotient which month was read."""

    outcome: Literal["accepted", "refused"]
    decided_by: str
    reason_code: str | None = None
    note: str | None = None
    month_read: str | None = None


def decide_check(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    check_id: str,
    outcome: str,
    reason_code: str | None,
    note: str | None,
) -> CheckView:
    """Accept or refuse a pending check in an officer's name."""
    decision = _decision(caller, outcome, reason_code, note)
    answer = once(
        session,
        caller=caller.subject,
        operation="decide_check",
        key=idempotency_key,
        request={"check_id": check_id, "outcome": outcome, "reason_code": reason_code, "note": note},
        act=lambda: _decide_as_officer(session, caller, programmes, check_id, decision),
    )
    return cast(CheckView, answer)


def _decision(caller: Caller, outcome: str, reason_code: str | None, note: str | None) -> Decision:
    check_choice("outcome", outcome, ("accepted", "refused"))
    if outcome == "accepted" and reason_code is not None:
        raise refuse("reason_code", "refused")
    if outcome == "refused" and reason_code is None:
        raise Refusal("reason_code_required", field="reason_code")
    if reason_code is not None:
        check_choice("reason_code", reason_code, REFUSAL_REASONS)
    return Decision(
        outcome=cast(Literal["accepted", "refused"], outcome),
        decided_by=caller.subject,
        reason_code=reason_code,
        note=check_optional_text("note", note, MAX_NOTE_CHARS),
    )


def _decide_as_officer(
    session: Session, caller: Caller, programmes: Mapping[str, Programme], check_id: str, decision: Decision
) -> CheckView:
    application, check = lock_check(session, check_id)
    holder = session.get_one(Holder, application.holder_id)
    if not concerns(caller, application, check, holder.organisation_key):
        raise Refusal("not_found")
    if check.state != "pending":
        raise Refusal("check_already_decided")
    if application.state != "pending":
        raise Refusal("already_decided")
    if check.waiting_for == "service":
        # Nobody overrules a machine that is still asking; where it cannot tell, it hands over.
        raise Refusal("not_allowed")
    _check_note(check, decision)
    apply_decision(session, programmes, application, check, decision)
    return check_view(check)


def _check_note(check: Check, decision: Decision) -> None:
    """Whoever lets the same people have a second pot says why."""
    if check.kind == SECOND_POT.kind and decision.outcome == "accepted" and decision.note is None:
        raise Refusal(
            "invalid_field",
            field="note",
            rule="required: why the same household may have a second pot",
            rule_fr="obligatoire : pourquoi le même foyer peut avoir une deuxième cagnotte",
        )


def lock_check(session: Session, check_id: str) -> tuple[Application, Check]:
    """Return a check and its application, both locked; always the application first, so that two
    decisions on one application wait for each other instead of both missing the last one."""
    found = session.execute(select(Check.application_id).where(Check.id == check_id)).scalar_one_or_none()
    if found is None:
        raise Refusal("not_found")
    application = session.execute(
        select(Application).where(Application.id == found).with_for_update()
    ).scalar_one()
    return application, session.execute(select(Check).where(Check.id == check_id)).scalar_one()


def concerns(caller: Caller, application: Application, check: Check, organisation_key: str | None) -> bool:
    """Say whether the check is this officer's business: an office's officer keeps to its own people too."""
    if not caller.works_for(application.programme):
        return False
    if caller.role != "office_officer":
        return True
    if check.decider != "office_officer":
        return False
    return caller.organisation is None or name_key(caller.organisation) == organisation_key


def apply_decision(
    session: Session,
    programmes: Mapping[str, Programme],
    application: Application,
    check: Check,
    decision: Decision,
) -> None:
    """Decide the check of a locked, pending application, and announce what follows from it."""
    check.state, check.waiting_for = decision.outcome, None
    check.reason_code, check.note = decision.reason_code, decision.note
    check.decided_by, check.decided_at = decision.decided_by, now()
    check.month_read = decision.month_read
    said = {"kind": check.kind, "outcome": decision.outcome, "reason": decision.reason_code}
    audit.record(session, decision.decided_by, "check_decided", check.id, **said)
    announce(
        session,
        CheckDecided(
            **stamp(),
            check_id=check.id,
            order_id=application.order_id,
            kind=check.kind,
            outcome=decision.outcome,
            reason_code=decision.reason_code,
        ),
    )
    session.flush()
    by = "service" if decision.decided_by.startswith("service:") else "staff"
    decided_total.labels(check.kind, decision.outcome, by).inc()
    log.info("check_decided", check_id=check.id, order_id=application.order_id, outcome=decision.outcome)
    _settle(session, programmes, application, decision)


def _settle(
    session: Session, programmes: Mapping[str, Programme], application: Application, decision: Decision
) -> None:
    mine = Check.application_id == application.id
    if decision.outcome == "refused":
        assert decision.reason_code is not None, "a refusal has a reason"
        application.state, application.decided_at = "refused", now()
        said = {"order_id": application.order_id, "reason": decision.reason_code}
        audit.record(session, decision.decided_by, "application_refused", application.id, **said)
        # Nobody's quotient is read for an application that is already refused.
        pending = select(Check.id).where(mine)
        session.execute(delete(QuotientRead).where(QuotientRead.check_id.in_(pending)))
        announce(
            session,
            ApplicationRefused(
                **stamp(),
                application_id=application.id,
                order_id=application.order_id,
                reason_code=decision.reason_code,
            ),
        )
    elif not session.scalar(select(exists().where(mine, Check.state != "accepted"))):
        approve_or_hold(session, programmes, decision.decided_by, application)
