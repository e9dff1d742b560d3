"""The ledger's promises on a real PostgreSQL: balanced, immutable, once, never below zero."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.database.engine import Database
from contracts.programmes import Programme
from tests.admission import admitted
from wallet import accounts, totals
from wallet.debiting import debit_pots
from wallet.faults import LedgerFault
from wallet.ledger import Transfer, write_transfers
from wallet.pots import credit_pots

AT = datetime(2020, 7, 6, 7, tzinfo=UTC)


@pytest.fixture
def pot_id(db: Database, books: Any, messages: Any, programmes: Mapping[str, Programme]) -> str:
    """A household's pot with 300 euros."""
    with db.transaction() as session:
        credit_pots(session, messages.validated(), programmes)
    return str(books.pot_id())


def debit(pot_id: str, source_id: str, amount_cents: int) -> Transfer:
    return Transfer(
        kind="debit",
        source_id=source_id,
        debit=accounts.pot(pot_id),
        credit=accounts.provider_payable("prv_1"),
        amount_cents=amount_cents,
        event_at=AT,
    )


@pytest.mark.usefixtures("pot_id")
@pytest.mark.parametrize("change", ["UPDATE transfers SET amount_cents = 1", "DELETE FROM transfers"])
def test_a_transfer_can_never_be_changed(owner_database: Callable[[str], Database], change: str) -> None:
    # Nor by the owner; the service has not even the right to try (test_rights.py).
    with (
        pytest.raises(IntegrityError, match="append-only"),
        owner_database("wallet").transaction() as session,
    ):
        session.execute(text(change))


def test_a_transfer_is_written_once_and_moves_the_balance_once(db: Database, books: Any, pot_id: str) -> None:
    answers = []
    for _ in range(2):
        with db.transaction() as session:
            answers.append(write_transfers(session, [debit(pot_id, "red_1", 1200)]))
    assert answers == [True, False]
    assert books.pot_balances() == [28_800]


def test_the_same_transfer_with_another_amount_is_a_fault(db: Database, books: Any, pot_id: str) -> None:
    with db.transaction() as session:
        write_transfers(session, [debit(pot_id, "red_1", 1200)])
    with pytest.raises(LedgerFault, match="other_amount"), db.transaction() as session:
        write_transfers(session, [debit(pot_id, "red_1", 1300)])
    assert books.pot_balances() == [28_800]


def test_a_pot_that_would_go_below_zero_stops_the_whole_transaction(
    db: Database, books: Any, pot_id: str
) -> None:
    with pytest.raises(LedgerFault, match="pot_overdrawn"), db.transaction() as session:
        write_transfers(session, [debit(pot_id, "red_1", 30_001)])
    assert books.pot_balances() == [30_000]
    assert books.transfers("debit") == []


def test_the_database_itself_refuses_a_negative_pot(db: Database, pot_id: str) -> None:
    with pytest.raises(IntegrityError, match="balance_not_negative"), db.transaction() as session:
        session.execute(text("UPDATE pots SET balance_cents = -1"))


def test_the_database_refuses_a_transfer_in_the_wrong_direction(db: Database, pot_id: str) -> None:
    wrong = Transfer(
        kind="debit",
        source_id="red_1",
        debit=accounts.funder("occygene-2020"),
        credit=accounts.pot(pot_id),
        amount_cents=1,
        event_at=AT,
    )
    with pytest.raises(IntegrityError, match="direction"), db.transaction() as session:
        write_transfers(session, [wrong])


def test_a_transfer_to_an_unknown_pot_is_a_fault(db: Database) -> None:
    with pytest.raises(LedgerFault, match="unknown_pot"), db.transaction() as session:
        write_transfers(session, [debit("pot_nowhere", "red_1", 1)])


def test_parallel_debits_of_one_pot_never_take_more_than_is_there(
    db: Database, books: Any, messages: Any, pot_id: str
) -> None:
    def spend(number: int) -> bool:
        try:
            with db.transaction() as session:
                debit_pots(session, [messages.recorded(f"red_{number}", {pot_id: 3000})])
        except LedgerFault:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        accepted = sum(threads.map(spend, range(16)))
    assert accepted == 10
    assert books.pot_balances() == [0]
    assert books.transfers("debit") == [3000] * 10


def test_parallel_debits_over_two_pots_in_either_order_all_succeed(
    db: Database, books: Any, messages: Any, programmes: Mapping[str, Programme]
) -> None:
    for household in ("hh_1", "hh_2"):
        with db.transaction() as session:
            credit_pots(session, messages.validated(household), programmes)
    pot_ids = [books.pot_id("hh_1"), books.pot_id("hh_2")]

    def spend(number: int) -> None:
        ordered = pot_ids if number % 2 else pot_ids[::-1]
        with db.transaction() as session:
            debit_pots(session, [messages.recorded(f"red_{number}", dict.fromkeys(ordered, 100))])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(spend, range(24)))
    assert books.pot_balances() == [27_600, 27_600]


def test_the_walk_over_the_pots_finds_a_balance_that_does_not_fit_and_its_repair(
    db: Database, books: Any, pot_id: str
) -> None:
    walk = totals.Walk()

    def step_after(change: str) -> set[str]:
        with db.transaction() as session:
            session.execute(text(change))
            totals.take_step(session, walk)
        return set(walk.unbalanced)

    assert step_after("SELECT 1") == set()
    assert step_after("UPDATE pots SET balance_cents = balance_cents + 1") == {pot_id}
    with db.transaction() as session:
        assert totals.get_wallet_totals(session)["unbalanced_transfers"] == 1
    assert step_after("UPDATE pots SET balance_cents = balance_cents - 1") == set()


def test_who_may_read_the_books_is_decided_here_too(caller_of: Callable[..., Any]) -> None:
    from contracts.refusals import Refusal
    from wallet.reading import require_provider

    def read(caller: Any) -> None:
        require_provider(admitted(caller, "wallet.get_provider_balance"), "prv_2")

    read(caller_of("provider_manager", provider_id="prv_2"))
    read(caller_of("officer"))
    for role, code in (("provider_manager", "not_found"), ("device", "not_allowed")):
        with pytest.raises(Refusal, match=code):
            read(caller_of(role))
    for role, code in (("anonymous", "not_authenticated"), ("officer", "not_allowed")):
        with pytest.raises(Refusal, match=code):
            admitted(caller_of(role), "wallet.get_wallet_totals")
