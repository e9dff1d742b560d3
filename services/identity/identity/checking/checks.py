"""Opening one check of an application, and who decides it."""

from collections.abc import Mapping
from typing import Literal

from sqlalchemy.orm import Session

from chassis.clock import real_now
from chassis.ids import new_id
from contracts.programmes.shape import Check as CheckRule
from identity.models import Application, Check, QuotientRead

Decider = Literal["officer", "office_officer", "service"]
DECIDERS: Mapping[str, Decider] = {
    "officer": "officer",
    "office_officer": "office_officer",
    "family_quotient_api": "service",
}


def open_check(
    session: Session, application: Application, position: int, rule: CheckRule, reason_code: str | None = None
) -> Check:
    """Keep a pending check; `reason_code` says why one is opened that the programme does not name."""
    check = Check(
        id=new_id("chk"),
        application_id=application.id,
        position=position,
        kind=rule.kind,
        decider=DECIDERS[rule.decided_by],
        state="pending",
        waiting_for=DECIDERS[rule.decided_by],
        reason_code=reason_code,
    )
    session.add(check)
    session.flush()
    if check.decider == "service":
        session.add(QuotientRead(check_id=check.id, attempts=0, due_at=real_now()))
    return check
