"""What somebody asks ideas for, checked field by field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.clock import now
from contracts.offers import IdeaSearch
from contracts.programmes import Programme
from contracts.programmes.days import local_day
from contracts.refusals import Refusal
from offers.distance import Point
from offers.input_rules import (
    CODE,
    MAX_CENTS,
    check_day,
    check_integer,
    check_number,
    check_text,
    refuse,
)
from offers.searching import MAX_PAGE, MAX_RADIUS_KM

MAX_ADULTS = 20
MAX_CHILDREN = 20
MAX_CHILD_AGE = 17
CURSOR = re.compile(r"([0-9]{1,9})\.(off_[0-9a-z]{20,40})")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A search that was checked. ``after``: metres and offer of the last page's last idea."""

    near: Point
    radius_km: float
    budget_cents: int
    pot_cents: int
    day: date
    programme: Programme
    card_type: str | None
    category: str | None
    adults: int
    children_ages: tuple[int, ...]
    after: tuple[int, str] | None
    limit: int


def read_wanted(programmes: Mapping[str, Programme], search: IdeaSearch) -> Wanted:
    """Check every field; raises Refusal ``invalid_field``, ``programme_unknown``, ``card_type_unknown``."""
    programme = programmes.get(check_text("programme", search["programme"], 40, CODE))
    if programme is None:
        raise Refusal("programme_unknown", field="programme")
    if search["card_type"] is not None and search["card_type"] not in programme.card_types:
        raise Refusal("card_type_unknown", field="card_type")
    return Wanted(
        near=Point(
            check_number("near", search["latitude"], -90, 90),
            check_number("near", search["longitude"], -180, 180),
        ),
        radius_km=check_number("radius_km", search["radius_km"], 0.001, MAX_RADIUS_KM),
        budget_cents=check_integer("budget_cents", search["budget_cents"], 0, MAX_CENTS),
        pot_cents=check_integer("pot_cents", search["pot_cents"], 0, MAX_CENTS),
        day=_day(programme, search["on"]),
        programme=programme,
        card_type=search["card_type"],
        category=None if search["category"] is None else check_text("category", search["category"], 40, CODE),
        adults=check_integer("adults", search["adults"], 1, MAX_ADULTS),
        children_ages=_ages(search["children_ages"]),
        after=_after(search["cursor"]),
        limit=check_integer("limit", search["limit"], 1, MAX_PAGE),
    )


def _day(programme: Programme, value: str | None) -> date:
    """The day that was named, or today where the programme is; no card is valid outside the programme."""
    day = local_day(now(), programme.timezone) if value is None else check_day("on", value)
    first, last = programme.valid_from.isoformat(), programme.valid_until.isoformat()
    if not first <= day.isoformat() <= last:
        raise refuse(
            "on", f"un jour du dispositif, du {first} au {last}", f"a day of the scheme, {first} to {last}"
        )
    return day


def _ages(ages: list[int]) -> tuple[int, ...]:
    # Twins are of one age, so nothing is asked about repeats.
    if not isinstance(ages, list) or len(ages) > MAX_CHILDREN:
        raise refuse(
            "children_ages", f"au plus {MAX_CHILDREN} enfants", f"not more than {MAX_CHILDREN} children"
        )
    return tuple(
        check_integer(f"children_ages.{index}", age, 0, MAX_CHILD_AGE) for index, age in enumerate(ages)
    )


def _after(cursor: str | None) -> tuple[int, str] | None:
    if cursor is None:
        return None
    match = CURSOR.fullmatch(cursor)
    if match is None:
        raise refuse("cursor", "le « next_cursor » d’une page précédente", "a previous page’s “next_cursor”")
    return int(match[1]), match[2]
