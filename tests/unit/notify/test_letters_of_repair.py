"""The mails with which an order is repaired, as whoever opens them reads them: a stranger, maybe."""

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from contracts.cards import VoucherView
from contracts.programmes import Programme
from notify import letters_of_repair
from notify.letters import Letter
from notify.mails import Addressee, write_mail
from notify.models import Message

MAIL_FROM = "Carte de test <ne-pas-repondre@cartes.example>"
CODE: Any = {"email": "amira@example.org", "code": "042917", "expires_at": "2020-07-06T08:10:00Z"}
NOTICE: Any = {
    "email": "amria@example.org",
    "new_email_masked": "a•••@e•••.org",
    "changed_at": "2020-07-06T08:10:00Z",
}


@pytest.fixture
def read(programmes: dict[str, Programme], message_of: Callable[..., Message]) -> Callable[..., str]:
    """``read(letter, "html")``: the mail's part, after a journey as bytes."""

    def act(letter: Letter, subtype: str) -> str:
        to = Addressee(email="somebody@example.org")
        mail = write_mail(message_of("email_changed"), letter, to, programmes["occygene-2020"], MAIL_FROM)
        got = message_from_bytes(mail.as_bytes(), _class=EmailMessage, policy=default)
        body = got.get_body((subtype,))
        assert body is not None
        return str(body.get_content()).replace("\u00a0", " ").replace("\u202f", " ")

    return act


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_a_code_says_what_it_is_for_until_when_and_that_nothing_changes_without_it(
    read: Callable[..., str], subtype: str
) -> None:
    letter = letters_of_repair.email_change_letter(CODE, "Europe/Paris")
    said = read(letter, subtype)
    assert "042917" in said
    assert "avant le 6 juillet 2020 à 10 h 10" in said
    assert "sans lui, rien ne change" in said
    assert "nothing changes without it" in said
    assert "042917" not in str(letter.subject)


@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_the_old_address_reads_which_order_and_what_to_do_in_both_languages(
    programmes: dict[str, Programme], read: Callable[..., str], subtype: str
) -> None:
    programme = programmes["occygene-2020"]
    said = read(letters_of_repair.email_changed_letter(programme, "ord_1", NOTICE), subtype)
    for words in ("ord_1", "a•••@e•••.org", "Prévenez sans attendre", "Tell the contact below at once"):
        assert words in said
    assert programme.contact.name in said


def test_a_voucher_sent_again_says_that_it_is_the_same(
    programmes: dict[str, Programme], card_of: Callable[..., VoucherView]
) -> None:
    programme = programmes["occygene-2020"]
    card = card_of("occygene-2020", "family_bonus")
    letter = letters_of_repair.voucher_again_letter(programme, programme.card_types["family_bonus"], card)
    assert "même bon" in letter.closing[0]["fr"]
    assert "same voucher" in letter.closing[0]["en"]
    assert card["number"] not in str(letter)
    assert card["card_code"] not in str(letter)
