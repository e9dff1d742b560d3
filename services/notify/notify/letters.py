"""What each mail says: one plain shape for all kinds, both languages side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.base import Text
from contracts.cards import VoucherView
from contracts.identity import MailedCode
from contracts.offers import ProviderView
from contracts.programmes import CardType, Programme
from notify import reasons, wording
from notify.wording import NBSP


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of a mail's table."""

    label: Text
    value: Text


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail in both languages: opening, facts (a table), a code to copy, then more sentences."""

    subject: Text
    opening: Text
    facts: tuple[Fact, ...] = ()
    code: str | None = None
    closing: tuple[Text, ...] = ()


def voucher_letter(
    programme: Programme, card_type: CardType, card: VoucherView, replaces: str | None
) -> Letter:
    """The mail that carries the voucher. The number and the code stand in the document only."""
    name = programme.name
    keep: Text = {
        "fr": "Gardez-le pour vous : il vaut votre carte. Imprimez-le ou montrez-le sur votre téléphone.",
        "en": "Keep it to yourself: it is your card. Print it or show it on your phone.",
    }
    replaced: Text = {
        "fr": "Il remplace le bon précédent, qui n’est plus valable.",
        "en": "It replaces the previous voucher, which is no longer valid.",
    }
    return Letter(
        subject={"fr": f"Votre bon – {name['fr']}", "en": "Your voucher"},
        opening={
            "fr": "Votre demande est validée. Votre bon d’échange est joint à ce message.",
            "en": "Your application was accepted. Your voucher is attached to this message.",
        },
        facts=card_facts(card_type, card),
        closing=(keep, replaced) if replaces else (keep,),
    )


def card_facts(card_type: CardType, card: VoucherView) -> tuple[Fact, ...]:
    """Which card it is, and from when until when it is valid."""
    validity = wording.period(date.fromisoformat(card["valid_from"]), date.fromisoformat(card["valid_until"]))
    return (
        Fact(label={"fr": "Formule", "en": "Card"}, value=card_type.label),
        Fact(label={"fr": "Valable", "en": "Valid"}, value=validity),
    )


def receipt_letter(programme: Programme, facts: Mapping[str, Any], provider: ProviderView | None) -> Letter:
    """What a visit cost and what the pot paid."""
    return Letter(
        subject={"fr": f"Votre reçu – {programme.name['fr']}", "en": "Your receipt"},
        opening={
            "fr": "Votre carte a été utilisée. Voici le détail.",
            "en": "Your card was used. Here are the details.",
        },
        facts=_visit(programme, facts, provider) + _sums(facts),
        closing=(
            {
                "fr": "Ce n’était pas vous ? Prévenez sans attendre le contact ci-dessous.",
                "en": "Was it not you? Please tell the contact below at once.",
            },
        ),
    )


def cancellation_letter(
    programme: Programme, facts: Mapping[str, Any], provider: ProviderView | None
) -> Letter:
    """A visit that no longer counts, and what goes back."""
    back: Text = {
        "fr": "La somme payée avec la cagnotte est rendue : elle revient sur la cagnotte, ou à son financeur "
        "si la cagnotte est close.",
        "en": "What the pot paid is given back: to the pot, or to its funder if the pot is closed.",
    }
    return Letter(
        subject={"fr": f"Passage annulé – {programme.name['fr']}", "en": "Visit cancelled"},
        opening={
            "fr": "L’utilisation suivante de votre carte a été annulée. Elle ne compte plus.",
            "en": "The following use of your card was cancelled. It no longer counts.",
        },
        facts=_visit(programme, facts, provider) + _sums(facts),
        closing=(back,) if facts["paid_from_pot_cents"] else (),
    )


def refusal_letter(
    programme: Programme, card_type: CardType, order_id: str, facts: Mapping[str, Any]
) -> Letter:
    """An application that was refused, why, and what can be done now."""
    refund: Text = {
        "fr": "Si vous avez déjà payé, vous êtes remboursé : vous n’avez rien à faire.",
        "en": "If you have already paid, you are being refunded: there is nothing to do.",
    }
    again: Text = {
        "fr": "Si votre situation change, ou si c’est une erreur, vous pouvez refaire une demande ou nous "
        "écrire : nous la reprendrons avec vous.",
        "en": "If your situation changes, or if this is a mistake, you can apply again or write to us: "
        "we will look at it with you.",
    }
    return Letter(
        subject={"fr": f"Votre demande – {programme.name['fr']}", "en": "Your application"},
        opening={
            "fr": "Merci de votre demande. Nous sommes désolés : nous n’avons pas pu la valider.",
            "en": "Thank you for your application. We are sorry: we could not accept it.",
        },
        facts=(
            Fact(label={"fr": "Formule", "en": "Card"}, value=card_type.label),
            Fact(label={"fr": "Motif", "en": "Reason"}, value=reasons.refusal(facts["reason_code"])),
            Fact(label={"fr": "Référence", "en": "Reference"}, value=wording.untranslated(order_id)),
        ),
        closing=(refund, again) if card_type.price_cents else (again,),
    )


def revocation_letter(programme: Programme, card_type: CardType, facts: Mapping[str, Any]) -> Letter:
    """A card that may no longer be used."""
    why = reasons.revocation(facts["reason"])
    because: Text = {"fr": f" : {why['fr']}", "en": f": {why['en']}"} if why else {"fr": "", "en": ""}
    return Letter(
        subject={"fr": f"Carte annulée – {programme.name['fr']}", "en": "Card cancelled"},
        opening={
            "fr": f"Votre carte a été annulée{_narrow(because['fr'])}. Elle n’est plus acceptée.",
            "en": f"Your card was cancelled{because['en']}. It is no longer accepted.",
        },
        facts=(Fact(label={"fr": "Formule", "en": "Card"}, value=card_type.label),),
        closing=(
            {
                "fr": "Si une nouvelle carte vous est faite, son bon vous parvient par un autre message.",
                "en": "If a new card is made for you, its voucher comes in another message.",
            },
        ),
    )


def sign_in_letter(found: MailedCode, timezone: str) -> Letter:
    """The code to sign in with."""
    until = wording.moment(found["expires_at"], timezone)
    return Letter(
        subject={"fr": "Votre code de connexion", "en": "Your sign-in code"},
        opening={"fr": "Voici votre code de connexion.", "en": "Here is your sign-in code."},
        code=found["code"],
        closing=(
            {
                "fr": f"Il sert une seule fois, jusqu’au {until['fr']} (heure de Paris).",
                "en": f"It works once, until {until['en']} (Paris time).",
            },
            {
                "fr": "Ne le donnez à personne. Si vous n’avez rien demandé, ne faites rien.",
                "en": "Give it to nobody. If you did not ask for it, do nothing.",
            },
        ),
    )


def _visit(programme: Programme, facts: Mapping[str, Any], provider: ProviderView | None) -> tuple[Fact, ...]:
    found = []
    if provider is not None:
        found.append(
            Fact(
                label={"fr": "Lieu", "en": "Place"},
                value=wording.untranslated(_place(provider, facts["site_id"])),
            )
        )
        titles = [offer["title"] for offer in provider["offers"] if offer["id"] == facts["offer_id"]]
        found += [Fact(label={"fr": "Offre", "en": "Offer"}, value=title) for title in titles]
    # Noted by the release before this one: when it was recorded.
    visited_at = facts["visited_at"] if "visited_at" in facts else facts["redeemed_at"]
    at = wording.moment(visited_at, programme.timezone)
    party = wording.people(facts["adults"], facts["children"])
    found.append(Fact(label={"fr": "Date", "en": "Date"}, value=at))
    found.append(Fact(label={"fr": "Personnes", "en": "People"}, value=party))
    return tuple(found)


def _sums(facts: Mapping[str, Any]) -> tuple[Fact, ...]:
    lines: list[tuple[Text, int]] = [
        ({"fr": "Prix", "en": "Price"}, facts["gross_cents"]),
        ({"fr": "Réduction", "en": "Reduction"}, -facts["reduction_cents"]),
    ]
    if facts["paid_from_pot_cents"]:
        lines.append(
            ({"fr": "Payé par la cagnotte", "en": "Paid from the pot"}, facts["paid_from_pot_cents"])
        )
    lines.append(({"fr": "À payer sur place", "en": "Due on site"}, facts["due_cents"]))
    return tuple(Fact(label=label, value=wording.euros(cents)) for label, cents in lines)


def _place(provider: ProviderView, site_id: str) -> str:
    for site in provider["sites"]:
        if site["id"] == site_id:
            name = provider["name"]
            where = name if site["name"] == name else f"{name}, {site['name']}"
            return f"{where} ({site['commune']})"
    return provider["name"]


def _narrow(text: str) -> str:
    """French puts an unbreakable space before a colon."""
    return text.replace(" :", f"{NBSP}:")
