"""Names are compared without accents, hyphens and case, and fingerprints follow."""

import unicodedata
from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st

from contracts.names import name_key
from identity.checking.quotient_judging import has_given_names
from identity.people.fingerprints import fingerprint

KEY = bytes(32)
BORN = date(1988, 4, 12)
# What French civil status records are written in.
LETTERS = "abcdefghijklmnopqrstuvwxyzàâäæçéèêëîïíñóôöœùúûüÿ"
words = st.text(LETTERS + LETTERS.upper(), min_size=1, max_size=12)
names = st.lists(words, min_size=1, max_size=3).map(" ".join)


def other_spellings(name: str) -> list[str]:
    return [
        name.upper(),
        name.lower(),
        name.replace(" ", "-"),
        name.replace(" ", "’"),
        unicodedata.normalize("NFD", name),
        f"  {name} ",
    ]


@given(names)
def test_every_spelling_of_a_name_has_one_key(name: str) -> None:
    assert {name_key(spelling) for spelling in other_spellings(name)} == {name_key(name)}


@given(names)
def test_a_key_is_its_own_key_and_plain(name: str) -> None:
    key = name_key(name)
    assert name_key(key) == key
    assert key.isascii()
    assert key.isalnum()


@given(names, names)
def test_fingerprints_are_equal_exactly_when_the_keys_are(one: str, other: str) -> None:
    same = fingerprint(KEY, one, "Roux", BORN) == fingerprint(KEY, other, "Roux", BORN)
    assert same == (name_key(one) == name_key(other))


def test_given_and_family_name_do_not_run_into_each_other() -> None:
    assert fingerprint(KEY, "Anne", "Marie", BORN) != fingerprint(KEY, "Ann", "Emarie", BORN)


def test_another_key_or_birth_date_gives_another_fingerprint() -> None:
    prints = {
        fingerprint(KEY, "Amira", "Roux", BORN),
        fingerprint(bytes([1]) * 32, "Amira", "Roux", BORN),
        fingerprint(KEY, "Amira", "Roux", date(1988, 4, 13)),
    }
    assert len(prints) == 3


@given(st.lists(words, min_size=1, max_size=4), st.integers(1, 4))
def test_the_first_given_names_fit_all_given_names(all_names: list[str], count: int) -> None:
    assert has_given_names(" ".join(all_names).upper(), "-".join(all_names[:count]))


@given(st.lists(words, min_size=1, max_size=4), words)
def test_no_other_given_name_fits(all_names: list[str], other: str) -> None:
    leading = {name_key("".join(all_names[:count])) for count in range(1, len(all_names) + 1)}
    assume(name_key(other) not in leading)
    assert not has_given_names(" ".join(all_names), other)


def test_half_a_double_name_or_no_name_does_not_fit() -> None:
    assert not has_given_names("JEAN-NOËL MARIE", "Jean")
    assert not has_given_names("JEAN-NOËL MARIE", "Marie")
    assert not has_given_names("", "")
    assert has_given_names("JEAN-NOËL MARIE", "jean noel")
