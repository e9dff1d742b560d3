"""Recognising the same person in two orders without comparing names in clear."""

from datetime import date

from contracts.names import same_name
from contracts.people import person_key
from identity.hashing import keyed_hash


def fingerprint(key: bytes, given_name: str, family_name: str, birth_date: date) -> str:
    """Return the same 64 hex characters for the same person, however the name is spelt.

    The key keeps whoever holds only the table from trying names and dates until one fits.
    """
    return keyed_hash(key, "person", *person_key(given_name, family_name, birth_date))


def birth_fingerprint(
    key: bytes, given_name: str, family_name: str, birth_name: str | None, birth_date: date
) -> str | None:
    """Return the fingerprint of the person under their birth name, None where that is no other name.

    It is what somebody who goes by the birth name has as `fingerprint`, so that either finds the other.
    """
    if birth_name is None or same_name(birth_name, family_name):
        return None
    return fingerprint(key, given_name, birth_name, birth_date)
