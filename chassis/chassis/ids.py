"""Ids that sort by time and say what they name: ``red_01k9…`` is a redemption."""

import os
import time

# Crockford's base 32: no i, l, o, u, so that an id can be read out on the phone.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80


def new_id(prefix: str) -> str:
    """``prefix`` + ``_`` + 26 characters: 48 bits of milliseconds and 80 random bits (the ULID layout)."""
    value = (time.time_ns() // 1_000_000) << _RANDOM_BITS | int.from_bytes(os.urandom(_RANDOM_BITS // 8))
    return prefix + "_" + "".join(_ALPHABET[value >> shift & 31] for shift in range(125, -1, -5))
