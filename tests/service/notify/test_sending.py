"""Messages over real SMTP: sent once, retried when that helps, given up when it does not."""

import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import text

from chassis.calls.client import RpcTimeout
from chassis.clock import now, real_now, rfc3339
from chassis.events.outbox import stamp
from contracts.cards import CardRevoked, RedemptionCancelled, RedemptionRecorded
from contracts.identity import ApplicationRefused, LoginCodeRequested
from contracts.refusals import Refusal
from devstack.host.ports import free_port
from notify import noting
from notify.asking import Answers
from notify.leasing import MAX_ATTEMPTS, RETRY_DELAYS_S, Lease, Outcome, lease_due
from notify.sending import Office, attempt, send_due, watch_backlog
from notify.smtp import Conversation
from sandbox.reading import read_mails, write_faults

AMIRA = "amira@example.org"
MESSAGES, WORKERS = 24, 4


def announced(office: Office) -> list[dict[str, Any]]:
    with office.db.transaction() as session:
        return list(session.execute(text("SELECT payload FROM outbox ORDER BY seq")).scalars())


def leased(office: Office) -> Lease:
    """The next message, in the hands of a worker of the test's."""
    with office.db.transaction() as session:
        lease = lease_due(session, real_now(), 1)
    assert lease is not None
    return lease


def attempt_alone(office: Office, lease: Lease) -> Outcome:
    """The lease's only message, written and handed over without anything asked ahead."""
    (message,) = lease.messages
    nothing = Answers(contacts=None, providers=None)
    with closing(Conversation(office.server, "cartes.example")) as talk:
        return attempt(office, message, lease.until, nothing, talk, "call_1")


@pytest.mark.usefixtures("voucher_due")
def test_a_voucher_is_mailed_and_announced_and_not_mailed_again(
    office: Office, table: Any, mails: Path
) -> None:
    assert send_due(office) == 1
    table.make_due()
    assert send_due(office) == 0
    (mail,) = read_mails(mails)
    message = table.only()
    assert mail.recipient == AMIRA
    assert mail.message_id == f"<{message.id}@cartes.example>"
    assert (message.state, message.attempts, message.last_error) == ("sent", 1, None)
    (event,) = announced(office)
    assert (event["card_id"], event["message_id"]) == ("card_1", message.id)


@pytest.mark.usefixtures("voucher_due")
def test_the_mailed_voucher_can_be_scanned(office: Office, mails: Path) -> None:
    send_due(office)
    (mail,) = read_mails(mails)
    (attached,) = mail.attachments
    image = pypdfium2.PdfDocument(BytesIO(attached.content))[0].render(scale=96 / 72).to_pil()
    assert attached.name == "bon-occygene-2020.pdf"
    assert [code.text for code in zxingcpp.read_barcodes(image)] == ["OCY1:ABCDEFGHIJKLMNOPQRSTUVWX23"]


@pytest.mark.usefixtures("voucher_due")
def test_a_crash_after_the_servers_yes_repeats_the_same_message_id(
    office: Office, table: Any, mails: Path
) -> None:
    # The server has said yes, and the process dies before it can write that down.
    assert attempt_alone(office, leased(office)).state == "sent"
    assert send_due(office) == 0
    table.make_due()
    assert send_due(office) == 1
    first, second = read_mails(mails)
    assert first.message_id == second.message_id
    assert len(announced(office)) == 1


@pytest.mark.usefixtures("voucher_due")
def test_a_lost_connection_after_the_data_is_tried_again_under_the_same_id(
    office: Office, table: Any, mails: Path
) -> None:
    write_faults(mails, ["drop after data"])
    send_due(office)
    assert table.only().state == "due"
    table.make_due()
    send_due(office)
    assert table.only().state == "sent"
    assert len({mail.message_id for mail in read_mails(mails)}) == 1


@pytest.mark.parametrize("fault", ["451 try again later", "452 mailbox full", "drop before data"])
@pytest.mark.usefixtures("voucher_due")
def test_a_temporary_fault_is_tried_again_after_a_delay(
    office: Office, table: Any, mails: Path, fault: str
) -> None:
    write_faults(mails, [fault])
    before = real_now()
    assert send_due(office) == 1
    waiting = table.only()
    assert waiting.state == "due"
    assert waiting.last_error in (fault[:3], "SMTPServerDisconnected")
    assert waiting.due_at >= before + timedelta(seconds=RETRY_DELAYS_S[0])
    table.make_due()
    send_due(office)
    assert (table.only().state, table.only().last_error) == ("sent", None)
    assert len(read_mails(mails)) == 1


@pytest.mark.parametrize("fault", ["550 no such user", "554 looks like spam"])
@pytest.mark.usefixtures("voucher_due")
def test_a_final_refusal_fails_with_its_code_and_without_the_address(
    office: Office, table: Any, mails: Path, fault: str
) -> None:
    write_faults(mails, [fault])
    send_due(office)
    table.make_due()
    assert send_due(office) == 0
    assert (table.only().state, table.only().last_error) == ("failed", fault[:3])
    assert read_mails(mails) == []
    assert announced(office) == []


@pytest.mark.usefixtures("voucher_due")
def test_a_server_that_is_away_costs_only_time(office: Office, table: Any, mails: Path) -> None:
    away = replace(office, server=replace(office.server, port=free_port()))
    send_due(away)
    assert (table.only().state, table.only().last_error) == ("due", "ConnectionRefusedError")
    table.make_due()
    send_due(office)
    assert table.only().state == "sent"


@pytest.mark.usefixtures("voucher_due")
def test_a_server_without_encryption_gets_no_mail_when_encryption_is_asked_for(
    office: Office, table: Any, mails: Path
) -> None:
    send_due(replace(office, server=replace(office.server, encrypted=True)))
    assert (table.only().state, table.only().last_error) == ("due", "SMTPNotSupportedError")
    assert read_mails(mails) == []


@pytest.mark.usefixtures("voucher_due")
def test_delays_grow_and_end(office: Office, table: Any, mails: Path) -> None:
    delays = []
    for _ in range(3):
        write_faults(mails, ["451 try again later"])
        table.make_due()
        send_due(office)
        delays.append((table.only().due_at - real_now()).total_seconds())
    assert delays == sorted(delays)
    with office.db.transaction() as session:
        session.execute(text("UPDATE messages SET attempts = :n"), {"n": MAX_ATTEMPTS - 1})
    write_faults(mails, ["451 try again later"])
    table.make_due()
    send_due(office)
    assert (table.only().state, table.only().last_error) == ("failed", "451")


def test_several_workers_send_each_message_once(office: Office, table: Any, mails: Path, events: Any) -> None:
    with office.db.transaction() as session:
        for number in range(MESSAGES):
            redemption = RedemptionRecorded(**events.redemption_fields(f"red_{number}"))
            noting.note_receipts(session, [redemption])
    threads = [threading.Thread(target=send_due, args=(office,)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {message.state for message in table.all()} == {"sent"}
    found = [mail.message_id for mail in read_mails(mails)]
    assert len(found) == len(set(found)) == MESSAGES


@pytest.mark.usefixtures("voucher_due")
def test_a_worker_whose_lease_ran_out_does_not_overwrite_the_other(
    office: Office, table: Any, mails: Path
) -> None:
    slow = leased(office)
    table.make_due()
    send_due(office)
    assert attempt_alone(office, replace(slow, until=real_now())).error == "lease_too_short"
    assert table.only().state == "sent"
    assert len(read_mails(mails)) == 1


@pytest.mark.parametrize(
    "failure", [RpcTimeout("identity.get_contact"), Refusal("try_again"), ZeroDivisionError()]
)
@pytest.mark.usefixtures("voucher_due")
def test_a_neighbour_in_trouble_postpones_the_message(
    office: Office, table: Any, known: Any, failure: Exception
) -> None:
    known.failing = failure
    send_due(office)
    assert table.only().state == "due"
    known.failing = None
    table.make_due()
    send_due(office)
    assert table.only().state == "sent"


@pytest.mark.usefixtures("voucher_due")
def test_one_message_in_trouble_does_not_stop_the_others(
    office: Office, table: Any, mails: Path, events: Any, owner_database: Any
) -> None:
    with owner_database("notify").transaction() as session:
        session.execute(text("UPDATE messages SET programme = 'no-such-programme'"))
        noting.note_receipts(session, [RedemptionRecorded(**events.redemption_fields())])
    send_due(office)
    assert {message.kind: message.state for message in table.all()} == {"voucher": "due", "receipt": "sent"}


@pytest.mark.usefixtures("voucher_due")
def test_a_card_revoked_before_its_voucher_left_gets_none(
    office: Office, table: Any, known: Any, mails: Path
) -> None:
    known.card["revoked"] = True
    send_due(office)
    assert (table.only().state, table.only().last_error) == ("void", "card_revoked")
    assert read_mails(mails) == []


@pytest.mark.usefixtures("voucher_due")
def test_a_person_who_was_erased_gets_nothing(office: Office, table: Any, known: Any) -> None:
    known.emails.clear()
    send_due(office)
    assert (table.only().state, table.only().last_error) == ("void", "not_found")


def test_a_refusal_waits_for_its_order_and_then_says_why(
    office: Office, table: Any, mails: Path, events: Any
) -> None:
    refused = ApplicationRefused(
        **stamp(), application_id="app_1", order_id="ord_1", reason_code="not_resident"
    )
    with office.db.transaction() as session:
        noting.note_refusal(session, refused)
    send_due(office)
    assert (table.only().state, table.only().last_error) == ("due", "order_unknown")
    with office.db.transaction() as session:
        noting.note_order(session, events.order_placed())
    table.make_due()
    send_due(office)
    (mail,) = read_mails(mails, AMIRA)
    assert "Le justificatif de domicile ne montre pas" in mail.text
    assert "The proof of residence does not show" in mail.html


@pytest.mark.parametrize("provider_id", ["prv_1", "prv_gone"])
def test_a_receipt_is_sent_whether_or_not_the_provider_is_still_there(
    office: Office, mails: Path, events: Any, provider_id: str
) -> None:
    redemption = RedemptionRecorded(**events.redemption_fields(provider_id=provider_id))
    with office.db.transaction() as session:
        noting.note_receipts(session, [redemption])
    send_due(office)
    (mail,) = read_mails(mails, AMIRA)
    assert ("Kayak Vert, Base de Saint-Chély (Sainte-Enimie)" in mail.text) == (provider_id == "prv_1")
    assert "Payé par la cagnotte : 40\u00a0€" in mail.text


def test_a_receipt_says_when_the_visit_took_place(office: Office, mails: Path, events: Any) -> None:
    late = {"visited_at": "2020-08-10T21:58:00.000000Z", "redeemed_at": "2020-08-10T22:03:00.000000Z"}
    with office.db.transaction() as session:
        noting.note_receipts(session, [RedemptionRecorded(**{**events.redemption_fields(), **late})])
    send_due(office)
    (mail,) = read_mails(mails, AMIRA)
    assert "10 août 2020 à 23 h 58" in mail.text.replace("\u00a0", " ")
    assert "11 août" not in mail.text


def test_a_cancellation_and_a_revocation_reach_the_holder(office: Office, mails: Path, events: Any) -> None:
    cancelled = RedemptionCancelled(**events.redemption_fields(), cancelled_at="2020-07-11T08:35:00.000000Z")
    revoked = CardRevoked(
        **stamp(), card_id="card_1", order_id="ord_1", household_id="hou_1", reason="stolen"
    )
    with office.db.transaction() as session:
        noting.note_order(session, events.order_placed())
        noting.note_cancellation(session, cancelled)
        noting.note_revocation(session, revoked)
    send_due(office)
    subjects = {mail.subject for mail in read_mails(mails, AMIRA)}
    assert subjects == {
        "Passage annulé – Carte OCC’YGÈNE 2020 / Visit cancelled",
        "Carte annulée – Carte OCC’YGÈNE 2020 / Card cancelled",
    }
    assert announced(office) == []


@pytest.mark.parametrize(("minutes", "state"), [(10, "sent"), (-1, "void")])
def test_a_sign_in_code_is_mailed_only_while_it_works(
    office: Office, table: Any, mails: Path, known: Any, minutes: int, state: str
) -> None:
    expires_at = rfc3339(now() + timedelta(minutes=minutes))
    known.login_codes["log_1"] = {"email": AMIRA, "code": "042917", "expires_at": expires_at}
    with office.db.transaction() as session:
        noting.note_sign_in_code(session, LoginCodeRequested(**stamp(), login_code_id="log_1"))
    send_due(office)
    assert table.only().state == state
    assert ["042917" in mail.text for mail in read_mails(mails)] == ([True] if state == "sent" else [])


@pytest.mark.usefixtures("voucher_due")
def test_what_waits_and_what_failed_can_be_seen(office: Office, mails: Path) -> None:
    from prometheus_client import REGISTRY

    watch_backlog(office.db)
    assert REGISTRY.get_sample_value("messages_unsent", {"state": "due"}) == 1
    write_faults(mails, ["550 no such user"])
    send_due(office)
    watch_backlog(office.db)
    assert REGISTRY.get_sample_value("messages_unsent", {"state": "due"}) == 0
    assert REGISTRY.get_sample_value("messages_unsent", {"state": "failed"}) == 1
    assert REGISTRY.get_sample_value("messages_overdue_seconds") == 0


def test_no_log_line_names_the_person(
    office: Office, mails: Path, events: Any, known: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    known.emails["per_amira"] = "not an address"
    with office.db.transaction() as session:
        noting.note_voucher(session, events.card_validated())
        noting.note_receipts(session, [RedemptionRecorded(**events.redemption_fields())])
    send_due(office)
    said = capsys.readouterr().out
    assert "message_not_written" in said
    for personal in ("not an address", "Amira", "Benali", "4971203355180426", "OCY1"):
        assert personal not in said
