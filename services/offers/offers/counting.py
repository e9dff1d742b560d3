"""Sales counted from the scans' events: each redemption adds, its cancellation takes the same out again.

The inbox makes each event count once. The two may come in any order: the sum is the same in the end, and
below zero for the moment in which only the cancellation was heard.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
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
Key = tuple[str, date, str, str]

_fresh = insert(Sales)
# RETURNING has SQLAlchemy send all rows in one statement; an upsert without it goes row by row.
_ADD = _fresh.on_conflict_do_update(
    index_elements=KEY, set_={name: getattr(Sales, name) + _fresh.excluded[name] for name in COUNTERS}
).returning(Sales.day)


def count_redemptions(session: Session, events: Sequence[RedemptionRecorded], sign: Literal[1, -1]) -> None:
    """Add the redemptions (``sign`` 1) or take them out (-1), each on the civil day in Paris of its visit."""
    sums: dict[Key, list[int]] = defaultdict(lambda: [0] * len(COUNTERS))
    for event in events:
        row = sums[_key(event)]
        for place, name in enumerate(COUNTERS):
            row[place] += sign * (1 if name == "redemptions" else getattr(event, name))
    # In one order everywhere, so that two processes that count the same providers never wait for each other.
    rows = [dict(zip(KEY + COUNTERS, (*key, *counted), strict=True)) for key, counted in sorted(sums.items())]
    session.execute(_ADD, rows)


def _key(event: RedemptionRecorded) -> Key:
    day = local_day(datetime.fromisoformat(event.moment))
    return event.provider_id, day, event.offer_id, event.card_type
