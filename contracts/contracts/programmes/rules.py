"""What follows from a programme's pots, offer rules and criteria: small pure questions."""

from collections.abc import Collection
from datetime import date

from contracts.programmes.shape import Audience, Category, OfferRule, Pot, Programme, UsageLimit


def pot_amount_cents(pot: Pot, persons: int) -> int:
    """Return what a household of so many members (holder included) gets, in euro cents."""
    assert persons >= 1, "a household has at least its holder"
    return min(persons * pot.per_person_cents, pot.cap_per_household_cents)


def pot_open_on(pot: Pot, day: date) -> bool:
    """Say whether the pot can be spent on this civil day of the programme's timezone."""
    return (pot.spend_from is None or pot.spend_from <= day) and day <= pot.spend_until


def pot_pays(pot: Pot, category: str) -> bool:
    """Say whether the pot can pay providers of this category."""
    return not pot.categories or category in pot.categories


def limits_of(programme: Programme, card_type: str) -> list[UsageLimit]:
    """Return the usage limits of a card type."""
    return [limit for limit in programme.usage_limits.values() if _any(limit.card_types, [card_type])]


def rules_of(
    programme: Programme,
    category: str,
    card_types: Collection[str],
    audience: Audience,
    months: Collection[int],
) -> list[OfferRule]:
    """Return the rules an offer must respect, given its provider's category, its card types, for whom it
    is, and the months (1 to 12) in which it is open."""
    return [
        rule
        for rule in programme.offer_rules.values()
        if _any(rule.applies_to.categories, [category])
        and _any(rule.applies_to.card_types, card_types)
        and _any(rule.applies_to.audiences, [audience])
        and _any(rule.applies_to.months, months)
    ]


def missing_criteria(category: Category, fulfilled: Collection[str], has_quality_label: bool) -> list[str]:
    """Return the codes of the necessary criteria a provider lacks on its closest way in; empty: admitted."""
    if not category.ways or (has_quality_label and any(way.label_instead for way in category.ways)):
        return []
    lacking = [
        [c.code for c in way.criteria if c.necessary and c.code not in fulfilled] for way in category.ways
    ]
    return min(lacking, key=len)


def _any(wanted: Collection[object], present: Collection[object]) -> bool:
    return not wanted or any(value in wanted for value in present)
