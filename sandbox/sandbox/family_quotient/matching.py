"""Finds the family of a civil identity; accents, hyphens, apostrophes, spaces and case do not matter."""

import unicodedata
from collections.abc import Iterable

from sandbox.family_quotient.families import FRANCE, Family, Person
from sandbox.family_quotient.parameters import AskedIdentity

_ligatures = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d"})


def find_family(families: Iterable[Family], asked: AskedIdentity) -> Family | None:
    """The one family with an adult of this identity; `None` when there is none, or more than one."""
    found = [family for family in families if any(_is(adult, asked) for adult in family.adults)]
    return found[0] if len(found) == 1 else None


def name_key(name: str) -> str:
    """The letters of a name alone: `D'Hers-Núñez` and `DHERS NUNEZ` have one key."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_ligatures))
    return "".join(letter for letter in folded if letter.isalnum())


def _is(person: Person, asked: AskedIdentity) -> bool:
    return (
        name_key(person.birth_name) == name_key(asked.birth_name)
        and _given_names_match(person.given_names, asked.given_names)
        and _birth_date_matches(person, asked)
        and person.sex == asked.sex
        and _birth_place_matches(person, asked)
    )


def _given_names_match(known: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    # The asked names must be the first ones of the civil status, whole: "Jean" is not "Jean-Noël".
    asked_key = "".join(name_key(name) for name in asked)
    keys = [name_key(name) for name in known]
    return any(asked_key == "".join(keys[:count]) for count in range(1, len(keys) + 1))


def _birth_date_matches(person: Person, asked: AskedIdentity) -> bool:
    born = person.birth_date
    same_month = (born.year, born.month) == (asked.birth_year, asked.birth_month)
    return same_month and asked.birth_day in (None, born.day)


def _birth_place_matches(person: Person, asked: AskedIdentity) -> bool:
    if person.birth_country != asked.birth_country:
        return False
    return asked.birth_country != FRANCE or person.birth_commune == asked.birth_commune
