"""The steps of an order: which field is asked for where. Fields have the API's own names."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from portal.forms import Typed

WHO, HOUSEHOLD, ADDRESS, REVIEW = "identite", "foyer", "adresse", "verification"
HOLDER = ("holder.given_name", "holder.family_name", "holder.birth_date", "holder.email", "holder.phone")
# What some card types ask for, by the name in their `required_fields`.
ASKED_BY_CARD: dict[str, tuple[str, ...]] = {
    "sex": ("holder.sex",),
    "birth_name": ("holder.birth_name",),
    "birth_place": ("holder.birth_place.code",),
    "organisation": ("holder.organisation",),
    "contract_end": ("holder.contract_end",),
}
ADDRESS_FIELDS = ("holder.address.street", "holder.address.postal_code", "holder.address.insee")
MEMBER_FIELDS = ("given_name", "family_name", "birth_date")
MEMBERS_MAX = 20
FRANCE = "99100"
_MEMBER = re.compile(r"members\.(\d{1,2})\.(given_name|family_name|birth_date)")


def steps_of(card_type: Mapping[str, Any]) -> tuple[str, ...]:
    """The steps in their order; a card for one person alone asks for no household."""
    return (
        (WHO, ADDRESS, REVIEW)
        if card_type["household"]["max_members"] == 1
        else (WHO, HOUSEHOLD, ADDRESS, REVIEW)
    )


def fields_of(step: str, required: Iterable[str], typed: Typed) -> dict[str, str]:
    """What was typed into this step's fields, and nothing else."""
    if step == HOUSEHOLD:
        return members_of(typed)
    asked = ADDRESS_FIELDS if step == ADDRESS else (*HOLDER, *who_asks(required))
    return {name: typed.get(name, "") for name in asked}


def who_asks(required: Iterable[str]) -> list[str]:
    """The fields of the first step that this card type asks for besides."""
    return [field for name in required for field in ASKED_BY_CARD.get(name, ())]


def step_of(field: str) -> str:
    """The step that asks for a field of the API."""
    if field.startswith("members"):
        return HOUSEHOLD
    return ADDRESS if field.startswith("holder.address") else WHO


def members_of(typed: Typed) -> dict[str, str]:
    """The household's fields numbered without gaps, without people of whom nothing was typed."""
    people: dict[int, dict[str, str]] = {}
    for name, value in typed.items():
        if found := _MEMBER.fullmatch(name):
            people.setdefault(int(found[1]), {})[found[2]] = value
    there = [person for _, person in sorted(people.items()) if any(person.values())]
    return {
        f"members.{number}.{field}": person.get(field, "")
        for number, person in enumerate(there[:MEMBERS_MAX])
        for field in MEMBER_FIELDS
    }


def count_members(typed: Mapping[str, str]) -> int:
    """How many people besides the holder."""
    return len({name.split(".")[1] for name in typed if _MEMBER.fullmatch(name)})


def birth_place(code: str) -> dict[str, str]:
    """The API's birth place out of five characters of INSEE, as digits 6 to 10 of a social security number
    have them: a country's begin with 99, everything else is a commune in France."""
    if code.startswith("99"):
        return {"country": code}
    return {"country": FRANCE, "insee": code.upper()}
