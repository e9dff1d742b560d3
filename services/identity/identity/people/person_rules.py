"""What may be registered of a person: every field of an order's holder and members, checked and typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chassis.clock import now
from contracts.names import normalise_name
from identity.input_rules import (
    COUNTRY,
    EARLIEST_BIRTH,
    INSEE,
    LATEST_DAY,
    MAX_MEMBERS,
    MAX_NAME_CHARS,
    MAX_STREET_CHARS,
    PHONE,
    POSTAL_CODE,
    check_choice,
    check_day,
    check_email,
    check_optional_text,
    check_text,
    refuse,
)

FRANCE = "99100"
Fields = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PersonInput:
    """Somebody of a household."""

    given_name: str
    family_name: str
    birth_date: date


@dataclass(frozen=True, kw_only=True)
class HolderInput(PersonInput):
    """The person who orders; places are INSEE codes."""

    email: str
    phone: str | None
    street: str
    postal_code: str
    insee: str
    birth_name: str | None
    sex: str | None
    birth_country: str | None
    birth_insee: str | None
    organisation: str | None
    contract_end: date | None


def check_members(members: Sequence[Fields]) -> list[PersonInput]:
    """Return the members; refuses naming the field, such as `members.0.birth_date`."""
    if not isinstance(members, list) or len(members) > MAX_MEMBERS:
        raise refuse("members", f"0–{MAX_MEMBERS}")
    return [PersonInput(**_person(f"members.{index}", fields)) for index, fields in enumerate(members)]


def check_holder(fields: Fields) -> HolderInput:
    """Return the holder; refuses naming the field, such as `holder.address.insee`."""
    person = _person("holder", fields)
    address = _table("holder.address", fields.get("address"))
    birth_country, birth_insee = _birth_place(fields.get("birth_place"))
    sex, contract_end = fields.get("sex"), fields.get("contract_end")
    return HolderInput(
        **person,
        email=check_email("holder.email", fields.get("email")),
        phone=check_optional_text("holder.phone", fields.get("phone"), 24, PHONE),
        street=check_text("holder.address.street", address.get("street"), MAX_STREET_CHARS),
        postal_code=check_text("holder.address.postal_code", address.get("postal_code"), 5, POSTAL_CODE),
        insee=check_text("holder.address.insee", address.get("insee"), 5, INSEE),
        birth_name=_optional_name("holder.birth_name", fields.get("birth_name")),
        sex=None if sex is None else check_choice("holder.sex", sex, ("F", "M")),
        birth_country=birth_country,
        birth_insee=birth_insee,
        organisation=_optional_name("holder.organisation", fields.get("organisation")),
        contract_end=None
        if contract_end is None
        else check_day("holder.contract_end", contract_end, EARLIEST_BIRTH, LATEST_DAY),
    )


def _person(path: str, fields: Fields) -> dict[str, Any]:
    table = _table(path, fields)
    return {
        "given_name": _name(f"{path}.given_name", table.get("given_name")),
        "family_name": _name(f"{path}.family_name", table.get("family_name")),
        "birth_date": check_day(f"{path}.birth_date", table.get("birth_date"), EARLIEST_BIRTH, now().date()),
    }


def _name(field: str, value: Any) -> str:
    name = check_text(field, value, MAX_NAME_CHARS)
    # A name without a letter would match nobody, and be the duplicate of every other such name.
    if not normalise_name(name):
        raise refuse(field, "lettres / letters")
    return name


def _optional_name(field: str, value: Any) -> str | None:
    return None if value is None else _name(field, value)


def _table(field: str, value: Any) -> Fields:
    if not isinstance(value, Mapping):
        raise refuse(field, "objet / object")
    return value


def _birth_place(value: Any) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    place = _table("holder.birth_place", value)
    country = check_text("holder.birth_place.country", place.get("country"), 5, COUNTRY)
    commune = check_optional_text("holder.birth_place.insee", place.get("insee"), 5, INSEE)
    if country == FRANCE and commune is None:
        raise refuse("holder.birth_place.insee", "INSEE")
    return country, commune
