"""The programmes as the public sees them."""

from collections.abc import Mapping
from typing import Any

from contracts.cards import CardTypeView, ProgrammeView
from contracts.programmes import CardType, Programme
from contracts.programmes.shape import Pot
from contracts.refusals import Refusal


def find_programmes(programmes: Mapping[str, Programme]) -> list[ProgrammeView]:
    """Return every programme, by code."""
    return [view_programme(programmes[code]) for code in sorted(programmes)]


def get_programme(programmes: Mapping[str, Programme], code: str) -> ProgrammeView:
    """Return one programme, or refuse with ``not_found``."""
    if code not in programmes:
        raise Refusal("not_found")
    return view_programme(programmes[code])


def view_programme(programme: Programme) -> ProgrammeView:
    """A programme; dates ISO, amounts cents."""
    return {
        "code": programme.code,
        "name": programme.name,
        "orders_open": programme.orders_open.isoformat(),
        "orders_close": programme.orders_close.isoformat(),
        "valid_from": programme.valid_from.isoformat(),
        "valid_until": programme.valid_until.isoformat(),
        "late_window_s": programme.late_window_s,
        "channels": list(programme.channels),
        "categories": [
            {"code": category.code, "label": category.label} for category in programme.categories.values()
        ],
        "card_types": [_view_card_type(programme, each) for each in programme.card_types.values()],
    }


def _view_card_type(programme: Programme, card_type: CardType) -> CardTypeView:
    return {
        "code": card_type.code,
        "label": card_type.label,
        "price_cents": card_type.price_cents,
        "checks": [check.kind for check in card_type.checks],
        "required_fields": list(card_type.holder_fields),
        "pots": [_view_pot(programme.pots[code]) for code in card_type.pots],
    }


def _view_pot(pot: Pot) -> dict[str, Any]:
    return {
        "code": pot.code,
        "label": pot.label,
        "per_person_cents": pot.per_person_cents,
        "cap_per_household_cents": pot.cap_per_household_cents,
        "spend_from": pot.spend_from.isoformat() if pot.spend_from else None,
        "spend_until": pot.spend_until.isoformat(),
        "categories": list(pot.categories),
    }
