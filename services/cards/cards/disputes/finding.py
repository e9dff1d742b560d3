"""The officer's queue of disputes."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.disputes.models import Dispute
from cards.disputes.views import view_for_officer, view_visit
from cards.input_rules import check_limit, invalid
from cards.models import Card
from cards.scan.models import Redemption
from chassis.calls.caller import Caller
from contracts.cards import DisputePage, DisputeState

STATES: tuple[DisputeState, ...] = ("open", "upheld", "rejected")


def find_disputes(
    session: Session, caller: Caller, *, state: DisputeState, cursor: str | None, limit: int
) -> DisputePage:
    """Return a page of the disputes of the caller's programmes, oldest first; the cursor is the last id of
    the page before."""
    check_limit(limit)
    if state not in STATES:
        raise invalid("state", f"l’un de : {', '.join(STATES)}", f"one of: {', '.join(STATES)}")
    query = (
        select(Dispute, Redemption, Card.revoked_at)
        .join(Redemption, Redemption.id == Dispute.redemption_id)
        .join(Card, Card.id == Redemption.card_id)
        .where(Dispute.outcome.is_(None) if state == "open" else Dispute.outcome == state)
        .where(Dispute.id > (cursor or ""))
    )
    if caller.programmes:
        query = query.where(Dispute.programme.in_(caller.programmes))
    rows = session.execute(query.order_by(Dispute.id).limit(limit + 1)).all()
    page = rows[:limit]
    return {
        "disputes": [
            view_for_officer(dispute, view_visit(redemption, revoked_at))
            for dispute, redemption, revoked_at in page
        ],
        "next_cursor": page[-1][0].id if len(rows) > limit else None,
    }
