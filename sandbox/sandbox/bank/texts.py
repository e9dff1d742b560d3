"""What the payer reads, in French first and in English."""

from typing import Literal

from flask import Request

Language = Literal["fr", "en"]

TEXTS: dict[Language, dict[str, str]] = {
    "fr": {
        "title": "Paiement sécurisé",
        "bank": "Banque de démonstration",
        "banner": "Page d’essai\u00a0: aucune carte n’est nécessaire et aucun argent n’est débité.",
        "amount": "Montant à payer",
        "for": "Pour",
        "reference": "Référence",
        "card": "Carte bancaire (facultatif)",
        "card_hint": "Champs d’essai\u00a0: ce que vous y tapez ne quitte pas votre navigateur.",
        "card_number": "Numéro de carte",
        "card_expiry": "Expiration (MM/AA)",
        "card_code": "Code de sécurité",
        "pay": "Payer",
        "refuse": "Refuser",
        "settings": "Réglages de l’essai",
        "notification": "Notification au marchand",
        "once": "Une fois",
        "twice": "Deux fois",
        "late": "En retard",
        "never": "Jamais",
        "delay": "Retard, en secondes",
        "back": "Revenir au site",
        "paid": "Ce paiement est déjà enregistré. Vous n’avez plus rien à faire.",
        "refused": "Ce paiement a été refusé. Rien n’a été débité.",
        "expired": "Cette demande a expiré. Rien n’a été débité\u00a0: revenez au site pour recommencer.",
        "unknown": "Cette page de paiement n’existe pas. Vérifiez le lien ou revenez au site du marchand.",
        "other_language": "English",
    },
    "en": {
        "title": "Secure payment",
        "bank": "Demonstration bank",
        "banner": "Test page: no card is needed and no money is taken.",
        "amount": "Amount to pay",
        "for": "For",
        "reference": "Reference",
        "card": "Bank card (optional)",
        "card_hint": "These fields are here for the test: what you type never leaves your browser.",
        "card_number": "Card number",
        "card_expiry": "Expiry (MM/YY)",
        "card_code": "Security code",
        "pay": "Pay",
        "refuse": "Refuse",
        "settings": "Test settings",
        "notification": "Notification to the merchant",
        "once": "Once",
        "twice": "Twice",
        "late": "Late",
        "never": "Never",
        "delay": "Delay, in seconds",
        "back": "Back to the site",
        "paid": "This payment is already recorded. There is nothing more to do.",
        "refused": "This payment was refused. Nothing was taken.",
        "expired": "This payment request has expired. Nothing was taken: go back to the site to start again.",
        "unknown": "This payment page does not exist. Check the link or go back to the merchant’s site.",
        "other_language": "Français",
    },
}


def choose_language(request: Request) -> Language:
    """The language of `?lang=`, else French: the browser's wish counts only when it does not know French."""
    asked = request.args.get("lang") or request.accept_languages.best_match(["fr", "en"], "fr")
    return "en" if asked == "en" else "fr"


def amount_text(amount_cents: int, language: Language) -> str:
    """`15,00 €` (no-break spaces) in French, `€15.00` in English."""
    euros, cents = divmod(amount_cents, 100)
    if language == "en":
        return f"€{euros:,}.{cents:02d}"
    return f"{euros:,}".replace(",", "\u202f") + f",{cents:02d}\u00a0€"
