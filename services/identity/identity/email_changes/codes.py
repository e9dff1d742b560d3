"""The six digits that confirm an address: half an hour, five tries, derived from the request's id."""

import hmac
from datetime import timedelta

from identity.hashing import keyed_hash

# A mail may be slow, and somebody may have to read it out on the phone; a sign-in code lives shorter.
LIFETIME = timedelta(minutes=30)
DIGITS = 6
MAX_TRIES = 5


def digits_of(key: bytes, email_change_id: str) -> str:
    """Derive the digits from the id: what is not stored cannot be read from a backup."""
    number = int(keyed_hash(key, "email_change", email_change_id), 16)
    return f"{number % 10**DIGITS:0{DIGITS}}"


def digits_fit(key: bytes, email_change_id: str, typed: str) -> bool:
    """Compare in constant time; blanks around the digits are the mail program's."""
    return hmac.compare_digest(
        typed.strip().encode("utf-8", "replace"), digits_of(key, email_change_id).encode()
    )
