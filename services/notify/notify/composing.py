"""From a message to a mail: asks the neighbours what to write and to whom, and keeps nothing of it."""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage

from chassis.clock import now
from contracts.identity import Contact, MailedCode
from contracts.neighbours import Neighbours
from contracts.programmes import CardType, Programme
from contracts.programmes.days import PARIS
from notify import letters, letters_of_repair
from notify.asking import Answers, contact_of, provider_of
from notify.mails import Addressee, attach_pdf, write_mail
from notify.models import Message
from notify.smtp import NotNow
from notify.voucher import render_voucher, voucher_filename


class NothingToSay(Exception):
    """What the message was about is over; the text is a code."""


def compose(
    message: Message,
    neighbours: Neighbours,
    known: Answers,
    programmes: Mapping[str, Programme],
    mail_from: str,
) -> EmailMessage:
    """Write the message's mail. `known` was asked ahead for the whole batch.

    Raises NothingToSay, NotNow, or what an RPC raises.
    """
    if message.kind in _TO_AN_ADDRESS:
        return _TO_AN_ADDRESS[message.kind](message, neighbours, mail_from)
    if message.holder_id is None or message.programme is None or message.card_type is None:
        # The event that says whose the order is has not been heard yet.
        raise NotNow("order_unknown")
    programme = programmes[message.programme]
    if message.kind == "email_changed":
        return _email_changed(message, neighbours, programme, mail_from)
    card_type = programme.card_types[message.card_type]
    contact = contact_of(message.holder_id, neighbours, known)
    if message.kind in ("voucher", "voucher_again"):
        return _voucher(message, neighbours, programme, card_type, contact, mail_from)
    letter = _letter(message, neighbours, known, programme, card_type)
    return write_mail(message, letter, _addressee(contact), programme, mail_from)


def _voucher(
    message: Message,
    neighbours: Neighbours,
    programme: Programme,
    card_type: CardType,
    contact: Contact,
    mail_from: str,
) -> EmailMessage:
    card = neighbours.cards.get_voucher(card_id=_card_of(message, neighbours))
    if card["revoked"]:
        raise NothingToSay("card_revoked")
    if message.kind == "voucher":
        letter = letters.voucher_letter(programme, card_type, card, message.facts["replaces"])
    else:
        letter = letters_of_repair.voucher_again_letter(programme, card_type, card)
    mail = write_mail(message, letter, _addressee(contact), programme, mail_from)
    attach_pdf(mail, render_voucher(programme, card, contact), voucher_filename(programme.code))
    return mail


def _card_of(message: Message, neighbours: Neighbours) -> str:
    """A voucher that follows a change of address is that of the card which the order has by now."""
    if message.kind == "voucher":
        return message.subject_id
    if "card_id" in message.facts:
        return str(message.facts["card_id"])
    order = neighbours.cards.get_order_holder(order_id=message.order_id or "", order_secret=None)
    if order["card_id"] is None:
        # Its voucher will leave when the card is made, and for the new address.
        raise NothingToSay("card_not_made")
    return order["card_id"]


def _code(message: Message, found: MailedCode, letter: letters.Letter, mail_from: str) -> EmailMessage:
    if datetime.fromisoformat(found["expires_at"]) <= now():
        raise NothingToSay("code_expired")
    return write_mail(message, letter, Addressee(email=found["email"]), None, mail_from)


def _sign_in_code(message: Message, neighbours: Neighbours, mail_from: str) -> EmailMessage:
    found = neighbours.identity.get_login_code(login_code_id=message.subject_id)
    return _code(message, found, letters.sign_in_letter(found, PARIS), mail_from)


def _email_change_code(message: Message, neighbours: Neighbours, mail_from: str) -> EmailMessage:
    found = neighbours.identity.get_email_change_code(email_change_id=message.subject_id)
    return _code(message, found, letters_of_repair.email_change_letter(found, PARIS), mail_from)


# No holder is known to live at these addresses yet: `identity` is asked for them by what they are about.
_TO_AN_ADDRESS = {"sign_in_code": _sign_in_code, "email_change_code": _email_change_code}


def _email_changed(
    message: Message, neighbours: Neighbours, programme: Programme, mail_from: str
) -> EmailMessage:
    found = neighbours.identity.get_email_change_notice(email_change_id=message.subject_id)
    letter = letters_of_repair.email_changed_letter(programme, message.order_id or "", found)
    # Without a name: whoever mistyped it, this may be a stranger's address.
    return write_mail(message, letter, Addressee(email=found["email"]), programme, mail_from)


def _letter(
    message: Message, neighbours: Neighbours, known: Answers, programme: Programme, card_type: CardType
) -> letters.Letter:
    facts = message.facts
    if message.kind == "refusal":
        return letters.refusal_letter(programme, card_type, message.subject_id, facts)
    if message.kind == "revocation":
        return letters.revocation_letter(programme, card_type, facts)
    provider = provider_of(facts["provider_id"], neighbours, known)
    write = {"receipt": letters.receipt_letter, "cancellation": letters.cancellation_letter}[message.kind]
    return write(programme, facts, provider)


def _addressee(contact: Contact) -> Addressee:
    return Addressee(email=contact["email"], given_name=contact["given_name"])
