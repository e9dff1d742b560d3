"""Six digits that are mailed and typed back: derived from an id, for one purpose, never stored."""

import hmac

from identity.hashing import keyed_hash

DIGITS = 6


def digits_of(key: bytes, purpose: str, of_id: str) -> str:
    """Derive the digits from the id: what is not stored cannot be read from a backup."""
    number = int(keyed_hash(key, purpose, of_id), 16)
    return f"{number % 10**DIGITS:0{DIGITS}}"


def digits_fit(key: bytes, purpose: str, of_id: str, typed: str) -> bool:
    """Compare in constant time; blanks around the digits are the mail program's."""
    return hmac.compare_digest(
        typed.strip().encode("utf-8", "replace"), digits_of(key, purpose, of_id).encode()
    )
