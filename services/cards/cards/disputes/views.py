"""What the service answers about disputes."""

from datetime import datetime
from typing import cast

from sqlalchemy.orm import Session

from cards.disputes.locking import locked_pot_ids
from cards.disputes.models import Dispute
from cards.scan.models import Redemption
from cards.views import view_redemption
from chassis.clock import rfc3339
from contracts.cards import DisputedVisit, DisputeState, DisputeView, OfficerDisputeView


def view_dispute(session: Session, dispute: Dispute, redemption: Redemption) -> DisputeView:
    """A dispute with what it means for the pots now; nobody's note, for the answer is kept under its key."""
    cancelled_at, decided_at = redemption.cancelled_at, dispute.decided_at
    return {
        "id": dispute.id,
        "redemption_id": dispute.redemption_id,
        "state": state_of(dispute),
        "opened_at": rfc3339(dispute.opened_at),
        "decided_at": None if decided_at is None else rfc3339(decided_at),
        "redemption_cancelled_at": None if cancelled_at is None else rfc3339(cancelled_at),
        "not_cancelled_because": dispute.not_cancelled_because,
        "locked_pot_ids": locked_pot_ids(session, dispute.household_id, dispute.programme),
    }


def view_for_officer(dispute: Dispute, visit: DisputedVisit) -> OfficerDisputeView:
    """A dispute with what an officer needs to decide it."""
    decided_at = dispute.decided_at
    return {
        "id": dispute.id,
        "programme": dispute.programme,
        "state": state_of(dispute),
        "opened_at": rfc3339(dispute.opened_at),
        "note": dispute.note,
        "decided_at": None if decided_at is None else rfc3339(decided_at),
        "decision_note": dispute.decision_note,
        "not_cancelled_because": dispute.not_cancelled_because,
        "visit": visit,
    }


def view_visit(redemption: Redemption, card_revoked_at: datetime | None) -> DisputedVisit:
    """The visit with how the card was read, and by what."""
    return {
        **view_redemption(redemption, card_revoked_at),
        "device_id": redemption.device_id,
        "medium": redemption.medium,
        "adults": redemption.adults,
        "children": redemption.children,
    }


def state_of(dispute: Dispute) -> DisputeState:
    """Open until it is decided, then as it was decided."""
    return cast(DisputeState, dispute.outcome or "open")
