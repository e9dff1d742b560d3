"""The mail server keeps each message as a file, and refuses or hangs up when asked to."""

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.mailbox.keeping import recipient_folder
from sandbox.reading import read_mails, wait_for_mails, write_faults

PDF = b"%PDF-1.7 made-up voucher"


def voucher_mail(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "OCC’YGÈNE <carte@example.org>"
    message["To"] = to
    message["Subject"] = "Votre carte OCC’YGÈNE est prête"
    message["Message-ID"] = f"<voucher-{to}>"
    message.set_content("Bonjour Maëlys,\nvoici votre bon d’échange.\n")
    message.add_alternative("<p>Bonjour Maëlys</p>", subtype="html")
    message.add_attachment(PDF, maintype="application", subtype="pdf", filename="Bon d’échange.pdf")
    return message


def send(mail_server: Any, message: EmailMessage) -> None:
    with smtplib.SMTP(mail_server.host, mail_server.port, timeout=10) as smtp:
        smtp.send_message(message)


def test_a_mail_is_kept_with_its_pdf_beside_it(mail_server: Any) -> None:
    send(mail_server, voucher_mail("maelys@example.org"))
    (mail,) = wait_for_mails(mail_server.folder, recipient="maelys@example.org")
    assert mail.path.name == "1-votre-carte-occygene-est-prete.eml"
    assert mail.path.with_name("1-votre-carte-occygene-est-prete-bon-dechange.pdf").read_bytes() == PDF
    assert (mail.recipient, mail.to) == ("maelys@example.org", "maelys@example.org")
    assert mail.message_id == "<voucher-maelys@example.org>"
    assert mail.subject == "Votre carte OCC’YGÈNE est prête"
    assert mail.text.startswith("Bonjour Maëlys")
    assert "<p>Bonjour Maëlys</p>" in mail.html
    (pdf,) = mail.attachments
    assert (pdf.name, pdf.media_type, pdf.content) == ("Bon d’échange.pdf", "application/pdf", PDF)


def test_each_recipient_gets_a_copy_in_a_folder_of_their_own(mail_server: Any) -> None:
    send(mail_server, voucher_mail("one@example.org, two@example.org"))
    for recipient in ("one@example.org", "two@example.org"):
        assert [mail.recipient for mail in read_mails(mail_server.folder, recipient)] == [recipient]


def test_mails_are_numbered_and_read_in_the_order_they_came(mail_server: Any) -> None:
    for number in range(1, 12):
        message = voucher_mail("many@example.org")
        message.replace_header("Subject", f"Numéro {number}")
        send(mail_server, message)
    subjects = [mail.subject for mail in read_mails(mail_server.folder, "many@example.org")]
    assert subjects == [f"Numéro {number}" for number in range(1, 12)]


def test_a_temporary_refusal_keeps_nothing_and_the_next_try_succeeds(mail_server: Any) -> None:
    write_faults(mail_server.folder, ["451 try again"])
    message = voucher_mail("later@example.org")
    with pytest.raises(smtplib.SMTPDataError, match="try again") as refused:
        send(mail_server, message)
    assert refused.value.smtp_code == 451
    assert read_mails(mail_server.folder, "later@example.org") == []
    send(mail_server, message)
    assert len(read_mails(mail_server.folder, "later@example.org")) == 1


def test_an_unknown_user_is_refused_by_name(mail_server: Any) -> None:
    write_faults(mail_server.folder, ["550 no such user"])
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(mail_server, voucher_mail("nobody@example.org"))
    assert refused.value.recipients["nobody@example.org"] == (550, b"no such user")


def test_a_connection_cut_after_the_data_leaves_the_sender_unsure(mail_server: Any) -> None:
    write_faults(mail_server.folder, ["drop after data"])
    message = voucher_mail("unsure@example.org")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(mail_server, message)
    send(mail_server, message)
    twice = read_mails(mail_server.folder, "unsure@example.org")
    assert [mail.message_id for mail in twice] == ["<voucher-unsure@example.org>"] * 2


def test_a_connection_cut_before_the_data_keeps_nothing(mail_server: Any) -> None:
    write_faults(mail_server.folder, ["drop before data"])
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        send(mail_server, voucher_mail("cut@example.org"))
    assert read_mails(mail_server.folder, "cut@example.org") == []


def test_a_fault_that_cannot_be_played_is_refused(mail_server: Any) -> None:
    with pytest.raises(ValueError, match="not an SMTP reply"):
        write_faults(mail_server.folder, ["250 fine"])


@pytest.mark.parametrize("address", ["../../etc/passwd@x", "..", "/absolute@x", ".hidden@x", "", "x" * 500])
def test_no_address_leads_out_of_the_folder(address: str) -> None:
    name = recipient_folder(address)
    assert "/" not in name
    assert not name.startswith(".")
    assert 0 < len(name) <= 120
