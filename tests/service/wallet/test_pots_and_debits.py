"""Pots and debits: every event, twice, late and in any order, moves money once."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event as sql_event

from chassis.database.engine import Database
from contracts.base import Event
from contracts.programmes import Programme
from wallet.debiting import debit_pots, reverse_debit
from wallet.faults import LedgerFault
from wallet.pots import credit_pots, return_money
from wallet.totals import get_provider_balance, get_wallet_totals

FUNDER = "funder:occygene-2020"


@pytest.fixture
def credit(db: Database, programmes: Mapping[str, Programme]) -> Callable[[Event], None]:
    """Hear that a card was validated."""

    def hear(event: Any) -> None:
        with db.transaction() as session:
            credit_pots(session, event, programmes)

    return hear


@pytest.fixture
def hear(db: Database) -> Callable[..., None]:
    """Hear an event with one of the handlers."""

    def hear_(handler: Callable[..., None], event: Event) -> None:
        with db.transaction() as session:
            # Redemptions are heard together; the others one by one.
            handler(session, [event] if handler is debit_pots else event)

    return hear_


@pytest.mark.parametrize(("persons", "cents"), [(1, 7_000), (4, 28_000), (5, 30_000), (9, 30_000)])
def test_a_pot_holds_70_euros_a_person_and_300_a_household_at_most(
    credit: Any, books: Any, messages: Any, persons: int, cents: int
) -> None:
    credit(messages.validated(persons=persons))
    assert books.pot_balances() == [cents]
    assert books.balance(FUNDER) == cents
    (announced,) = books.announced("pot_credited")
    assert (announced["amount_cents"], announced["spend_until"]) == (cents, "2020-11-15")
    assert announced["pot_id"] == books.pot_id()


def test_a_second_card_and_a_reissued_one_credit_nothing(credit: Any, books: Any, messages: Any) -> None:
    for event in (
        messages.validated(replaces="card_0"),
        messages.validated(persons=3),
        messages.validated(persons=5),
        messages.validated(card_id="card_2", order_id="ord_2"),
        messages.validated(replaces="card_1"),
    ):
        credit(event)
    assert books.pot_balances() == [21_000]
    assert len(books.announced("pot_credited")) == 1


def test_two_cards_validated_at_once_open_one_pot(credit: Any, books: Any, messages: Any) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(credit, [messages.validated() for _ in range(8)]))
    assert books.pot_balances() == [30_000]
    assert len(books.rows("accounts")) == 2


def test_a_card_without_pots_credits_nothing(credit: Any, books: Any, messages: Any) -> None:
    credit(messages.validated(card_type="youth"))
    assert books.rows("pots") == []


def test_a_redemption_moves_its_draws_to_the_provider_once(
    db: Database, credit: Any, hear: Any, books: Any, messages: Any
) -> None:
    credit(messages.validated())
    draws = {books.pot_id(): 4_500}
    for _ in range(2):
        hear(debit_pots, messages.recorded("red_1", draws))
    assert books.pot_balances() == [25_500]
    assert [event["amount_cents"] for event in books.announced("wallet_debited")] == [4_500]
    with db.transaction() as session:
        assert get_provider_balance(session, "prv_1")["payable_cents"] == 4_500
        assert get_provider_balance(session, "prv_9")["payable_cents"] == 0


def test_a_redemption_without_draws_moves_nothing_and_says_nothing(
    hear: Any, books: Any, messages: Any
) -> None:
    hear(debit_pots, messages.recorded("red_1", {}))
    hear(reverse_debit, messages.cancelled("red_1", {}))
    assert books.rows("debits") == []
    assert books.rows("outbox") == []


def test_a_batch_of_redemptions_takes_as_many_statements_as_one(
    db: Database, credit: Any, books: Any, messages: Any
) -> None:
    credit(messages.validated())
    pot_id = books.pot_id()
    statements: list[str] = []
    sql_event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    def debit(first: int, count: int) -> int:
        statements.clear()
        # The last of them again: two events of one redemption in one batch move it once.
        events = [messages.recorded(f"red_{n}", {pot_id: 10}) for n in range(first, first + count)]
        with db.transaction() as session:
            debit_pots(session, [*events, messages.recorded(events[-1].redemption_id, {pot_id: 10})])
        return len(statements)

    assert debit(0, 1) == debit(1, 99) == 7, statements
    assert books.pot_balances() == [30_000 - 100 * 10]
    assert len(books.announced("wallet_debited")) == 100


def test_a_cancellation_moves_the_draws_back_once(credit: Any, hear: Any, books: Any, messages: Any) -> None:
    credit(messages.validated())
    draws = {books.pot_id(): 4_500}
    hear(debit_pots, messages.recorded("red_1", draws))
    for _ in range(2):
        hear(reverse_debit, messages.cancelled("red_1", draws))
    hear(debit_pots, messages.recorded("red_1", draws))
    assert books.pot_balances() == [30_000]
    assert books.balance("provider_payable:prv_1") == 0
    (announced,) = books.announced("debit_reversed")
    assert announced["draws"] == [{"pot_id": books.pot_id(), "amount_cents": 4_500}]


def test_a_cancellation_that_comes_first_voids_the_redemption(
    db: Database, credit: Any, hear: Any, books: Any, messages: Any
) -> None:
    credit(messages.validated())
    draws = {books.pot_id(): 4_500}
    for _ in range(2):
        hear(reverse_debit, messages.cancelled("red_1", draws))
    for _ in range(2):
        hear(debit_pots, messages.recorded("red_1", draws))
    assert books.pot_balances() == [30_000]
    assert books.announced("wallet_debited") == []
    assert len(books.announced("debit_reversed")) == 1
    with db.transaction() as session:
        totals = get_wallet_totals(session)
    assert (totals["announced_cents"], totals["debited_cents"]) == (34_500, 4_500)


def test_redemption_and_cancellation_at_the_same_moment_leave_the_pot_whole(
    credit: Any, hear: Any, books: Any, messages: Any
) -> None:
    credit(messages.validated())
    draws = {books.pot_id(): 1_000}
    work = []
    for number in range(8):
        work.append((debit_pots, messages.recorded(f"red_{number}", draws)))
        work.append((reverse_debit, messages.cancelled(f"red_{number}", draws)))
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda job: hear(*job), work))
    assert books.pot_balances() == [30_000]
    assert len(books.announced("debit_reversed")) == 8
    assert len(books.transfers("debit")) == len(books.transfers("debit_reversal"))


@pytest.mark.parametrize("other", ["provider", "amount"])
def test_a_cancellation_of_something_else_than_was_debited_is_a_fault(
    credit: Any, hear: Any, books: Any, messages: Any, other: str
) -> None:
    credit(messages.validated())
    pot_id = books.pot_id()
    hear(debit_pots, messages.recorded("red_1", {pot_id: 1_000}))
    wrong = messages.cancelled("red_1", {pot_id: 1_000 if other == "provider" else 900}, "prv_2")
    with pytest.raises(LedgerFault, match="reversal_of_another_debit"):
        hear(reverse_debit, wrong)
    assert books.pot_balances() == [29_000]


def test_draws_that_do_not_sum_up_are_a_fault(credit: Any, hear: Any, books: Any, messages: Any) -> None:
    credit(messages.validated())
    with pytest.raises(LedgerFault, match="draws_do_not_sum_up"):
        hear(debit_pots, messages.recorded("red_1", {books.pot_id(): 1_000, "pot_2": -100}))


def test_a_release_gives_the_money_back_to_the_funder_and_closes_the_pot_once(
    credit: Any, hear: Any, books: Any, messages: Any
) -> None:
    credit(messages.validated())
    pot_id = books.pot_id()
    hear(debit_pots, messages.recorded("red_1", {pot_id: 10_000}))
    for _ in range(2):
        hear(return_money, messages.released("rel_1", pot_id, 20_000, closes_pot=True))
    assert books.pot_balances() == [0]
    assert books.balance(FUNDER) == 10_000
    assert [event["returned_cents"] for event in books.announced("pot_closed")] == [20_000]


def test_a_pot_with_nothing_left_is_closed_too(credit: Any, hear: Any, books: Any, messages: Any) -> None:
    credit(messages.validated())
    hear(debit_pots, messages.recorded("red_1", {books.pot_id(): 30_000}))
    hear(return_money, messages.released("rel_1", books.pot_id(), 0, closes_pot=True))
    assert [event["returned_cents"] for event in books.announced("pot_closed")] == [0]
    assert books.rows("pots")[0]["closed_at"] is not None


def test_what_reaches_a_closed_pot_goes_back_to_the_funder(
    credit: Any, hear: Any, books: Any, messages: Any
) -> None:
    credit(messages.validated())
    pot_id = books.pot_id()
    hear(return_money, messages.released("rel_1", pot_id, 20_000, closes_pot=True))
    hear(debit_pots, messages.recorded("red_1", {pot_id: 10_000}))
    hear(reverse_debit, messages.cancelled("red_1", {pot_id: 10_000}))
    hear(return_money, messages.released("rel_2", pot_id, 10_000, closes_pot=True))
    assert (books.pot_balances(), books.balance(FUNDER)) == ([0], 0)
    assert len(books.announced("pot_closed")) == 1


@pytest.mark.parametrize("amount_cents", [0, 100])
def test_a_release_of_a_pot_that_is_not_known_yet_is_not_lost(
    hear: Any, messages: Any, amount_cents: int
) -> None:
    with pytest.raises(LedgerFault, match="unknown_pot"):
        hear(return_money, messages.released("rel_1", "pot_later", amount_cents, closes_pot=True))
