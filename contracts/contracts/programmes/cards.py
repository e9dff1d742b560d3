"""Reading card types, pots and usage limits from a programme file."""

import re
from collections.abc import Collection
from datetime import date
from typing import get_args

from contracts.communes import REGION_CODES
from contracts.programmes.further_checks import FURTHER_CHECKS
from contracts.programmes.shape import (
    AgeBounds,
    CardType,
    Check,
    DecidedBy,
    FamilyQuotient,
    HolderField,
    Household,
    LimitPer,
    People,
    Pot,
    UsageLimit,
    Validity,
    ValidityRule,
    Window,
)
from contracts.programmes.table import CODE, Table

MAX_PRICE_CENTS = 100_000
MAX_POT_CENTS = 1_000_000
MAX_MEMBERS = 30
MAX_AGE = 130
MAX_USES = 10_000
MAX_FAMILY_QUOTIENT = 100_000
# What the CAF/MSA quotient call cannot do without, beyond what every order says.
QUOTIENT_FIELDS = ("sex", "birth_place")
_DURATION = re.compile(r"P(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<days>\d{1,4})D)?")


def read_card_type(code: str, table: Table, top: Table, pots: Collection[str]) -> CardType:
    """Read one `[card_types.<code>]`; `top` is the file's top table, for the programme's own days."""
    holder_fields = table.choices("holder_fields", get_args(HolderField))
    checks = tuple(_read_check(row) for row in table.rows("checks"))
    _note_repeated_kinds(table, checks)
    return CardType(
        code=code,
        label=table.label(),
        price_cents=table.integer("price_cents", 0, MAX_PRICE_CENTS),
        checks=checks,
        age=_read_age(table.table_or_none("age")),
        household=_read_household(table.table_or_none("household")),
        party=read_people(table.table("party")),
        residence_regions=table.choices("residence_regions", REGION_CODES),
        holder_fields=holder_fields,
        family_quotient=_read_family_quotient(table, checks, holder_fields),
        validity=_read_validity(table.table("validity"), top, holder_fields),
        pots=table.choices("pots", pots),
    )


def read_people(table: Table) -> People:
    """Read `{ adults, children }`."""
    return People(
        adults=table.integer("adults", 1, MAX_MEMBERS), children=table.integer("children", 0, MAX_MEMBERS)
    )


def read_pot(code: str, table: Table, top: Table, categories: Collection[str]) -> Pot:
    """Read one `[pots.<code>]`; its days must lie within the programme's."""
    table.in_order("per_person_cents", "cap_per_household_cents")
    table.in_order("spend_from", "spend_until")
    _note_outside(table, "spend_from", top)
    _note_outside(table, "spend_until", top)
    return Pot(
        code=code,
        label=table.label(),
        per_person_cents=table.integer("per_person_cents", 1, MAX_POT_CENTS),
        cap_per_household_cents=table.integer("cap_per_household_cents", 1, MAX_POT_CENTS),
        spend_from=table.typed("spend_from", date),
        spend_until=table.day("spend_until"),
        categories=table.choices("categories", categories),
    )


def read_usage_limit(code: str, table: Table, card_types: Collection[str]) -> UsageLimit:
    """Read one `[usage_limits.<code>]`."""
    return UsageLimit(
        code=code,
        card_types=table.choices("card_types", card_types),
        per=table.choice("per", get_args(LimitPer)),
        window=table.choice("window", get_args(Window)),
        max=table.integer("max", 1, MAX_USES),
    )


def _read_check(row: Table) -> Check:
    return Check(
        kind=row.text("kind", CODE.pattern),
        label=row.label(),
        decided_by=row.choice("decided_by", get_args(DecidedBy)),
    )


def _note_repeated_kinds(table: Table, checks: tuple[Check, ...]) -> None:
    kinds = [check.kind for check in checks]
    for index, kind in enumerate(kinds):
        if kind in kinds[:index]:
            table.note(f"checks[{index}].kind", f"stands twice: {kind!r}")
        if any(kind == further.kind for further in FURTHER_CHECKS):
            table.note(f"checks[{index}].kind", f"is opened by the platform itself: {kind!r}")


def _read_age(table: Table | None) -> AgeBounds | None:
    if table is None:
        return None
    table.in_order("min", "max")
    return AgeBounds(
        min=table.integer_or("min", 0, 0, MAX_AGE), max=table.integer_or("max", MAX_AGE, 0, MAX_AGE)
    )


def _read_household(table: Table | None) -> Household:
    if table is None:
        return Household()
    table.in_order("min_members", "max_members")
    table.in_order("max_adults", "max_members")
    return Household(
        min_members=table.integer_or("min_members", 1, 1, MAX_MEMBERS),
        max_members=table.integer("max_members", 1, MAX_MEMBERS),
        max_adults=table.integer("max_adults", 1, MAX_MEMBERS),
        max_children=table.integer("max_children", 0, MAX_MEMBERS),
        adult_age=table.integer_or("adult_age", 18, 1, MAX_AGE),
    )


def _read_family_quotient(
    table: Table, checks: tuple[Check, ...], holder_fields: Collection[str]
) -> FamilyQuotient | None:
    asked = any(check.decided_by == "family_quotient_api" for check in checks)
    quotient = table.table_or_none("family_quotient")
    if quotient is None:
        if asked and "family_quotient" not in table.values:
            table.note("family_quotient", "is missing: a check is decided by family_quotient_api")
        return None
    if not asked:
        table.note("family_quotient", "is never used: no check is decided by family_quotient_api")
    for name in QUOTIENT_FIELDS:
        if name not in holder_fields:
            table.note("holder_fields", f"must have {name!r}: the family quotient cannot be read without it")
    return FamilyQuotient(below=quotient.integer("below", 1, MAX_FAMILY_QUOTIENT))


def _read_validity(table: Table, top: Table, holder_fields: Collection[str]) -> Validity:
    rule = table.choice("rule", get_args(ValidityRule))
    if rule == "contract_end" and "contract_end" not in holder_fields:
        table.note("rule", "contract_end needs 'contract_end' in holder_fields")
    months, days = _read_duration(table) if rule == "duration" else (0, 0)
    return Validity(
        rule=rule,
        earliest=top.day("valid_from"),
        latest=top.day("valid_until"),
        months=months,
        days=days,
    )


def _read_duration(table: Table) -> tuple[int, int]:
    text = table.text("duration")
    found = _DURATION.fullmatch(text)
    years, months, days = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    if text and not (years or months or days):
        table.note("duration", f"must be a length such as P1Y, P6M or P30D, not {text!r}")
    return 12 * years + months, days


def _note_outside(table: Table, name: str, top: Table) -> None:
    day = table.values.get(name)
    start, end = top.values.get("valid_from"), top.values.get("valid_until")
    if type(day) is date and type(start) is date and day < start:
        table.note(name, f"must not be before the programme's valid_from {start}")
    if type(day) is date and type(end) is date and day > end:
        table.note(name, f"must not be after the programme's valid_until {end}")
