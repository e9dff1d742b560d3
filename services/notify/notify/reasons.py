"""Reason codes as sentences for the person concerned."""

from contracts.base import Text

REFUSALS: dict[str, Text] = {
    "document_missing": {
        "fr": "Il manque un justificatif, ou il n’est pas lisible.",
        "en": "A document is missing or cannot be read.",
    },
    "not_resident": {
        "fr": "Le justificatif de domicile ne montre pas que vous habitez sur le territoire concerné.",
        "en": "The proof of residence does not show that you live in the area concerned.",
    },
    "identity_mismatch": {
        "fr": "La pièce d’identité ne correspond pas aux informations de la demande.",
        "en": "The identity document does not match the details of the application.",
    },
    "not_member": {
        "fr": "L’organisme indiqué n’a pas pu confirmer que vous faites partie de son effectif.",
        "en": "The organisation you named could not confirm that you are on its staff.",
    },
    "photo_missing": {
        "fr": "La photo manque ou n’est pas utilisable.",
        "en": "The photo is missing or cannot be used.",
    },
    "quotient_too_high": {
        "fr": "Le quotient familial du foyer dépasse la limite de cette formule.",
        "en": "The household’s family quotient is above the limit for this card.",
    },
    "duplicate_application": {
        "fr": "Une demande a déjà été faite pour la même personne.",
        "en": "There is already an application for the same person.",
    },
    "other": {
        "fr": "Les conditions de cette formule ne sont pas remplies.",
        "en": "The conditions for this card are not met.",
    },
}

REVOCATIONS: dict[str, Text] = {
    "lost": {"fr": "elle a été déclarée perdue", "en": "it was reported lost"},
    "stolen": {"fr": "elle a été déclarée volée", "en": "it was reported stolen"},
    "error": {"fr": "elle contenait une erreur", "en": "it had a mistake in it"},
}


def refusal(code: str) -> Text:
    """Why an application was refused; a reason that is not known here yet is said in general words."""
    return REFUSALS.get(code, REFUSALS["other"])


def revocation(code: str) -> Text | None:
    """Why a card was revoked, or None where the holder is better told on the phone (`fraud`)."""
    return REVOCATIONS.get(code)
