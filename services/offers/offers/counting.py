"""Sales counted from the scans' events: each redemption adds, its cancellation takes the same out again.

The inbox makes each event count once. The two may come in any order: the sum is the same in the end, and
below zero for the moment in which only the cancellation was heard.
"""

from datetime import datetime
from typing import Literal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.cards import RedemptionRecorded
from contracts.programmes.days import local_day
from offers.models import Sales

COUNTERS = (
    "redemptions",
    "adults",
    "children",
    "gross_cents",
    "reduction_cents",
    "net_cents",
    "paid_from_pot_cents",
)
KEY = ("provider_id", "day", "offer_id", "card_type")


def count_redemption(session: Session, event: RedemptionRecorded, sign: Literal[1, -1]) -> None:
    """Add the redemption (``sign`` 1) or take it out (-1), on the civil day in Paris of the scan itself."""
    fresh = insert(Sales).values(
        provider_id=event.provider_id,
        day=local_day(datetime.fromisoformat(event.redeemed_at)),
        offer_id=event.offer_id,
        card_type=event.card_type,
        redemptions=sign,
        adults=sign * event.adults,
        children=sign * event.children,
        gross_cents=sign * event.gross_cents,
        reduction_cents=sign * event.reduction_cents,
        net_cents=sign * event.net_cents,
        paid_from_pot_cents=sign * event.paid_from_pot_cents,
    )
    added = {name: getattr(Sales, name) + fresh.excluded[name] for name in COUNTERS}
    session.execute(fresh.on_conflict_do_update(index_elements=KEY, set_=added))
