"""The one table of what calls of the scan cost: times cannot be asserted, counts can."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Cost:
    """SQL statements and transactions in `cards`; what is published because of the call, by routing key
    (requests and events; each request is answered by one reply more)."""

    statements: int
    transactions: int = 1
    published: dict[str, int] = field(default_factory=dict)

    @property
    def round_trips(self) -> int:
        """To the database: BEGIN and the end of a transaction are one each."""
        return self.statements + 2 * self.transactions


# An accepted scan and its event; what receipts ask is asked once for many (notify's test_batches.py).
SCAN = {"cards.redeem": 1, "redemption_recorded": 1}
REDEEM = {"cards.redeem": 1}

COSTS = {
    "a scan without the pot": Cost(statements=3, published=SCAN),
    "a scan with the pot": Cost(statements=3, published=SCAN | {"wallet_debited": 1}),
    "a scan by number with the pot and its code": Cost(statements=6),
    "the same key again": Cost(statements=2, published=REDEEM),
    "a second read": Cost(statements=3, published=REDEEM),
    "a refused scan": Cost(statements=3, transactions=2, published=REDEEM),
    "an unknown card": Cost(statements=3, transactions=2),
    "a quote": Cost(statements=2, published={"cards.quote": 1}),
    "a refused quote": Cost(statements=3, transactions=2),
}

WHAT_TO_DO = (
    "What a scan costs has changed. If that was meant, change tests/costs.py and the life of a scan in "
    "ARCHITECTURE.md; if not, look for what was added to its path: a statement (an ORM flush, a lazy load, a "
    "second read), a call to another service, an event."
)
