"""What must hold after every single step, read from the tables of both services."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cards.allowances import get_allowance_totals
from tests.protocol.world import World
from wallet.equation import money_equation
from wallet.reconciling import get_wallet_totals

_ALLOWANCES = text("""
    SELECT pot_id AS id, amount_cents, closed_at IS NOT NULL AS closed,
           (SELECT coalesce(sum(amount_cents), 0)::bigint FROM allowance_raises AS raised
            WHERE raised.pot_id = pot.pot_id) AS raised_cents,
           (SELECT coalesce(sum(amount_cents), 0)::bigint FROM allowance_releases AS released
            WHERE released.pot_id = pot.pot_id) AS released_cents
    FROM allowances AS pot
""")
_DRAWS = text("""
    SELECT draw.pot_id, draw.amount_cents, draw.redemption_id, redemption.cancelled_at IS NULL AS live
    FROM redemption_draws AS draw JOIN redemptions AS redemption ON redemption.id = draw.redemption_id
""")
_POTS = text("""
    SELECT pot.id, pot.balance_cents, pot.closed_at IS NOT NULL AS closed,
           coalesce(sum(amount_cents) FILTER (WHERE kind = 'pot_credit'), 0)::bigint AS credited_cents,
           coalesce(sum(amount_cents) FILTER (WHERE kind = 'debit_reversal'), 0)::bigint AS reversed_cents,
           coalesce(sum(amount_cents) FILTER (WHERE kind = 'debit'), 0)::bigint AS debited_cents,
           coalesce(sum(amount_cents) FILTER (WHERE kind = 'pot_return'), 0)::bigint AS returned_cents
    FROM pots AS pot
    LEFT JOIN transfers ON pot.account_id IN (debit_account_id, credit_account_id)
    GROUP BY pot.id
""")
_VOIDS = text("SELECT redemption_id FROM debits WHERE voided")
_ENTRIES = text("""
    SELECT account_id, sum(cents)::bigint AS cents
    FROM (SELECT debit_account_id AS account_id, amount_cents AS cents FROM transfers
          UNION ALL SELECT credit_account_id, -amount_cents FROM transfers) AS entries
    GROUP BY account_id
""")


@dataclass(frozen=True, kw_only=True)
class PotBooks:
    """One pot on both sides, in cents; ``live`` is what redemptions that stand took from it."""

    balance: int
    allowance: int
    credited: int
    returned: int
    live: int
    on_the_way: Mapping[str, int]
    closed_in_cards: bool
    closed_in_wallet: bool


@dataclass(frozen=True, kw_only=True)
class Books:
    """All pots by id; every account's debits minus credits; the sum of everything on its way."""

    pots: Mapping[str, PotBooks]
    entries: Mapping[str, int]
    on_the_way: int


def check_books(world: World) -> Books:
    """Read the books and assert all that must hold while anything may be on its way."""
    books = _read(world)
    for pot_id, pot in books.pots.items():
        assert pot.allowance >= 0, (pot_id, pot)
        assert pot.balance >= pot.allowance, (pot_id, pot)
        assert all(cents >= 0 for cents in pot.on_the_way.values()), (pot_id, pot)
        assert pot.balance - pot.allowance == sum(pot.on_the_way.values()), (pot_id, pot)
        assert pot.live <= pot.credited, (pot_id, pot)
    assert sum(books.entries.values()) == 0
    return books


def _read(world: World) -> Books:
    with world.cards.db.transaction() as cards, world.wallet.db.transaction() as wallet:
        equation = money_equation(get_wallet_totals(wallet), get_allowance_totals(cards))
        pots = _read_pots(cards, wallet)
        entries = {row.account_id: row.cents for row in wallet.execute(_ENTRIES)}
    assert equation["drift_cents"] == 0, equation
    assert equation["faults"] == [], equation
    assert sum(sum(pot.on_the_way.values()) for pot in pots.values()) == equation["on_the_way_cents"]
    return Books(pots=pots, entries=entries, on_the_way=equation["on_the_way_cents"])


def _read_pots(cards: Session, wallet: Session) -> dict[str, PotBooks]:
    allowances = {row.id: row for row in cards.execute(_ALLOWANCES)}
    draws = cards.execute(_DRAWS).all()
    voids = set(wallet.execute(_VOIDS).scalars())
    drawn = _by_pot(draws)
    live = _by_pot([draw for draw in draws if draw.live])
    # The wallet keeps no pots of a redemption that it voided: they are those that `cards` recorded.
    voided = _by_pot([draw for draw in draws if draw.redemption_id in voids])
    pots: dict[str, PotBooks] = {}
    for pot in wallet.execute(_POTS):
        allowance = allowances.pop(pot.id, None)
        announced = pot.credited_cents + pot.reversed_cents + voided[pot.id]
        pots[pot.id] = PotBooks(
            balance=pot.balance_cents,
            allowance=allowance.amount_cents if allowance else 0,
            credited=pot.credited_cents,
            returned=pot.returned_cents,
            live=live[pot.id],
            on_the_way={
                "raises": announced - (allowance.raised_cents if allowance else 0),
                "debits": drawn[pot.id] - pot.debited_cents - voided[pot.id],
                "returns": (allowance.released_cents if allowance else 0) - pot.returned_cents,
            },
            closed_in_cards=bool(allowance and allowance.closed),
            closed_in_wallet=pot.closed,
        )
    assert allowances == {}, "an allowance that no pot stands behind"
    return pots


def _by_pot(draws: Iterable[Any]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for draw in draws:
        sums[draw.pot_id] += draw.amount_cents
    return sums
