"""Whether a household still has a card to spend its pots with."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from cards.models import Card
from cards.pots.models import Allowance

# A lost or stolen card is somebody's right to a new one; one made in error or by fraud is not.
CUTTING_REASONS = ("error", "fraud")


def is_cut_off(programme: str, until: datetime) -> ColumnElement[bool]:
    """The condition on an allowance that a card of its household was revoked for error or fraud until then,
    and that no other can be used, now or once reissued."""
    usable, replacement = aliased(Card), aliased(Card)
    # From the few cards that were revoked so, not from every pot.
    revoked = select(Card.household_id).where(
        Card.programme == programme, Card.revoked_reason.in_(CUTTING_REASONS), Card.revoked_at <= until
    )
    is_replaced = exists().where(replacement.replaces == usable.id)
    can_be_used = exists().where(
        usable.household_id == Allowance.household_id,
        usable.programme == programme,
        or_(
            usable.revoked_at.is_(None),
            usable.revoked_at > until,
            usable.revoked_reason.not_in(CUTTING_REASONS) & ~is_replaced,
        ),
    )
    return Allowance.household_id.in_(revoked) & ~can_be_used
