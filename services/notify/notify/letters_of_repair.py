"""What the mails say with which an order is repaired: another address, and its voucher once more."""

from contracts.base import Text
from contracts.cards import VoucherView
from contracts.identity import EmailChangeNotice, MailedCode
from contracts.programmes import CardType, Programme
from notify import wording
from notify.letters import Fact, Letter, card_facts


def email_change_letter(found: MailedCode, timezone: str) -> Letter:
    """The code that confirms an address; to somebody who may know nothing of any order."""
    until = wording.moment(found["expires_at"], timezone)
    return Letter(
        subject={"fr": "Confirmez cette adresse", "en": "Confirm this address"},
        opening={
            "fr": "Cette adresse a été indiquée pour recevoir le bon d’une carte. "
            "Voici le code qui la confirme.",
            "en": "This address was given to receive the voucher of a card. "
            "Here is the code that confirms it.",
        },
        code=found["code"],
        closing=(
            {
                "fr": f"Saisissez-le là où l’adresse a été donnée, avant le {until['fr']} (heure de Paris).",
                "en": f"Enter it where you gave the address, before {until['en']} (Paris time).",
            },
            {
                "fr": "Vous n’avez rien demandé ? Ne donnez ce code à personne : sans lui, rien ne change.",
                "en": "You did not ask for it? Give this code to nobody: nothing changes without it.",
            },
        ),
    )


def email_changed_letter(programme: Programme, order_id: str, found: EmailChangeNotice) -> Letter:
    """Word to the address of before; the new one is masked, as this may be a stranger's mailbox."""
    at, new = wording.moment(found["changed_at"], programme.timezone), found["new_email_masked"]
    return Letter(
        subject={"fr": f"Adresse modifiée – {programme.name['fr']}", "en": "Address changed"},
        opening={
            "fr": "L’adresse e-mail d’une commande a été modifiée. Ses messages n’arrivent plus ici.",
            "en": "The e-mail address of an order was changed. Its messages no longer come here.",
        },
        facts=(
            Fact(label={"fr": "Commande", "en": "Order"}, value=wording.untranslated(order_id)),
            Fact(label={"fr": "Nouvelle adresse", "en": "New address"}, value=wording.untranslated(new)),
            Fact(label={"fr": "Le", "en": "On"}, value=at),
        ),
        closing=(
            {
                "fr": "C’était vous, ou vous n’avez rien commandé ? Il n’y a rien à faire.",
                "en": "It was you, or you ordered nothing? There is nothing to do.",
            },
            {
                "fr": "C’est votre commande et ce n’était pas vous ? Prévenez sans attendre le contact "
                "ci-dessous, avec la référence de la commande : votre adresse sera rétablie et la carte "
                "remplacée.",
                "en": "It is your order and it was not you? Tell the contact below at once, with the order’s "
                "reference: your address will be put back and the card replaced.",
            },
        ),
    )


def voucher_again_letter(programme: Programme, card_type: CardType, card: VoucherView) -> Letter:
    """The mail that carries a voucher once more."""
    keep: Text = {
        "fr": "C’est le même bon que le premier : il vaut votre carte, gardez-le pour vous. Imprimez-le ou "
        "montrez-le sur votre téléphone.",
        "en": "It is the same voucher as the first: it is your card, keep it to yourself. Print it or show "
        "it on your phone.",
    }
    return Letter(
        subject={"fr": f"Votre bon, de nouveau – {programme.name['fr']}", "en": "Your voucher again"},
        opening={
            "fr": "Voici de nouveau votre bon d’échange : il est joint à ce message.",
            "en": "Here is your voucher again: it is attached to this message.",
        },
        facts=card_facts(card_type, card),
        closing=(keep,),
    )
