"""Recognising the same person in two orders without comparing names in clear."""

from datetime import date

from contracts.names import normalise_name
from identity.hashing import keyed_hash


def name_key(name: str) -> str:
    """Return the name without accents, case, signs or blanks: what two spellings have in common."""
    return normalise_name(name).replace(" ", "")


def fingerprint(key: bytes, given_name: str, family_name: str, birth_date: date) -> str:
    """Return the same 64 hex characters for the same person, however the name is spelt.

    The key keeps whoever holds only the table from trying names and dates until one fits.
    """
    return keyed_hash(key, "person", name_key(given_name), name_key(family_name), birth_date.isoformat())
