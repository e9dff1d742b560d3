"""The one table of what calls of the scan cost: times cannot be asserted, counts can."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Cost:
    """SQL statements in `cards` and round trips to its database, each of them what is sent at once (BEGIN and
    COMMIT go out with statements, or are one each); what is published because of the call, by routing key
    (each request is answered by one reply more; an event counts as one, though it may share its message with
    others); the log lines that speak of it, by service and event name, many of which tell of other calls too.
    """

    statements: int
    round_trips: int
    published: dict[str, int] = field(default_factory=dict)
    logged: frozenset[str] = frozenset()


ANSWERED = frozenset({"gateway request_answered"})
REFUSED = ANSWERED | {"cards scan_refused"}
HEARD = ANSWERED | {
    *("cards events_published", "wallet events_handled", "offers events_handled", "notify events_handled"),
    "notify message_sent",
}
# An accepted scan and its event; what receipts ask is asked once for many (notify's test_batches.py).
SCAN = {"cards.redeem": 1, "redemption_recorded": 1}
REDEEM = {"cards.redeem": 1}

COSTS = {
    "a scan without the pot": Cost(statements=3, round_trips=2, published=SCAN, logged=HEARD),
    "a scan with the pot": Cost(
        statements=3,
        round_trips=2,
        published=SCAN | {"wallet_debited": 1},
        logged=HEARD | {"wallet events_published"},
    ),
    "a scan by number with the pot and its code": Cost(statements=3, round_trips=2),
    "the same key again": Cost(statements=2, round_trips=2, published=REDEEM, logged=ANSWERED),
    "a second read": Cost(statements=3, round_trips=2, published=REDEEM, logged=ANSWERED),
    "a refused scan": Cost(statements=3, round_trips=2, published=REDEEM, logged=REFUSED),
    "an unknown card": Cost(statements=3, round_trips=2),
    "a quote": Cost(statements=1, round_trips=1, published={"cards.quote": 1}, logged=ANSWERED),
    "a refused quote": Cost(statements=2, round_trips=2),
}

WHAT_TO_DO = (
    "What a scan costs has changed. If that was meant, change tests/costs.py and the life of a scan in "
    "ARCHITECTURE.md; if not, look for what was added to its path: a statement (an ORM flush, a lazy load, a "
    "second read), a call to another service, an event, a log line."
)
