"""Keeping what is printed on a card unreadable at rest, and finding the card by it all the same.

The number, QR text and code are sealed with AES-256-GCM and opened only for the voucher or to compare a
typed code. Cards are found by hashes: plain SHA-256 of the QR text, whose 128 random bits nobody can try
out; a keyed one of the number, whose 15 random digits somebody with a copy of the database could.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import asdict, dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cards.numbering import Printed

KEY_BYTES = 32
NONCE_BYTES = 12
# Keys for other uses than sealing are derived, so that no key serves two algorithms.
_ORDER_SECRET_USE = b"order secret v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The service's two secrets, 32 bytes each."""

    sealing: bytes = field(repr=False)
    number_hash: bytes = field(repr=False)


def seal(keys: Keys, card_id: str, printed: Printed) -> bytes:
    """Return nonce and ciphertext; they open only for the same card's id."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    plain = json.dumps(asdict(printed)).encode()
    return nonce + AESGCM(keys.sealing).encrypt(nonce, plain, card_id.encode())


def unseal(keys: Keys, card_id: str, sealed: bytes) -> Printed:
    """Return what was sealed for this card; raises ``InvalidTag`` for anything else."""
    nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return Printed(**json.loads(AESGCM(keys.sealing).decrypt(nonce, ciphertext, card_id.encode())))


def hash_qr_text(qr_text: str) -> bytes:
    """Return the hash that a card is found by when its QR code is read."""
    return hashlib.sha256(qr_text.encode()).digest()


def hash_number(keys: Keys, number: str) -> bytes:
    """Return the hash that a card is found by when its number is typed."""
    return hmac.digest(keys.number_hash, number.encode(), "sha256")


def order_secret(keys: Keys, order_id: str) -> str:
    """Return the secret that reads an order back. It is derived, so that it is stored nowhere."""
    use = hmac.digest(keys.sealing, _ORDER_SECRET_USE, "sha256")
    return hmac.digest(use, order_id.encode(), "sha256").hex()


def is_order_secret(keys: Keys, order_id: str, given: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(order_secret(keys, order_id).encode(), given.encode("utf-8", "replace"))


def is_card_code(keys: Keys, card_id: str, sealed: bytes, given: str) -> bool:
    """Compare a typed code with the printed one in constant time."""
    printed = unseal(keys, card_id, sealed)
    return hmac.compare_digest(printed.card_code.encode(), given.strip().encode("utf-8", "replace"))
