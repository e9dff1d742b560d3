"""Payments against the local bank: notified once, twice, late or never, wrongly, refused, and paid back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chassis.clock import real_now
from chassis.database.engine import Database
from chassis.events.outbox import stamp
from contracts.cards import OrderView
from contracts.identity import ApplicationRefused
from contracts.refusals import Refusal
from contracts.wallet import PaymentView
from wallet import asking, paying
from wallet.bank import Bank, BankSession
from wallet.notifications import read_notification
from wallet.receiving import note_bank_session
from wallet.refunding import refund_refused_order, send_refunds

BANK_SECRET = "a-secret-of-tests"


@pytest.fixture
def start(db: Database, local_bank: Any, order: OrderView) -> Callable[..., PaymentView]:
    """Start the payment of the order."""

    def start_(key: str = "key-00000001", bank: Bank = local_bank.bank, **changes: Any) -> PaymentView:
        wanted: Any = {**order, **changes}
        return paying.start_payment(
            db.transaction,
            bank,
            local_bank.page,
            subject="anonymous",
            idempotency_key=key,
            order=wanted,
        )

    return start_


@pytest.fixture
def say(db: Database) -> Callable[[BankSession], None]:
    """The bank says something about a payment."""

    def say_(said: BankSession) -> None:
        with db.transaction() as session:
            note_bank_session(session, said)

    return say_


@pytest.fixture
def refuse(db: Database) -> Callable[[], None]:
    """The order's application is refused."""

    def refuse_() -> None:
        event = ApplicationRefused(
            **stamp(), application_id="app_1", order_id="ord_1", reason_code="not_resident"
        )
        with db.transaction() as session:
            refund_refused_order(session, event)

    return refuse_


@pytest.fixture
def payment(db: Database) -> Callable[[], PaymentView]:
    """How the order's payment stands."""

    def payment_() -> PaymentView:
        with db.transaction() as session:
            found = paying.latest_payment(session, "ord_1")
            assert found is not None
            return paying.payment_view(found)

    return payment_


def paid(view: PaymentView, session_id: str = "ses_1", amount_cents: int = 1500) -> BankSession:
    return BankSession(
        session_id=session_id, merchant_reference=view["id"], amount_cents=amount_cents, status="paid"
    )


def test_the_same_key_and_another_key_lead_to_the_same_page(start: Any, books: Any) -> None:
    first, again, other_key = start(), start(), start("key-00000002")
    assert first == again == other_key
    assert (first["state"], first["amount_cents"]) == ("pending", 1500)
    assert len(books.rows("payments")) == 1


def test_parallel_starts_open_one_payment(start: Any, books: Any) -> None:
    with ThreadPoolExecutor(8) as threads:
        views = list(threads.map(start, [f"key-0000000{n}" for n in range(8)]))
    assert len({view["redirect_url"] for view in views}) == 1
    assert len(books.rows("payments")) == 1


def test_a_key_is_not_used_for_another_order(start: Any) -> None:
    start()
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        start(id="ord_2")


@pytest.mark.parametrize(
    "change", [{"amount_due_cents": 0}, {"state": "refused"}, {"state": "validated"}, {"paid": True}]
)
def test_an_order_with_nothing_to_pay_is_not_paid(start: Any, books: Any, change: dict[str, Any]) -> None:
    with pytest.raises(Refusal, match="order_not_payable"):
        start(**change)
    assert books.rows("payments") == []


def test_a_bank_that_does_not_answer_is_asked_again_with_the_same_key(start: Any, books: Any) -> None:
    with pytest.raises(Refusal, match="payment_unavailable"):
        start(bank=Bank(api_url="http://127.0.0.1:1", api_key="no"))
    assert start()["redirect_url"] is not None
    assert len(books.rows("payments")) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_a_notified_payment_is_received_once(
    start: Any, say: Any, payment: Any, books: Any, local_bank: Any, times: int
) -> None:
    local_bank.choose(start()["redirect_url"], "pay", "once")
    body, signature = local_bank.notification()
    for _ in range(times):
        say(read_notification(body, signature, secret=BANK_SECRET, at=real_now()))
    assert payment()["state"] == "paid"
    assert payment()["redirect_url"] is None
    assert [event["order_id"] for event in books.announced("payment_received")] == ["ord_1"]
    assert books.balance("bank") == 1500
    assert books.balance("card_sales:occygene-2020") == -1500


def test_the_same_news_in_parallel_is_booked_once(start: Any, say: Any, books: Any) -> None:
    said = replace(paid(start()), session_id=books.rows("payments")[0]["bank_session_id"])
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(say, [said] * 8))
    assert books.balance("bank") == 1500
    assert len(books.announced("payment_received")) == 1


def test_without_a_notification_the_bank_is_asked(
    db: Database, start: Any, payment: Any, books: Any, local_bank: Any
) -> None:
    local_bank.choose(start()["redirect_url"], "pay", "never")
    asking.ask_pending(db.transaction, local_bank.bank)
    assert payment()["state"] == "pending", "it is not its turn yet"
    books.let_time_pass(seconds=11)
    asking.ask_pending(db.transaction, local_bank.bank)
    assert payment()["state"] == "paid"
    assert len(books.announced("payment_received")) == 1


def test_the_bank_is_asked_after_growing_delays(
    db: Database, start: Any, books: Any, local_bank: Any
) -> None:
    start()
    for times_asked in (1, 2, 3):
        books.let_time_pass(seconds=86_400)
        asking.ask_pending(db.transaction, local_bank.bank)
        (row,) = books.rows("payments")
        assert row["times_asked"] == times_asked
        waits_s = (row["ask_at"] - row["asked_at"]).total_seconds()
        assert round(waits_s) == 5 * 2**times_asked


def test_the_owner_who_looks_asks_the_bank_at_most_every_other_second(
    db: Database, start: Any, payment: Any, books: Any, local_bank: Any
) -> None:
    page = start()["redirect_url"]
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")
    local_bank.choose(page, "pay")
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")
    assert payment()["state"] == "pending"
    books.let_time_pass(seconds=3)
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")
    assert payment()["state"] == "paid"


def test_after_a_refusal_at_the_bank_the_order_can_be_paid_anew(
    db: Database, start: Any, payment: Any, books: Any, local_bank: Any
) -> None:
    first = start()
    local_bank.choose(first["redirect_url"], "refuse")
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")
    assert payment()["state"] == "refused"
    second = start("key-00000002")
    assert second["id"] != first["id"]
    assert start()["state"] == "refused", "the first key keeps its answer"


def test_a_paid_order_is_not_paid_again(start: Any, say: Any, books: Any) -> None:
    view = start()
    say(replace(paid(view), session_id=books.rows("payments")[0]["bank_session_id"]))
    with pytest.raises(Refusal, match="order_not_payable"):
        start("key-00000002")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amount_cents": 1400}, "other_amount"),
        ({"session_id": "ses_other"}, "other_session"),
        ({"merchant_reference": "pay_unknown"}, "unknown_payment"),
    ],
)
def test_news_that_fit_no_payment_are_kept_and_move_no_money(
    start: Any, say: Any, payment: Any, books: Any, change: dict[str, Any], reason: str
) -> None:
    said = paid(start(), books.rows("payments")[0]["bank_session_id"])
    for _ in range(2):
        say(replace(said, **change))
    assert [row["reason"] for row in books.rows("payment_anomalies")] == [reason]
    assert payment()["state"] == "pending"
    assert books.rows("transfers") == []
    assert books.rows("outbox") == []


def test_an_order_refused_after_it_was_paid_is_paid_back_once(
    db: Database, start: Any, refuse: Any, payment: Any, books: Any, local_bank: Any
) -> None:
    local_bank.choose(start()["redirect_url"], "pay")
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")
    for _ in range(2):
        refuse()
    assert payment()["state"] == "paid", "the bank has not confirmed yet"
    for _ in range(2):
        send_refunds(db.transaction, local_bank.bank)
    assert payment()["state"] == "refunded"
    assert (books.balance("bank"), books.balance("card_sales:occygene-2020")) == (0, 0)
    assert len(books.rows("refunds")) == 1


def test_an_order_paid_after_it_was_refused_is_paid_back_too(
    db: Database, start: Any, refuse: Any, payment: Any, books: Any, local_bank: Any
) -> None:
    local_bank.choose(start()["redirect_url"], "pay")
    refuse()
    with pytest.raises(Refusal, match="order_not_payable"):
        start("key-00000002")
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")
    send_refunds(db.transaction, local_bank.bank)
    assert payment()["state"] == "refunded"
    assert books.balance("bank") == 0


def test_payment_and_refusal_at_the_same_moment_end_in_one_refund(
    start: Any, say: Any, refuse: Any, books: Any
) -> None:
    said = paid(start(), books.rows("payments")[0]["bank_session_id"])
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda act: act(), [refuse, lambda: say(said)]))
    assert books.balance("bank") == 0
    assert len(books.rows("refunds")) == 1


def test_a_refund_that_the_bank_does_not_take_is_tried_again(
    db: Database, start: Any, refuse: Any, payment: Any, books: Any, local_bank: Any
) -> None:
    local_bank.choose(start()["redirect_url"], "pay")
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")
    refuse()
    send_refunds(db.transaction, Bank(api_url="http://127.0.0.1:1", api_key="no"))
    send_refunds(db.transaction, local_bank.bank)
    assert payment()["state"] == "paid", "it is not its turn yet"
    books.let_time_pass(seconds=6)
    send_refunds(db.transaction, local_bank.bank)
    assert payment()["state"] == "refunded"


def test_a_second_payment_of_one_order_is_paid_back(
    db: Database, start: Any, say: Any, payment: Any, books: Any
) -> None:
    first = start()
    session_id = books.rows("payments")[0]["bank_session_id"]
    say(replace(paid(first, session_id), status="expired"))
    second = start("key-00000002")
    # The first page was paid at the last moment after all.
    say(paid(first, session_id))
    (second_session_id,) = {row["bank_session_id"] for row in books.rows("payments")} - {session_id}
    say(paid(second, second_session_id))
    assert [row["reason"] for row in books.rows("refunds")] == ["paid_twice"]
    assert len(books.announced("payment_received")) == 1
    assert books.balance("bank") == 1500
    assert payment()["id"] == first["id"]
