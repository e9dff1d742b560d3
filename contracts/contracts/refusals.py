"""Every "no" that the platform can say, with its stable code and its sentence in French and English."""

from dataclasses import dataclass
from typing import Any

from contracts.writing import in_english, in_french


@dataclass(frozen=True)
class Sentence:
    """What a refusal says: ``title`` for developers, ``fr`` and ``en`` for the person.

    Placeholders in braces are filled from the refusal's details.
    """

    title: str
    fr: str
    en: str


class Refusal(Exception):
    """An expected "no": nothing was changed. ``field`` is the dotted path of the input at fault, if any.

    ``details`` are JSON primitives shown to the caller; never personal data.
    """

    def __init__(self, code: str, *, field: str | None = None, **details: Any) -> None:
        if code not in SENTENCES:
            raise KeyError(f"refusal code {code!r} is not in contracts.refusals.SENTENCES")
        super().__init__(code)
        self.code = code
        self.field = field
        self.details = details


def sentence(code: str, details: dict[str, Any]) -> Sentence:
    """The refusal's sentence with its details filled in; a missing detail leaves its name.

    Amounts in cents and ISO dates are written as each language writes them.
    """
    raw = SENTENCES[code]
    details = WAYS_ON | details
    return Sentence(
        raw.title,
        raw.fr.format_map(_Named({name: in_french(name, value) for name, value in details.items()})).rstrip(),
        raw.en.format_map(
            _Named({name: in_english(name, value) for name, value in details.items()})
        ).rstrip(),
    )


# What may be done instead is said where there is such a thing.
WAYS_ON = {"instead_fr": "", "instead_en": ""}


class _Named(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return key


SENTENCES: dict[str, Sentence] = {
    # every call
    "invalid_field": Sentence(
        "A field is not valid",
        "Le champ « {field} » n’est pas valide : {rule}.",
        "Field “{field}” is not valid: {rule}.",
    ),
    "not_found": Sentence("Not found", "Cet élément n’existe pas.", "There is no such thing."),
    "not_allowed": Sentence(
        "Not allowed", "Vous n’avez pas le droit de faire cela.", "You are not allowed to do this."
    ),
    "not_authenticated": Sentence("No valid credential", "Veuillez vous identifier.", "Please sign in."),
    "idempotency_key_reused": Sentence(
        "Idempotency key reused with another request",
        "Cette clé a déjà servi pour une autre demande.",
        "This key was already used for another request.",
    ),
    "too_many_attempts": Sentence(
        "Too many attempts",
        "Trop d’essais. Réessayez dans {retry_after_s} secondes. {instead_fr}",
        "Too many attempts. Try again in {retry_after_s} seconds. {instead_en}",
    ),
    "too_many_requests": Sentence(
        "Too many requests",
        "Trop de demandes à la fois. Réessayez dans {retry_after_s} secondes.",
        "Too many requests at once. Try again in {retry_after_s} seconds.",
    ),
    "try_again": Sentence(
        "Busy, retry with the same key",
        "Le service est momentanément indisponible. Réessayez : rien ne sera compté deux fois.",
        "The service is busy for a moment. Try again: nothing will be counted twice.",
    ),
    # orders
    "programme_unknown": Sentence(
        "Unknown programme", "Ce dispositif n’existe pas.", "There is no such scheme."
    ),
    "card_type_unknown": Sentence(
        "Unknown card type",
        "Cette formule n’existe pas dans ce dispositif.",
        "This scheme has no such card type.",
    ),
    "orders_not_open": Sentence(
        "Orders are not open",
        "Les commandes sont ouvertes du {orders_open} au {orders_close}.",
        "Orders are open from {orders_open} to {orders_close}.",
    ),
    "channel_unknown": Sentence(
        "Unknown channel",
        "Ce canal de vente n’est pas prévu.",
        "This sales channel is not part of the scheme.",
    ),
    "age_not_covered": Sentence(
        "Age not covered",
        "Cette formule est réservée aux personnes de {min_years} à {max_years} ans.",
        "This card is for people aged {min_years} to {max_years}.",
    ),
    "household_not_covered": Sentence(
        "Household not covered",
        "Le foyer ne correspond pas à cette formule : {rule_fr}.",
        "The household does not fit this card: {rule_en}.",
    ),
    "commune_unknown": Sentence(
        "Unknown commune",
        "Ce code INSEE de commune n’existe pas.",
        "There is no commune with this INSEE code.",
    ),
    "residence_not_covered": Sentence(
        "Residence not covered",
        "Cette carte est réservée aux habitants de {region}.",
        "This card is for residents of {region}.",
    ),
    "order_not_payable": Sentence(
        "Nothing to pay", "Cette commande n’est pas à payer.", "There is nothing to pay for this order."
    ),
    "payment_unavailable": Sentence(
        "The bank does not answer",
        "La banque ne répond pas. Réessayez dans un instant.",
        "The bank does not answer. Try again in a moment.",
    ),
    "email_unchanged": Sentence(
        "The order has this address",
        "Cette commande a déjà cette adresse. Vérifiez-la, ou demandez que le bon y soit envoyé de nouveau.",
        "This order already has this address. Check it, or have the voucher sent there again.",
    ),
    "email_code_refused": Sentence(
        "The code does not confirm the address",
        "Ce code n’est pas le bon ou ne sert plus. Recopiez celui du dernier message, ou demandez-en un "
        "autre.",
        "This code is wrong or no longer works. Copy that of the newest message, or ask for another.",
    ),
    "too_many_mails": Sentence(
        "Too many mails asked for",
        "Plusieurs messages ont déjà été demandés : regardez aussi dans les courriers indésirables. "
        "Vous pourrez en demander un autre dans {wait_fr}.",
        "Several messages were asked for already: look among unwanted mail too. "
        "You can ask for another in {wait_en}.",
    ),
    "voucher_mails_used_up": Sentence(
        "The voucher was mailed often enough",
        "Le bon de cette carte a déjà été envoyé {max_mails} fois de plus. Connectez-vous pour le "
        "télécharger, ou écrivez à l’assistance.",
        "This card’s voucher was already sent {max_mails} more times. Sign in to download it, or write to "
        "support.",
    ),
    "card_not_made": Sentence(
        "The order has no card",
        "Cette commande n’a pas de carte : son bon part de lui-même dès que la carte est faite.",
        "This order has no card: its voucher leaves by itself as soon as the card is made.",
    ),
    # checks and sign-in
    "check_already_decided": Sentence(
        "Check already decided", "Cette vérification a déjà été décidée.", "This check was already decided."
    ),
    "reason_code_required": Sentence(
        "A refusal needs a reason", "Un refus doit être motivé.", "A refusal needs a reason."
    ),
    "sign_in_refused": Sentence(
        "Sign-in refused", "Identifiant ou secret incorrect.", "Wrong identifier or secret."
    ),
    "new_password_required": Sentence(
        "A new password is required",
        "Choisissez un nouveau mot de passe.",
        "Choose a new password.",
    ),
    "already_exists": Sentence("Already exists", "Cet élément existe déjà.", "This already exists."),
    # cards
    "card_already_revoked": Sentence(
        "Card already revoked", "Cette carte est déjà annulée.", "This card is already revoked."
    ),
    "card_not_revoked": Sentence(
        "Card not revoked",
        "Déclarez d’abord la carte perdue, volée ou erronée.",
        "First report the card lost, stolen or wrong.",
    ),
    # the scan
    "not_a_card_code": Sentence(
        "Not the code of a card",
        "Ce n’est pas le code d’une carte : {check_fr}.",
        "This is not a card’s code: {check_en}.",
    ),
    "unknown_card": Sentence("Unknown card", "Carte inconnue.", "Unknown card."),
    "card_not_yet_valid": Sentence(
        "Card not yet valid",
        "Cette carte est valable à partir du {valid_from}.",
        "This card is valid from {valid_from}.",
    ),
    "card_expired": Sentence(
        "Card expired",
        "Cette carte n’est plus valable depuis le {valid_until}.",
        "This card expired on {valid_until}.",
    ),
    "card_revoked": Sentence("Card revoked", "Cette carte a été annulée.", "This card was revoked."),
    "offer_unknown": Sentence("Unknown offer", "Cette offre n’existe pas.", "There is no such offer."),
    "offer_not_open": Sentence(
        "Offer not open",
        "Cette offre n’est pas ouverte à cette date.",
        "This offer is not open on this date.",
    ),
    "wrong_provider": Sentence(
        "Another provider's offer", "Cette offre n’est pas proposée ici.", "This offer is not available here."
    ),
    "card_type_not_covered": Sentence(
        "Card type not covered",
        "Cette offre n’est pas prévue pour cette formule de carte.",
        "This offer does not cover this type of card.",
    ),
    "party_not_covered": Sentence(
        "Party not covered",
        "La carte couvre au plus {max_adults} adulte(s) et {max_children} enfant(s).",
        "The card covers at most {max_adults} adult(s) and {max_children} child(ren).",
    ),
    "minimum_not_reached": Sentence(
        "Minimum not reached",
        "Cette offre s’applique à partir de {minimum_gross_cents}.",
        "This offer applies from {minimum_gross_cents}.",
    ),
    "usage_limit_reached": Sentence(
        "Usage limit reached",
        "Déjà utilisée {max_uses} fois ici pour cette période : cette carte, ou une autre de la même "
        "personne ou du même foyer.",
        "Already used {max_uses} time(s) here in this period: this card, or another of the same person or "
        "household.",
    ),
    "pot_not_accepted": Sentence(
        "Pot not accepted",
        "La cagnotte ne peut pas payer cette offre.",
        "The pot cannot pay for this offer.",
    ),
    "pot_closed": Sentence(
        "Pot closed", "La cagnotte est close depuis le {spend_until}.", "The pot closed on {spend_until}."
    ),
    # Not why: the desk may be the one that the family speaks of.
    "pot_locked": Sentence(
        "Pot locked",
        "La cagnotte est bloquée, le temps d’une vérification. Réglez cette part autrement : la réduction de "
        "la carte reste acquise.",
        "The pot is locked while something is verified. Pay this part another way: the card’s reduction "
        "still holds.",
    ),
    "pot_insufficient": Sentence(
        "Pot insufficient",
        "Il reste {remaining_cents} sur la cagnotte.",
        "There is {remaining_cents} left in the pot.",
    ),
    "card_code_required": Sentence(
        "Card code required",
        "Demandez le code à 4 chiffres du bon pour payer avec la cagnotte.",
        "Ask for the voucher’s 4-digit code to pay from the pot.",
    ),
    "cancellation_too_late": Sentence(
        "Too late to cancel",
        "L’annulation n’est plus possible depuis cet appareil. Contactez l’assistance.",
        "This device can no longer cancel. Please contact support.",
    ),
    # disputes
    "redemption_cancelled": Sentence(
        "Redemption cancelled",
        "Ce passage a déjà été annulé : il ne vous coûte rien, il n’y a rien à contester.",
        "This visit was already cancelled: it costs you nothing, there is nothing to dispute.",
    ),
    "dispute_too_late": Sentence(
        "Too late to dispute",
        "Un passage peut être contesté pendant {max_days} jours. Écrivez à l’assistance.",
        "A visit can be disputed for {max_days} days. Please write to support.",
    ),
    # providers and offers
    "provider_not_accepted": Sentence(
        "Provider not accepted",
        "Le prestataire n’est pas encore accepté.",
        "The provider is not accepted yet.",
    ),
    "own_account": Sentence(
        "One's own account",
        "Vous ne pouvez pas retirer votre propre accès : demandez-le à un autre responsable.",
        "You cannot take away your own access: ask another manager to.",
    ),
    "already_decided": Sentence(
        "Already decided", "Cette demande a déjà été traitée.", "This was already decided."
    ),
    "offer_rule_broken": Sentence(
        "Offer breaks a rule of the programme",
        "L’offre ne respecte pas la règle du dispositif : {rule_fr}.",
        "The offer breaks the scheme’s rule: {rule_en}.",
    ),
}
