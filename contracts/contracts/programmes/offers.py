"""Reading offer rules, provider categories and provider terms from a programme file."""

from collections.abc import Collection
from typing import get_args

from contracts.programmes.cards import MAX_MEMBERS, MAX_PRICE_CENTS, read_people
from contracts.programmes.shape import (
    Audience,
    Category,
    Criterion,
    OfferKind,
    OfferRule,
    PriceBase,
    ProviderTerms,
    Scope,
    Way,
)
from contracts.programmes.table import Table

MONTHS = range(1, 13)
_DEMANDS = (
    "allowed_kinds",
    "allowed_audiences",
    "allowed_months",
    "base",
    "minimum_percent",
    "minimum_gross_cents",
    "max_children",
)


def read_offer_rule(
    code: str, table: Table, categories: Collection[str], card_types: Collection[str]
) -> OfferRule:
    """Read one `[offer_rules.<code>]`."""
    if not any(name in table.values for name in _DEMANDS):
        table.note(
            _DEMANDS[0], f"is missing, or any other of {', '.join(_DEMANDS[1:])}: the rule asks for nothing"
        )
    party = table.table_or_none("minimum_gross_party")
    if party is not None and "minimum_gross_cents" not in table.values:
        table.note("minimum_gross_cents", "is missing: minimum_gross_party says for how many people it is")
    return OfferRule(
        code=code,
        label=table.label(),
        applies_to=_read_scope(table.table_or_none("applies_to"), categories, card_types),
        allowed_kinds=table.choices("allowed_kinds", get_args(OfferKind)),
        allowed_audiences=table.choices("allowed_audiences", get_args(Audience)),
        allowed_months=table.choices("allowed_months", MONTHS),
        base=table.choice_or("base", None, get_args(PriceBase)),
        minimum_percent=table.integer_or("minimum_percent", None, 1, 100),
        minimum_gross_cents=table.integer_or("minimum_gross_cents", None, 1, MAX_PRICE_CENTS),
        minimum_gross_party=None if party is None else read_people(party),
        max_children=table.integer_or("max_children", None, 0, MAX_MEMBERS),
    )


def read_category(code: str, table: Table, quality_label: bool) -> Category:
    """Read one `[categories.<code>]`; `quality_label` says whether the programme names a label."""
    return Category(
        code=code,
        label=table.label(),
        activities=tuple(row.words() for row in table.rows("activities")),
        ways=tuple(_read_way(key, way, quality_label) for key, way in table.tables("ways").items()),
    )


def read_provider_terms(table: Table | None) -> ProviderTerms:
    """Read `[provider_terms]`, which may be absent: then nothing is asked."""
    if table is None:
        return ProviderTerms()
    label = table.table_or_none("quality_label")
    return ProviderTerms(
        min_months_open=table.integer_or("min_months_open", 0, 0, 12),
        quality_label=None if label is None else label.words(),
        commitments=_read_criteria(table.tables("commitments")),
    )


def _read_scope(table: Table | None, categories: Collection[str], card_types: Collection[str]) -> Scope:
    if table is None:
        return Scope()
    return Scope(
        categories=table.choices("categories", categories),
        card_types=table.choices("card_types", card_types),
        audiences=table.choices("audiences", get_args(Audience)),
        months=table.choices("months", MONTHS),
    )


def _read_way(code: str, table: Table, quality_label: bool) -> Way:
    label_instead = table.flag("label_instead", default=False)
    if label_instead and not quality_label:
        table.note("label_instead", "needs the programme's provider_terms.quality_label")
    criteria = _read_criteria(table.tables("criteria"))
    return Way(code=code, label=table.label(), label_instead=label_instead, criteria=criteria)


def _read_criteria(tables: dict[str, Table]) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(code=code, label=table.words(), necessary=table.flag("necessary", default=True))
        for code, table in tables.items()
    )
