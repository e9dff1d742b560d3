"""Ids that sort by time and say what they name: ``red_01k9…`` is a redemption."""

import os
import time

# Crockford's base 32: no i, l, o, u, so that an id can be read out on the phone.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
# Two characters at a time halve the time that an id takes.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def new_id(prefix: str) -> str:
    """``prefix`` + ``_`` + 26 characters: 48 bits of milliseconds and 80 random bits (the ULID layout)."""
    value = (time.time_ns() // 1_000_000) << _RANDOM_BITS | int.from_bytes(os.urandom(_RANDOM_BITS // 8))
    return prefix + "_" + "".join([_PAIRS[value >> shift & 1023] for shift in range(120, -1, -10)])
