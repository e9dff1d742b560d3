"""Any history of scans, cancellations and releases, delivered in any order and more than once."""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.database.engine import Database
from contracts.programmes import Programme
from wallet.debiting import debit_pots, reverse_debit
from wallet.pots import credit_pots, return_money
from wallet.totals import get_wallet_totals

HOUSEHOLDS = ("hh_1", "hh_2")
MAX_STEPS = 30

# Few numbers and more scans than closings: otherwise hardly a history would hold a late cancellation.
numbers = st.integers(0, 4)
scans = st.tuples(st.just("scan"), st.integers(0, 1), st.sampled_from([1, 2_500, 9_000, 27_500]))
steps = st.lists(
    st.one_of(
        scans,
        scans,
        st.tuples(st.just("cancel"), numbers, st.just(0)),
        st.tuples(st.just("deliver"), numbers, st.integers(1, 2)),
        st.tuples(st.just("hear"), st.just(0), st.just(0)),
        st.tuples(st.just("close"), st.integers(0, 1), st.just(0)),
    ),
    min_size=8,
    max_size=MAX_STEPS,
)


class Cards:
    """The allowance rule in its shortest form: what is spent was given before, whatever the bus does."""

    def __init__(self, messages: Any, deliver: Callable[[Any], None], heard: Callable[[], list[Any]]) -> None:
        self.messages, self.deliver, self.heard = messages, deliver, heard
        self.allowances: dict[str, int] = {}
        self.closed: set[str] = set()
        self.redemptions: list[tuple[str, str, int]] = []
        self.cancelled: set[str] = set()
        self.on_the_way: list[Any] = []
        self.releases = 0

    def hear(self, *_: int) -> None:
        for name, payload in self.heard():
            if name == "pot_credited":
                self.raise_allowance(payload["pot_id"], payload["amount_cents"])
            for draw in payload.get("draws", []):
                self.raise_allowance(draw["pot_id"], draw["amount_cents"])

    def raise_allowance(self, pot_id: str, cents: int) -> None:
        self.allowances[pot_id] = self.allowances.get(pot_id, 0) + cents
        if pot_id in self.closed:
            self.release(pot_id)

    def scan(self, pot: int, cents: int) -> None:
        pot_id = sorted(self.allowances)[pot]
        if self.allowances[pot_id] >= cents:
            self.allowances[pot_id] -= cents
            redemption_id = f"red_{len(self.redemptions)}"
            self.redemptions.append((redemption_id, pot_id, cents))
            self.on_the_way.append(self.messages.recorded(redemption_id, {pot_id: cents}))

    def cancel(self, number: int, _: int) -> None:
        if self.redemptions:
            redemption_id, pot_id, cents = self.redemptions[number % len(self.redemptions)]
            if redemption_id not in self.cancelled:
                self.cancelled.add(redemption_id)
                self.on_the_way.append(self.messages.cancelled(redemption_id, {pot_id: cents}))

    def close(self, pot: int, _: int) -> None:
        pot_id = sorted(self.allowances)[pot]
        self.closed.add(pot_id)
        self.release(pot_id)

    def release(self, pot_id: str) -> None:
        self.releases += 1
        cents, self.allowances[pot_id] = self.allowances[pot_id], 0
        self.on_the_way.append(self.messages.released(f"rel_{self.releases}", pot_id, cents, closes_pot=True))

    def bus(self, number: int, times: int) -> None:
        if self.on_the_way:
            event = self.on_the_way.pop(min(number, len(self.on_the_way) - 1))
            for _ in range(times):
                self.deliver(event)

    def settle(self, next_one: int) -> None:
        # What the last deliveries announced may be all that is still on its way.
        self.hear()
        while self.on_the_way:
            self.bus(next_one, 2)
            self.hear()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(history=[("scan", 0, 1), ("deliver", 0, 1), ("cancel", 0, 0), ("deliver", 0, 1)], next_one=0)
@given(history=steps, next_one=st.sampled_from([0, 1, MAX_STEPS]))
def test_any_history_keeps_every_cent(
    db: Database,
    owner_database: Callable[[str], Database],
    messages: Any,
    programmes: Mapping[str, Programme],
    history: list[tuple[str, int, int]],
    next_one: int,
) -> None:
    _empty(owner_database("wallet"))
    handlers = {
        "redemption_recorded": lambda session, event: debit_pots(session, [event]),
        "redemption_cancelled": reverse_debit,
        "allowance_released": return_money,
    }
    seen = 0

    def deliver(event: Any) -> None:
        with db.transaction() as session:
            handlers[event.name](session, event)
        _check_books(db)

    def heard() -> list[Any]:
        nonlocal seen
        with db.transaction() as session:
            query = text("SELECT seq, name, payload FROM outbox WHERE seq > :seen ORDER BY seq")
            rows = session.execute(query, {"seen": seen}).all()
        seen = rows[-1].seq if rows else seen
        return [(row.name, row.payload) for row in rows]

    cards = Cards(messages, deliver, heard)
    for household_id in HOUSEHOLDS:
        with db.transaction() as session:
            credit_pots(session, messages.validated(household_id), programmes)
    cards.hear()
    acts = {"scan": cards.scan, "cancel": cards.cancel, "close": cards.close, "deliver": cards.bus}
    for name, first, second in history:
        {**acts, "hear": cards.hear}[name](first, second)
    cards.settle(next_one)
    _check_end(db, cards)


def _check_books(db: Database) -> None:
    with db.transaction() as session:
        totals = get_wallet_totals(session)
    assert totals["unbalanced_transfers"] == totals["negative_pots"] == 0
    moved_cents = totals["announced_cents"] - totals["debited_cents"] - totals["returned_cents"]
    assert totals["balance_cents"] == moved_cents


def _check_end(db: Database, cards: Cards) -> None:
    """Once the bus is quiet, each pot holds its allowance and the provider what was really spent."""
    with db.transaction() as session:
        pots = dict(session.execute(text("SELECT id, balance_cents FROM pots")).all())  # type: ignore[arg-type]
        owed = text(
            "SELECT coalesce(sum(CASE kind WHEN 'debit' THEN amount_cents ELSE -amount_cents END), 0)"
            " FROM transfers WHERE kind IN ('debit', 'debit_reversal')"
        )
        payable_cents = session.execute(owed).scalar_one()
    assert pots == cards.allowances
    assert payable_cents == sum(cents for red, _, cents in cards.redemptions if red not in cards.cancelled)


def _empty(db: Database) -> None:
    with db.transaction() as session:
        session.execute(text("TRUNCATE outbox, debits, pots, transfers, accounts RESTART IDENTITY CASCADE"))
