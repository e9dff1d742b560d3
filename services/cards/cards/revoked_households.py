"""Whether a household still has a card to spend its pots with."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session, aliased

from cards.models import Card

# A lost or stolen card is somebody's right to a new one; one made in error or by fraud is not.
CUTTING_REASONS = ("error", "fraud")


def is_cut_off(session: Session, household_id: str, programme: str) -> bool:
    """True when a card was revoked for error or fraud and no other can be used, now or once reissued."""
    replacement = aliased(Card)
    mine = select(Card.id).where(Card.household_id == household_id, Card.programme == programme)
    is_replaced = exists().where(replacement.replaces == Card.id)
    usable = mine.where(
        or_(
            Card.revoked_at.is_(None),
            Card.revoked_reason.not_in(CUTTING_REASONS) & ~is_replaced,
        )
    )
    cut = mine.where(Card.revoked_reason.in_(CUTTING_REASONS))
    return bool(session.scalar(select(cut.exists() & ~usable.exists())))
