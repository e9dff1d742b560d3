"""Each call, event and loop that moves a cent leaves an entry: who, what, to which."""

from typing import Any

import pytest

from chassis.database.engine import Database
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.identity import ApplicationRefused
from tests.audited import changing_calls, entries_of
from wallet import asking, debiting, paying, pots, receiving, refunding
from wallet.bank import BankSession

Acts = list[tuple[str, str, str]]


@pytest.fixture
def start(db: Database, local_bank: Any, order: Any) -> Any:
    """``start()``: the order's payment is opened."""

    def act() -> Any:
        return paying.start_payment(
            db.transaction,
            local_bank.bank,
            local_bank.page,
            subject="acc_1",
            idempotency_key=new_id("key"),
            order=order,
        )

    return act


def say(db: Database, payment_id: str, status: Any, cents: int = 1500) -> None:
    said = BankSession(session_id="ses_1", merchant_reference=payment_id, amount_cents=cents, status=status)
    with db.transaction() as session:
        # The local bank's own session is another; what it would say is said here.
        session.get_one(paying.Payment, payment_id).bank_session_id = "ses_1"
        session.flush()
        receiving.note_bank_session(session, said)


def start_payment(db: Database, start: Any) -> tuple[Acts, Acts]:
    payment, left = entries_of(db, start)
    assert entries_of(db, start)[1] == []
    return left, [("acc_1", "payment_opened", payment["id"])]


def record_payment_notification(db: Database, start: Any) -> tuple[Acts, Acts]:
    payment = start()
    _, left = entries_of(db, lambda: say(db, payment["id"], "paid"))
    assert entries_of(db, lambda: say(db, payment["id"], "paid"))[1] == []
    return left, [("bank", "payment_paid", payment["id"])]


CALLS = {act.__name__: act for act in (start_payment, record_payment_notification)}


@pytest.mark.parametrize("name", sorted(changing_calls("wallet")))
def test_a_call_that_changes_something_says_who_did_what_to_which(
    db: Database, start: Any, name: str
) -> None:
    left, expected = CALLS[name](db, start)
    assert left == expected


def test_a_refund_is_the_refusals_act_and_its_sending_the_wallets(
    db: Database, start: Any, local_bank: Any, books: Any
) -> None:
    payment = start()
    local_bank.choose(payment["redirect_url"], "pay")
    asking.ask_for_owner(db.transaction, local_bank.bank, "ord_1")

    def refuse() -> None:
        event = ApplicationRefused(**stamp(), application_id="app_1", order_id="ord_1", reason_code="x")
        with db.transaction() as session:
            refunding.refund_refused_order(session, event)

    _, left = entries_of(db, refuse)
    (refund,) = books.rows("refunds")
    assert left == [("service:identity", "refund_requested", refund["id"])]
    _, left = entries_of(db, lambda: refunding.send_refunds(db.transaction, local_bank.bank))
    assert left == [("service:wallet", "refund_done", refund["id"])]


def test_what_the_bank_says_that_fits_no_payment_is_the_banks_act(db: Database, start: Any) -> None:
    payment = start()
    _, left = entries_of(db, lambda: say(db, payment["id"], "paid", cents=1))
    assert left == [("bank", "payment_anomaly_noted", payment["id"])]


def test_credit_debit_reversal_and_return_are_the_acts_of_cards(
    db: Database, programmes: Any, books: Any, messages: Any
) -> None:
    def hear(rule: Any, *given: Any) -> Acts:
        def act() -> None:
            with db.transaction() as session:
                rule(session, *given)

        return entries_of(db, act)[1]

    left = hear(pots.credit_pots, messages.validated(), programmes)
    pot_id = books.pot_id()
    assert left == [("service:cards", "pot_credited", pot_id)]
    events = [messages.recorded(f"red_{number}", {pot_id: 100}) for number in (1, 2, 3)]
    assert hear(debiting.debit_pots, events) == [
        ("service:cards", "wallet_debited", f"red_{number}") for number in (1, 2, 3)
    ]
    assert hear(debiting.debit_pots, events) == []
    undone = messages.cancelled("red_2", {pot_id: 100})
    assert hear(debiting.reverse_debit, undone) == [("service:cards", "debit_reversed", "red_2")]
    assert hear(debiting.reverse_debit, undone) == []
    release = messages.released("rel_1", pot_id, 29_800, closes_pot=True)
    assert hear(pots.return_money, release) == [("service:cards", "pot_returned", pot_id)]
