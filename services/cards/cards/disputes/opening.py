"""Opening a dispute: a holder says of a visit "that wasn't me", and the household's pots are locked."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.disputes.locking import lock_or_unlock, take_turn
from cards.disputes.models import Dispute
from cards.disputes.views import view_dispute
from cards.input_rules import check_note
from cards.owning import own_visits
from cards.scan.models import Redemption
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.ids import new_id
from contracts.cards import DisputeView
from contracts.refusals import Refusal

# The school's summer holidays are eight weeks: who looks once they are over still finds their first visit.
# From when it was recorded, for nobody can see it before.
DISPUTE_DAYS = 60


def dispute_visit(
    session: Session, caller: Caller, *, idempotency_key: str, redemption_id: str, note: str | None
) -> DisputeView:
    """Return the dispute of the calling holder's visit; there is one for each, whatever the key."""
    check_note(note)
    answer: DisputeView = once(
        session,
        caller=caller.subject,
        operation="dispute_visit",
        key=idempotency_key,
        request={"redemption_id": redemption_id, "note": note},
        act=lambda: _dispute(session, caller, redemption_id, note),
    )
    return answer


def _dispute(session: Session, caller: Caller, redemption_id: str, note: str | None) -> DisputeView:
    # Locked, so that it is not cancelled meanwhile, and two disputes of it are one.
    own = select(Redemption).where(own_visits(caller), Redemption.id == redemption_id)
    redemption = session.scalar(own.with_for_update(key_share=True, of=Redemption))
    if redemption is None:
        raise Refusal("not_found")
    take_turn(session, redemption.household_id)
    dispute = session.scalar(select(Dispute).where(Dispute.redemption_id == redemption.id))
    if dispute is None:
        _check(redemption)
        dispute = _open(session, caller, redemption, note)
    return view_dispute(session, dispute, redemption)


def _check(redemption: Redemption) -> None:
    if redemption.cancelled_at is not None:
        raise Refusal("redemption_cancelled")
    if now() > redemption.redeemed_at + timedelta(days=DISPUTE_DAYS):
        raise Refusal("dispute_too_late", max_days=DISPUTE_DAYS)


def _open(session: Session, caller: Caller, redemption: Redemption, note: str | None) -> Dispute:
    dispute = Dispute(
        id=new_id("dsp"),
        redemption_id=redemption.id,
        household_id=redemption.household_id,
        programme=redemption.programme,
        note=note,
        opened_at=now(),
    )
    session.add(dispute)
    session.flush()
    audit.record(session, caller, "visit_disputed", dispute.id, redemption_id=redemption.id)
    lock_or_unlock(session, dispute.household_id, dispute.programme)
    return dispute
