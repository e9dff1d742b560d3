"""Deciding a dispute: upheld, its redemption is cancelled as an officer cancels any; either way the pots are
unlocked, unless another dispute of the household is open."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from cards.disputes.locking import lock_or_unlock, take_turn
from cards.disputes.models import Dispute
from cards.disputes.views import view_dispute
from cards.input_rules import check_note, invalid
from cards.scan.cancelling import undo
from cards.scan.models import Redemption
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from contracts.cards import DisputeOutcome, DisputeView
from contracts.programmes import Programme
from contracts.refusals import Refusal

OUTCOMES: tuple[DisputeOutcome, ...] = ("upheld", "rejected")


def decide_dispute(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    dispute_id: str,
    outcome: DisputeOutcome,
    note: str | None,
) -> DisputeView:
    """Return the decided dispute; deciding the same once more, with any key, changes nothing."""
    if outcome not in OUTCOMES:
        raise invalid("outcome", f"l’un de : {', '.join(OUTCOMES)}", f"one of: {', '.join(OUTCOMES)}")
    check_note(note)
    answer: DisputeView = once(
        session,
        caller=caller.subject,
        operation="decide_dispute",
        key=idempotency_key,
        request={"dispute_id": dispute_id, "outcome": outcome, "note": note},
        act=lambda: _decide_once(session, caller, programmes, dispute_id, outcome, note),
    )
    return answer


def _decide_once(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    dispute_id: str,
    outcome: DisputeOutcome,
    note: str | None,
) -> DisputeView:
    dispute = session.get(Dispute, dispute_id, with_for_update={"key_share": True})
    if dispute is None or not caller.works_for(dispute.programme):
        raise Refusal("not_found")
    if dispute.outcome is None:
        _decide(session, caller, programmes, dispute, outcome, note)
    elif dispute.outcome != outcome:
        raise Refusal("already_decided")
    return view_dispute(session, dispute, session.get_one(Redemption, dispute.redemption_id))


def _decide(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    dispute: Dispute,
    outcome: DisputeOutcome,
    note: str | None,
) -> None:
    if outcome == "upheld":
        dispute.not_cancelled_because = _undo(session, caller, programmes, dispute.redemption_id)
    take_turn(session, dispute.household_id)
    dispute.outcome, dispute.decision_note = outcome, note
    dispute.decided_by, dispute.decided_at = caller.subject, now()
    session.flush()
    said = {"redemption_id": dispute.redemption_id, "outcome": outcome}
    if dispute.not_cancelled_because is not None:
        said["not_cancelled_because"] = dispute.not_cancelled_because
    audit.record(session, caller, "dispute_decided", dispute.id, **said)
    lock_or_unlock(session, dispute.household_id, dispute.programme)


def _undo(
    session: Session, caller: Caller, programmes: Mapping[str, Programme], redemption_id: str
) -> str | None:
    """The code of the refusal, where its rule says that it can no longer be undone: the family was right all
    the same, and what becomes of the money is another matter."""
    try:
        undo(session, caller, programmes, redemption_id)
    except Refusal as refused:
        return refused.code
    return None
