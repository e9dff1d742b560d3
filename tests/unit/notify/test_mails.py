"""Mails as their readers and their readers' servers see them."""

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from contracts.cards import VoucherView
from contracts.programmes import Programme
from notify import letters
from notify.mails import Addressee, attach_pdf, write_mail
from notify.models import Message
from notify.reasons import REFUSALS
from tests.unit.names import DECOMPOSED, NAMES, VOCALISED

MAIL_FROM = "Carte de test <ne-pas-repondre@cartes.example>"
FACTS = {
    "provider_id": "prv_1",
    "site_id": "sit_1",
    "offer_id": "off_1",
    "adults": 2,
    "children": 3,
    "gross_cents": 6200,
    "reduction_cents": 1240,
    "paid_from_pot_cents": 4000,
    "due_cents": 960,
    "visited_at": "2020-07-11T08:30:00.000000Z",
}
AMIRA = Addressee(email="amira@example.org", given_name="Amira")


@pytest.fixture
def occygene(programmes: dict[str, Programme]) -> Programme:
    return programmes["occygene-2020"]


def read_back(mail: EmailMessage) -> EmailMessage:
    """The mail after a journey as bytes."""
    return message_from_bytes(mail.as_bytes(), _class=EmailMessage, policy=default)


def part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return str(body.get_content()).replace("\u00a0", " ").replace("\u202f", " ")


def test_a_receipt_says_what_the_pot_paid_in_both_languages_in_text_and_html(
    occygene: Programme, message_of: Callable[..., Message]
) -> None:
    letter = letters.receipt_letter(occygene, FACTS, None)
    mail = read_back(write_mail(message_of("receipt"), letter, AMIRA, occygene, MAIL_FROM))
    for subtype in ("plain", "html"):
        body = part(mail, subtype)
        assert "Bonjour Amira," in body
        assert "62 €" in body
        assert "−12,40 €" in body
        assert "40 €" in body
        assert "9,60 €" in body
        assert "€9.60" in body
        assert body.index("Bonjour Amira") < body.index("Hello Amira")
    assert "Payé par la cagnotte : 40 €" in part(mail, "plain")


def test_a_receipt_without_pot_does_not_mention_one(occygene: Programme) -> None:
    facts = {**FACTS, "paid_from_pot_cents": 0, "due_cents": 4960}
    labels = [fact.label["fr"] for fact in letters.receipt_letter(occygene, facts, None).facts]
    assert "Payé par la cagnotte" not in labels
    assert "À payer sur place" in labels


def test_a_receipt_names_the_place_and_the_offer(occygene: Programme) -> None:
    provider: Any = {
        "name": "Kayak Vert",
        "sites": [{"id": "sit_1", "name": "Base de Saint-Chély", "commune": "Sainte-Enimie"}],
        "offers": [{"id": "off_1", "title": {"fr": "Descente", "en": "Trip down"}}],
    }
    values = [fact.value["fr"] for fact in letters.receipt_letter(occygene, FACTS, provider).facts]
    assert "Kayak Vert, Base de Saint-Chély (Sainte-Enimie)" in values
    assert "Descente" in values


def test_the_same_message_written_twice_has_the_same_id_and_date(
    occygene: Programme, message_of: Callable[..., Message]
) -> None:
    letter = letters.receipt_letter(occygene, FACTS, None)
    first, second = (write_mail(message_of("receipt"), letter, AMIRA, occygene, MAIL_FROM) for _ in "12")
    assert first["Message-ID"] == second["Message-ID"] == "<msg_1@cartes.example>"
    assert first["Date"] == second["Date"]


def test_no_absence_notice_answers(occygene: Programme, message_of: Callable[..., Message]) -> None:
    letter = letters.receipt_letter(occygene, FACTS, None)
    mail = write_mail(message_of("receipt"), letter, AMIRA, occygene, MAIL_FROM)
    assert mail["Auto-Submitted"] == "auto-generated"


def test_answers_go_to_the_programmes_contact(
    programmes: dict[str, Programme], message_of: Callable[..., Message]
) -> None:
    programme = programmes["passresot66"]
    letter = letters.revocation_letter(programme, programme.card_types["staff"], {"reason": "lost"})
    mail = write_mail(message_of("revocation"), letter, AMIRA, programme, MAIL_FROM)
    assert mail["Reply-To"] == "resot66.tourisme@gmail.com"


def test_the_voucher_is_attached_and_its_number_stands_nowhere_in_the_mail(
    occygene: Programme, message_of: Callable[..., Message], card_of: Callable[..., VoucherView]
) -> None:
    card = card_of("occygene-2020", "family")
    letter = letters.voucher_letter(occygene, occygene.card_types["family"], card, None)
    written = write_mail(message_of("voucher"), letter, AMIRA, occygene, MAIL_FROM)
    attach_pdf(written, b"%PDF-1.7", "bon-occygene-2020.pdf")
    mail = read_back(written)
    assert [(file.get_filename(), file.get_content_type()) for file in mail.iter_attachments()] == [
        ("bon-occygene-2020.pdf", "application/pdf")
    ]
    assert "0426" not in part(mail, "plain") + part(mail, "html")
    assert "du 6 juillet 2020 au 30 juin 2021" in part(mail, "plain")


def test_a_reissued_voucher_says_that_it_replaces_the_other(
    occygene: Programme, card_of: Callable[..., VoucherView]
) -> None:
    card = card_of("occygene-2020", "family")
    letter = letters.voucher_letter(occygene, occygene.card_types["family"], card, "card_0")
    assert any("remplace" in sentence["fr"] for sentence in letter.closing)


@pytest.mark.parametrize("code", ["document_missing", "quotient_too_high", "a_reason_of_next_year"])
def test_a_refusal_gives_its_reason_as_a_sentence(occygene: Programme, code: str) -> None:
    card_type = occygene.card_types["family_bonus"]
    letter = letters.refusal_letter(occygene, card_type, "ord_1", {"reason_code": code})
    reason = next(fact.value for fact in letter.facts if fact.label["fr"] == "Motif")
    assert reason == REFUSALS.get(code, REFUSALS["other"])


def test_only_a_card_with_a_price_speaks_of_a_refund(occygene: Programme) -> None:
    paid, free = (
        letters.refusal_letter(occygene, occygene.card_types[code], "ord_1", {"reason_code": "other"})
        for code in ("family", "youth")
    )
    assert any("remboursé" in sentence["fr"] for sentence in paid.closing)
    assert not any("remboursé" in sentence["fr"] for sentence in free.closing)


def test_a_card_revoked_for_fraud_does_not_accuse_by_mail(occygene: Programme) -> None:
    card_type = occygene.card_types["family"]
    assert "fraud" not in letters.revocation_letter(occygene, card_type, {"reason": "fraud"}).opening["fr"]
    assert (
        "déclarée volée" in letters.revocation_letter(occygene, card_type, {"reason": "stolen"}).opening["fr"]
    )


def test_a_sign_in_code_says_until_when_it_works(message_of: Callable[..., Message]) -> None:
    letter = letters.sign_in_letter(
        {"email": "amira@example.org", "code": "042917", "expires_at": "2020-07-06T08:10:00Z"}, "Europe/Paris"
    )
    mail = read_back(
        write_mail(message_of("sign_in_code"), letter, Addressee(email="amira@example.org"), None, MAIL_FROM)
    )
    assert "042917" in part(mail, "plain")
    assert "jusqu’au 6 juillet 2020 à 10 h 10" in part(mail, "html")
    assert "042917" not in mail["Subject"]


@pytest.mark.parametrize(
    ("given", "family"), [*NAMES.values(), *DECOMPOSED.values(), *VOCALISED.values()], ids=ascii
)
def test_a_name_in_any_script_passes_unharmed(
    occygene: Programme, message_of: Callable[..., Message], given: str, family: str
) -> None:
    letter = letters.receipt_letter(occygene, FACTS, None)
    to = Addressee(email="amira@example.org", given_name=f"{given} {family}")
    mail = read_back(write_mail(message_of("receipt"), letter, to, occygene, MAIL_FROM))
    for subtype in ("plain", "html"):
        assert f"Bonjour {given} {family}," in part(mail, subtype)


def test_a_name_cannot_bring_markup_into_the_mail(
    occygene: Programme, message_of: Callable[..., Message]
) -> None:
    letter = letters.receipt_letter(occygene, FACTS, None)
    to = Addressee(email="amira@example.org", given_name="<script>alert(1)</script>")
    mail = write_mail(message_of("receipt"), letter, to, occygene, MAIL_FROM)
    assert "<script>" not in part(mail, "html")


@pytest.mark.parametrize("email", ["a@b.org\r\nBcc: other@example.org", "two@example.org, other@example.org"])
def test_an_address_cannot_bring_another_recipient(
    occygene: Programme, message_of: Callable[..., Message], email: str
) -> None:
    letter = letters.receipt_letter(occygene, FACTS, None)
    with pytest.raises(ValueError, match=r".+"):
        write_mail(message_of("receipt"), letter, Addressee(email=email), occygene, MAIL_FROM)
