"""A person is one person in an order, however often and however spelt they are listed."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.people import PersonKey, check_nobody_twice, person_key
from contracts.refusals import Refusal

# Few enough that people often come twice, each in spellings that are one name.
SPELLINGS = (("Inès", "INES", "ine\u0300s"), ("Jean-Noël", "jean noel", "JEANNOEL"), ("Tom", " tom ", "TOM"))
DAYS = (date(2012, 1, 1), date(2015, 3, 1))
people = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 1))
Person = tuple[int, int, int]


def key_of(person: Person) -> PersonKey:
    """The key of one of few names, in one of its spellings, born on one of two days."""
    name, spelling, day = person
    return person_key(SPELLINGS[name][spelling], "Roux", DAYS[day])


@given(people, st.lists(people, max_size=8))
def test_an_order_is_taken_exactly_when_it_has_as_many_people_as_entries(
    holder: Person, members: list[Person]
) -> None:
    different = {(name, day) for name, _, day in (holder, *members)}
    try:
        check_nobody_twice(key_of(holder), [key_of(member) for member in members])
        taken = True
    except Refusal:
        taken = False
    assert taken == (len(different) == 1 + len(members))


@given(people, st.lists(people, max_size=8))
def test_the_members_before_the_one_that_is_named_are_taken(holder: Person, members: list[Person]) -> None:
    keys = [key_of(member) for member in members]
    try:
        check_nobody_twice(key_of(holder), keys)
    except Refusal as refusal:
        at = int(str(refusal.field).removeprefix("members."))
        check_nobody_twice(key_of(holder), keys[:at])
        assert keys[at] in (key_of(holder), *keys[:at])


def test_the_refusal_says_who_it_is_again_in_french_and_english_and_names_nobody() -> None:
    with pytest.raises(Refusal) as refused:
        check_nobody_twice(key_of((0, 0, 0)), [key_of((2, 0, 1)), key_of((2, 1, 1))])
    assert refused.value.field == "members.1"
    assert refused.value.details == {
        "rule": "this person is already a member of the household (same name, same birth date), "
        "and everybody counts once",
        "rule_fr": "cette personne est déjà membre du foyer (même nom, même date de naissance), "
        "et chacun ne compte qu’une fois",
    }
