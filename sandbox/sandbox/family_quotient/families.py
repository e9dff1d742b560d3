"""The made-up families that the API knows, read from `families.json` beside this package."""

import json
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Literal

FRANCE = "99100"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody as the civil status knows them; places are INSEE (COG) codes, the commune only for France."""

    birth_name: str
    used_name: str | None
    given_names: tuple[str, ...]
    birth_date: date
    sex: Literal["F", "M"]
    birth_country: str | None
    birth_commune: str | None


@dataclass(frozen=True, kw_only=True)
class Family:
    """A household with its monthly quotient in whole euros, and who pays it: CNAF or MSA."""

    source: Literal["CNAF", "MSA"]
    quotient_euros: int
    adults: tuple[Person, ...]
    children: tuple[Person, ...]
    street: str
    complement: str | None
    postal_town: str


def read_families() -> tuple[Family, ...]:
    """All families of the data file."""
    text = files("sandbox").joinpath("families.json").read_text(encoding="utf-8")
    return tuple(_family(entry) for entry in json.loads(text))


def _family(entry: dict[str, Any]) -> Family:
    return Family(
        source=entry["source"],
        quotient_euros=entry["quotient_euros"],
        adults=tuple(_person(adult) for adult in entry["adults"]),
        children=tuple(_person(child) for child in entry["children"]),
        street=entry["street"],
        complement=entry.get("complement"),
        postal_town=entry["postal_town"],
    )


def _person(entry: dict[str, Any]) -> Person:
    return Person(
        birth_name=entry["birth_name"],
        used_name=entry.get("used_name"),
        given_names=tuple(entry["given_names"]),
        birth_date=date.fromisoformat(entry["birth_date"]),
        sex=entry["sex"],
        birth_country=entry.get("birth_country"),
        birth_commune=entry.get("birth_commune"),
    )
