"""Messages sent in batches: cheaper together, and each still with an outcome of its own."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.calls.client import RpcUnavailable
from chassis.clock import now, real_now, rfc3339
from chassis.events.outbox import stamp
from contracts.cards import RedemptionRecorded
from contracts.identity import LoginCodeRequested
from notify import noting, sending
from notify.leasing import lease_due
from notify.models import Message
from notify.sending import BATCH_MAX, Office, send_batch, send_due
from sandbox.reading import read_mails, write_faults

RECEIPTS = 2 * BATCH_MAX + 1


@pytest.fixture
def receipts_due(office: Office, events: Any) -> Callable[[int], None]:
    """``receipts_due(3)``: so many receipts wait, each of another visit."""

    def note(count: int) -> None:
        with office.db.transaction() as session:
            for number in range(count):
                fields = events.redemption_fields(f"red_{number:02}", f"prv_{number % 2}")
                noting.note_receipts(session, [RedemptionRecorded(**fields)])

    return note


def states(table: Any) -> list[tuple[str, str | None, int]]:
    found: list[Message] = sorted(table.all(), key=lambda message: message.subject_id)
    return [(message.state, message.last_error, message.attempts) for message in found]


def test_neighbours_are_asked_once_a_batch(
    office: Office, known: Any, receipts_due: Any, table: Any, mails: Path
) -> None:
    receipts_due(RECEIPTS)
    assert send_due(office) == RECEIPTS
    assert states(table) == [("sent", None, 1)] * RECEIPTS
    assert len({mail.message_id for mail in read_mails(mails)}) == RECEIPTS
    assert known.asked[:2] == [
        ("find_contacts", ["per_amira"]),
        ("find_providers_by_id", ["prv_0", "prv_1"]),
    ]
    assert len(known.asked) == 2 * 3


def test_neighbours_that_cannot_be_asked_ahead_are_asked_for_each_message(
    office: Office, known: Any, receipts_due: Any, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> Any:
        raise RpcUnavailable("identity.find_contacts")

    monkeypatch.setattr(known, "find_contacts", away, raising=False)
    receipts_due(2)
    send_due(office)
    assert states(table) == [("sent", None, 1)] * 2


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("550 no such user", ("failed", "550", 1)),
        ("451 try again later", ("due", "451", 1)),
        ("drop before data", ("due", "SMTPServerDisconnected", 1)),
    ],
)
def test_a_fault_of_one_mail_is_that_mails_alone(
    office: Office, receipts_due: Any, table: Any, mails: Path, fault: str, outcome: tuple[str, str, int]
) -> None:
    receipts_due(3)
    write_faults(mails, [fault])
    assert send_batch(office) == 3
    assert sorted(states(table)) == sorted([outcome, ("sent", None, 1), ("sent", None, 1)])
    assert len(read_mails(mails)) == 2


def test_a_batch_that_takes_long_gives_the_rest_back_as_it_was(
    office: Office, receipts_due: Any, table: Any, mails: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipts_due(3)
    waiting = {message.id: message.due_at for message in table.all()}
    monkeypatch.setattr(sending, "BATCH_S", 0.0)
    assert send_batch(office) == 1
    assert len(read_mails(mails)) == 1
    left = [message for message in table.all() if message.state == "due"]
    assert {message.id: message.due_at for message in left}.items() < waiting.items()
    assert [(message.attempts, message.lease_id) for message in left] == [(0, None)] * 2
    assert send_due(office) == 2
    assert states(table) == [("sent", None, 1)] * 3


def test_what_is_given_back_late_stays_with_whoever_has_it_now(
    office: Office, receipts_due: Any, table: Any
) -> None:
    receipts_due(1)
    with office.db.transaction() as session:
        slow = lease_due(session, real_now(), 1)
    table.make_due()
    with office.db.transaction() as session:
        quick = lease_due(session, real_now(), 1)
    assert slow is not None
    assert quick is not None
    sending._give_back(office.db, slow, 0)
    assert table.only().lease_id == quick.messages[0].lease_id
    assert table.only().attempts == 2


def test_a_sign_in_code_that_comes_behind_many_receipts_leaves_with_the_next_batch(
    office: Office, known: Any, receipts_due: Any, table: Any
) -> None:
    receipts_due(RECEIPTS)
    send_batch(office)
    expires_at = rfc3339(now() + timedelta(minutes=10))
    known.login_codes["log_1"] = {"email": "amira@example.org", "code": "042917", "expires_at": expires_at}
    with office.db.transaction() as session:
        noting.note_sign_in_code(session, LoginCodeRequested(**stamp(), login_code_id="log_1"))
    send_batch(office)
    assert {message.kind for message in table.all() if message.state == "due"} == {"receipt"}
