"""Reading the family quotients that are due: lease one, ask outside of any transaction, decide.

Any number of processes run this at once. A row is leased to one of them at a time, and a pause that the
API asked of one holds for all.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.clock import now, real_now
from chassis.ids import new_id
from chassis.log import get_logger
from chassis.metrics import counter
from contracts.programmes import Programme
from identity.checking import reasons
from identity.checking.deciding import Decision, apply_decision, lock_check
from identity.checking.family_quotient import (
    CivilIdentity,
    FamilyQuotientApi,
    NotFound,
    Paused,
    QuotientRead,
    Reply,
    RequestRefused,
    Unavailable,
)
from identity.checking.quotient_judging import judge
from identity.models import ApiPause, Application, Check, Holder, Person
from identity.models import QuotientRead as Work

API = "family_quotient"
DECIDER = "service:identity"
# Longer than any call can take, so that a lease only runs out when its worker died.
LEASE_S = 60
MAX_READS_A_ROUND = 20
# How long after each failed attempt the next is made; after the last an officer decides (about 1 h 35).
RETRY_DELAYS_S = (2, 10, 60, 300, 1_800, 3_600)

log = get_logger()
reads_total = counter("identity_quotient_reads_total", "Calls of the family quotient API.", ("outcome",))
Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, kw_only=True, repr=False)
class Claim:
    """One quotient leased to this worker. `month` is the first day of the civil month to be read."""

    check_id: str
    lease_id: str
    identity: CivilIdentity | None
    below: int
    month: date


def read_due_quotients(
    transaction: Transaction, api: FamilyQuotientApi, programmes: Mapping[str, Programme]
) -> int:
    """Read what is due, a bounded number; return how many calls were made."""
    calls = 0
    while calls < MAX_READS_A_ROUND:
        with transaction() as session:
            claim = claim_next(session, programmes)
        if claim is None:
            break
        if claim.identity is None:
            with transaction() as session:
                hand_over(session, claim, reasons.IDENTITY_INCOMPLETE)
            continue
        reply = api.read(claim.identity, claim.month)
        calls += 1
        with transaction() as session:
            settle(session, programmes, claim, claim.identity, reply)
    return calls


def claim_next(session: Session, programmes: Mapping[str, Programme]) -> Claim | None:
    """Lease the quotient that has waited longest, unless the API asked everybody to wait."""
    at = real_now()
    if session.scalar(select(ApiPause.until).where(ApiPause.api == API, ApiPause.until > at)):
        return None
    work = session.scalars(
        select(Work)
        .where(Work.due_at <= at, Work.leased_until.is_(None) | (Work.leased_until < at))
        .order_by(Work.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if work is None:
        return None
    work.lease_id, work.leased_until = new_id("lea"), at + timedelta(seconds=LEASE_S)
    return _claim(session, work.check_id, work.lease_id, programmes)


def _claim(session: Session, check_id: str, lease_id: str, programmes: Mapping[str, Programme]) -> Claim:
    application, person, holder = session.execute(
        select(Application, Person, Holder)
        .join(Check, Check.application_id == Application.id)
        .join(Person, Person.id == Application.holder_id)
        .join(Holder, Holder.person_id == Person.id)
        .where(Check.id == check_id)
    ).one()
    programme = programmes[application.programme]
    threshold = programme.card_types[application.card_type].family_quotient
    assert threshold is not None, "a programme with this check has a threshold: its file is refused without"
    return Claim(
        check_id=check_id,
        lease_id=lease_id,
        identity=_identity(person, holder),
        below=threshold.below,
        month=now().astimezone(ZoneInfo(programme.timezone)).date().replace(day=1),
    )


def _identity(person: Person, holder: Holder) -> CivilIdentity | None:
    if holder.sex is None or holder.birth_country is None:
        return None
    return CivilIdentity(
        birth_name=holder.birth_name or person.family_name,
        used_name=person.family_name,
        given_names=person.given_name,
        birth_date=person.birth_date,
        sex=holder.sex,
        birth_country=holder.birth_country,
        birth_insee=holder.birth_insee,
    )


def settle(
    session: Session,
    programmes: Mapping[str, Programme],
    claim: Claim,
    identity: CivilIdentity,
    reply: Reply,
) -> None:
    """Turn the reply into a decision, a hand-over to an officer, a later attempt or a pause for all."""
    match reply:
        case QuotientRead():
            outcome = _judge(session, programmes, claim, identity, reply)
        case NotFound():
            outcome = hand_over(session, claim, reasons.QUOTIENT_NOT_FOUND)
        case RequestRefused():
            # Most likely our own fault, such as a wrong recipient: somebody should look.
            log.error("family_quotient_request_refused", check_id=claim.check_id)
            outcome = hand_over(session, claim, reasons.QUOTIENT_REQUEST_REFUSED)
        case Paused(retry_after_s=seconds):
            outcome = _pause(session, claim, seconds)
        case Unavailable(cause=cause):
            outcome = _postpone(session, claim, cause)
    reads_total.labels(outcome).inc()
    log.info("family_quotient_asked", check_id=claim.check_id, reply=type(reply).__name__)


def _judge(
    session: Session,
    programmes: Mapping[str, Programme],
    claim: Claim,
    identity: CivilIdentity,
    read: QuotientRead,
) -> str:
    month = f"{claim.month:%Y-%m}"
    verdict = judge(read, identity, month=month, below=claim.below)
    if verdict == "accepted":
        acceptance = Decision(outcome="accepted", decided_by=DECIDER, month_read=month)
        return _decide(session, programmes, claim, acceptance)
    if verdict == reasons.QUOTIENT_TOO_HIGH:
        refusal = Decision(outcome="refused", decided_by=DECIDER, reason_code=verdict, month_read=month)
        return _decide(session, programmes, claim, refusal)
    return hand_over(session, claim, verdict)


def _decide(session: Session, programmes: Mapping[str, Programme], claim: Claim, decision: Decision) -> str:
    application, check = lock_check(session, claim.check_id)
    work = _leased(session, claim)
    if work is not None:
        session.delete(work)
        apply_decision(session, programmes, application, check, decision)
    return "decided"


def hand_over(session: Session, claim: Claim, reason_code: str) -> str:
    """Leave the check to an officer, with the reason why the API could not decide it."""
    _, check = lock_check(session, claim.check_id)
    work = _leased(session, claim)
    if work is not None:
        session.delete(work)
        check.waiting_for, check.reason_code = "officer", reason_code
        audit.record(session, DECIDER, "check_handed_over", check.id, reason=reason_code)
        log.info("check_handed_over", check_id=check.id, reason_code=reason_code)
    return "handed_over"


def _pause(session: Session, claim: Claim, retry_after_s: int) -> str:
    until = real_now() + timedelta(seconds=retry_after_s)
    fresh = insert(ApiPause).values(api=API, until=until)
    longest = func.greatest(ApiPause.until, fresh.excluded.until)
    session.execute(fresh.on_conflict_do_update(index_elements=[ApiPause.api], set_={"until": longest}))
    work = _leased(session, claim)
    if work is not None:
        # No attempt of this check's: the API was busy with others.
        work.lease_id = work.leased_until = None
    return "paused"


def _postpone(session: Session, claim: Claim, cause: str) -> str:
    # The application's lock first, as everywhere: a hand-over below would take it second and could deadlock.
    lock_check(session, claim.check_id)
    work = _leased(session, claim)
    if work is None:
        return "unavailable"
    log.warning(
        "family_quotient_unavailable", check_id=claim.check_id, cause=cause, attempts=work.attempts + 1
    )
    if work.attempts >= len(RETRY_DELAYS_S):
        return hand_over(session, claim, reasons.QUOTIENT_UNAVAILABLE)
    work.due_at = real_now() + timedelta(seconds=RETRY_DELAYS_S[work.attempts])
    work.attempts += 1
    work.lease_id = work.leased_until = None
    return "unavailable"


def _leased(session: Session, claim: Claim) -> Work | None:
    """Return the work row, locked, if it is still ours: not decided, not leased to another since."""
    return session.scalars(
        select(Work).where(Work.check_id == claim.check_id, Work.lease_id == claim.lease_id).with_for_update()
    ).one_or_none()
