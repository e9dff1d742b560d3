"""The world that is measured: cards, households, providers and devices, each derived from its number.

Nothing is kept in lists: a million cards cost no memory in the load generator, and the loader and the
clients agree because both derive the same values.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cards.numbering import CODE_DIGITS, DIGITS, QR_PREFIX, QR_RANDOM_BYTES, Printed, check_digit

PROGRAMME = "occygene-2020"
POT_CODE = "region_bonus"
# A Saturday in July: every offer is open, every card valid, the pot may be spent.
NOW = datetime(2020, 7, 11, 14, 0, tzinfo=ZoneInfo("Europe/Paris"))
# About as many as the scheme had.
PROVIDERS = 300
ADULTS, CHILDREN = 2, 3
# Two parents and three children: 5 × 70 €, capped at 300 €.
POT_CENTS = 30_000
MINIMUM_GROSS_CENTS = 3_000
# People with a mail address; further cards are held by the same people.
MAX_HOLDERS = 10_000
CATEGORY = "leisure_sites"


def an_id(prefix: str, number: int) -> str:
    """An id of the platform's form; numbers sort as ids do."""
    return f"{prefix}_{number:026d}"


@dataclass(frozen=True)
class World:
    """So many cards; ``seed`` makes their texts unlike any other run's."""

    seed: bytes
    cards: int

    def printed(self, card: int) -> Printed:
        """What is printed on a card."""
        drawn = int.from_bytes(self._draw(b"number", card))
        digits = f"{drawn % 10 ** (DIGITS - 1):0{DIGITS - 1}d}"
        code = f"{drawn % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
        return Printed(digits + check_digit(digits), self.qr_text(card), code)

    def qr_text(self, card: int) -> str:
        """The text of a card's QR code."""
        return QR_PREFIX + base64.b32encode(self._draw(b"qr", card)).decode().rstrip("=")

    def has_pot(self, card: int) -> bool:
        """Every second card is a family bonus card, whose household has a pot."""
        return card % 2 == 1

    def card_type(self, card: int) -> str:
        """The card's type."""
        return "family_bonus" if self.has_pot(card) else "family"

    def pot_card(self, number: int) -> int:
        """Some card with a pot."""
        return 2 * (number % (self.cards // 2)) + 1

    def holder(self, card: int) -> str:
        """Whose card it is."""
        return an_id("per", card % MAX_HOLDERS)

    def _draw(self, use: bytes, card: int) -> bytes:
        data = card.to_bytes(8)
        return hashlib.blake2b(data, key=self.seed, person=use, digest_size=QR_RANDOM_BYTES).digest()


def provider_id(provider: int) -> str:
    """A provider."""
    return an_id("prv", provider)


def site_id(provider: int) -> str:
    """Its one site."""
    return an_id("sit", provider)


def device_id(provider: int) -> str:
    """Its one device."""
    return an_id("dev", provider)


def offer_id(provider: int) -> str:
    """Its one offer, for families with and without a pot."""
    return an_id("off", provider)
