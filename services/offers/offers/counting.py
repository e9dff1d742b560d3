"""Sales counted from the scans' events: each redemption adds, its cancellation takes the same out again.

The inbox makes each event count once. The two may come in any order: the sum is the same in the end, and
below zero for the moment in which only the cancellation was heard.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.cards import RedemptionRecorded
from contracts.programmes.days import local_day
from offers.models import Sales, SiteSales

COUNTERS = (
    "redemptions",
    "adults",
    "children",
    "gross_cents",
    "reduction_cents",
    "net_cents",
    "paid_from_pot_cents",
)
# Each table of sales by its key, as it is named in the table and in the event.
KEYS = {
    Sales: ("provider_id", "day", "offer_id", "card_type"),
    SiteSales: ("provider_id", "day", "site_id"),
}
Key = tuple[Any, ...]


def _adding(table: type[Sales] | type[SiteSales]) -> Any:
    fresh = insert(table)
    more = {name: getattr(table, name) + fresh.excluded[name] for name in COUNTERS}
    # RETURNING has SQLAlchemy send all rows in one statement; an upsert without it goes row by row.
    return fresh.on_conflict_do_update(index_elements=KEYS[table], set_=more).returning(table.day)


_ADD = {table: _adding(table) for table in KEYS}


def count_redemptions(session: Session, events: Sequence[RedemptionRecorded], sign: Literal[1, -1]) -> None:
    """Add the redemptions (``sign`` 1) or take them out (-1), each on the civil day in Paris of its visit."""
    for table, names in KEYS.items():
        sums: dict[Key, list[int]] = defaultdict(lambda: [0] * len(COUNTERS))
        for event in events:
            row = sums[tuple(_day_of(event) if name == "day" else getattr(event, name) for name in names)]
            for place, name in enumerate(COUNTERS):
                row[place] += sign * (1 if name == "redemptions" else getattr(event, name))
        # In one order everywhere, so that two processes that count the same providers never wait for each other.
        rows = [
            dict(zip(names + COUNTERS, (*key, *counted), strict=True))
            for key, counted in sorted(sums.items())
        ]
        session.execute(_ADD[table], rows)


def _day_of(event: RedemptionRecorded) -> date:
    return local_day(datetime.fromisoformat(event.moment))
