"""An order is repaired: a code to the new address, word to the old one, the voucher once more."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.identity import EmailChangeRequested, HolderAccountChanged
from contracts.refusals import Refusal
from notify import noting
from notify.sending import Office, send_due
from notify.sending_again import MAX_MAILS, MAX_MAILS_OF_CARD, WINDOW, send_voucher_again
from sandbox.reading import read_mails, write_faults
from tests.audited import changing_calls, entries_of
from tests.service.notify.test_sending import announced

NEW, OLD = "amira@example.org", "amria@example.org"


@pytest.fixture
def again(office: Office, known: Any, caller_of: Callable[..., Caller]) -> Callable[..., Any]:
    """``again()``: somebody who may asks for the voucher once more."""

    def act(key: str | None = None) -> Any:
        order = known.get_order_holder(order_id="ord_1", order_secret=None)
        with office.db.transaction() as session:
            return send_voucher_again(
                session, caller_of("officer"), order, idempotency_key=key or new_id("key")
            )

    return act


@pytest.fixture
def changed(office: Office, events: Any, known: Any) -> HolderAccountChanged:
    """The address of order ord_1 was changed, and `notify` has heard so, twice."""
    known.change_notices["emc_1"] = {
        "email": OLD,
        "new_email_masked": "a•••@e•••.org",
        "changed_at": "2020-07-11T08:30:00.000000Z",
    }
    event = HolderAccountChanged(
        **stamp(),
        email_change_id="emc_1",
        order_id="ord_1",
        holder_id="per_amira",
        account_id="acc_2",
        change=1,
    )
    with office.db.transaction() as session:
        noting.note_order(session, events.order_placed())
        for _ in range(2):
            noting.note_email_change(session, event)
    return event


def test_the_code_goes_to_the_new_address_ahead_of_everything_else(
    office: Office, known: Any, events: Any, mails: Path
) -> None:
    known.change_codes["emc_1"] = {
        "email": NEW,
        "code": "042042",
        "expires_at": rfc3339(now() + timedelta(minutes=30)),
    }
    with office.db.transaction() as session:
        noting.note_voucher(session, events.card_validated())
        for _ in range(2):
            noting.note_email_change_code(session, EmailChangeRequested(**stamp(), email_change_id="emc_1"))
    send_due(office)
    mail, _voucher = sorted(read_mails(mails), key=lambda one: len(one.attachments))
    assert (mail.recipient, mail.attachments) == (NEW, ())
    assert "042042" in mail.text
    assert "Amira" not in mail.text, "whoever reads it may be a stranger"


@pytest.mark.parametrize("left", [None, timedelta()])
def test_a_code_that_is_over_is_not_mailed(
    office: Office, known: Any, table: Any, mails: Path, left: timedelta | None
) -> None:
    if left is not None:
        over = {"email": NEW, "code": "042042", "expires_at": rfc3339(now() + left)}
        known.change_codes["emc_1"] = over
    with office.db.transaction() as session:
        noting.note_email_change_code(session, EmailChangeRequested(**stamp(), email_change_id="emc_1"))
    send_due(office)
    assert table.only().state == "void"
    assert read_mails(mails) == []


@pytest.mark.usefixtures("changed")
def test_the_old_address_is_told_and_the_voucher_goes_to_the_new_one_once(
    office: Office, table: Any, mails: Path
) -> None:
    send_due(office)
    table.make_due()
    assert send_due(office) == 0
    told, voucher = sorted(read_mails(mails), key=lambda one: len(one.attachments))
    assert (told.recipient, told.attachments) == (OLD, ())
    assert "a•••@e•••.org" in told.text
    assert NEW not in told.text
    assert "Amira" not in told.text, "a mistyped address is a stranger's"
    assert "ord_1" in told.text
    assert voucher.recipient == NEW
    assert [attached.name for attached in voucher.attachments] == ["bon-occygene-2020.pdf"]
    assert [event for event in announced(office) if "email_change_id" in event] == [
        {**announced(office)[0], "email_change_id": "emc_1", "delivered": True}
    ]


@pytest.mark.usefixtures("changed")
def test_an_old_address_that_takes_no_mail_is_given_up_and_said_to_be(
    office: Office, known: Any, mails: Path
) -> None:
    known.card_id = None
    write_faults(mails, ["550 no such user"])
    send_due(office)
    (event,) = announced(office)
    assert (event["email_change_id"], event["delivered"]) == ("emc_1", False)


@pytest.mark.usefixtures("changed")
def test_an_order_without_a_card_has_no_voucher_to_send_yet(office: Office, known: Any, table: Any) -> None:
    known.card_id = None
    send_due(office)
    states = {message.kind: (message.state, message.last_error) for message in table.all()}
    assert states == {"email_changed": ("sent", None), "voucher_again": ("void", "card_not_made")}


@pytest.mark.usefixtures("voucher_due")
def test_the_voucher_is_sent_again_beside_the_first(
    office: Office, again: Any, table: Any, known: Any, mails: Path
) -> None:
    send_due(office)
    known.emails["per_amira"] = "amira@elsewhere.example"
    asked = again()
    send_due(office)
    assert [message.kind for message in table.all()] == ["voucher", "voucher_again"]
    first, second = sorted(read_mails(mails), key=lambda mail: mail.recipient != NEW)
    assert (first.recipient, second.recipient) == (NEW, "amira@elsewhere.example")
    assert second.message_id == f"<{asked['message_id']}@cartes.example>"
    assert first.message_id != second.message_id
    assert len(second.attachments) == 1


def test_three_an_hour_and_ten_of_a_card(again: Any, clock: Any) -> None:
    for number in range(MAX_MAILS_OF_CARD):
        if number and number % MAX_MAILS == 0:
            with pytest.raises(Refusal, match="too_many_mails") as refusal:
                again()
            assert 0 < refusal.value.details["retry_after_s"] <= WINDOW.total_seconds()
            clock.set(now() + WINDOW)
        again()
    clock.set(now() + WINDOW * 24)
    with pytest.raises(Refusal, match="voucher_mails_used_up") as refusal:
        again()
    assert refusal.value.details == {"max_mails": MAX_MAILS_OF_CARD}


def test_asked_for_many_times_at_once_no_more_are_sent(again: Any, table: Any) -> None:
    def ask(_: int) -> str:
        try:
            again()
        except Refusal as refusal:
            return refusal.code
        return "noted"

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(ask, range(12)))
    assert set(said) <= {"noted", "too_many_mails", "try_again"}
    assert 1 <= said.count("noted") == len(table.all()) <= MAX_MAILS


def test_the_same_key_sends_one_mail(again: Any, table: Any) -> None:
    assert again("k") == again("k")
    assert len(table.all()) == 1


def test_without_a_card_or_with_a_revoked_one_nothing_is_sent(again: Any, known: Any, table: Any) -> None:
    known.card["revoked"] = True
    with pytest.raises(Refusal, match="card_revoked"):
        again()
    known.card_id = None
    with pytest.raises(Refusal, match="card_not_made"):
        again()
    assert table.all() == []


def test_a_card_that_is_revoked_before_the_mail_leaves_is_not_sent(
    office: Office, again: Any, known: Any, table: Any, mails: Path
) -> None:
    again()
    known.card["revoked"] = True
    send_due(office)
    assert (table.only().state, table.only().last_error) == ("void", "card_revoked")
    assert read_mails(mails) == []


def test_whoever_has_it_sent_is_written_down(office: Office, again: Any) -> None:
    assert changing_calls("notify") == {"send_voucher_again"}
    _, left = entries_of(office.db, again)
    assert left == [("stf_officer", "voucher_mail_requested", "card_1")]


@pytest.mark.usefixtures("changed")
def test_no_address_is_kept(office: Office, again: Any) -> None:
    again()
    send_due(office)
    with office.db.transaction() as session:
        rows = session.execute(text("SELECT to_json(messages)::text FROM messages")).scalars().all()
        kept = session.execute(text("SELECT payload::text FROM outbox")).scalars().all()
    assert len(rows) == 3
    assert "@" not in " ".join((*rows, *kept))
