"""What an offer must say to be kept as a draft."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.programmes import Programme
from contracts.refusals import Refusal
from offers.offer_shape import check_offer

Make = Callable[..., Any]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"site_ids": ["sit_other"]}, "invalid_field", "site_ids.0"),
        ({"title": {"fr": "Visite", "en": ""}}, "invalid_field", "title.en"),
        ({"card_types": []}, "invalid_field", "card_types"),
        ({"card_types": ["youth", "senior"]}, "card_type_unknown", "card_types.1"),
        ({"audience": "everybody"}, "invalid_field", "audience"),
        ({"kind": "gift"}, "invalid_field", "kind"),
        ({"base": "best_price"}, "invalid_field", "base"),
        ({"percent": None}, "invalid_field", "percent"),
        ({"percent": 0}, "invalid_field", "percent"),
        ({"percent": 101}, "invalid_field", "percent"),
        ({"price_cents": 700}, "invalid_field", "price_cents"),
        ({"kind": "free"}, "invalid_field", "percent"),
        ({"kind": "fixed_price", "percent": None}, "invalid_field", "price_cents"),
        ({"kind": "fixed_price", "percent": None, "price_cents": 1000}, "invalid_field", "price_cents"),
        ({"kind": "fixed_price", "percent": None, "price_cents": 0}, "invalid_field", "price_cents"),
        ({"standard_price_cents": 0}, "invalid_field", "standard_price_cents"),
        ({"standard_price_cents": 2**63}, "invalid_field", "standard_price_cents"),
        ({"standard_price_cents": True}, "invalid_field", "standard_price_cents"),
        ({"audience": "children"}, "invalid_field", "child_price_cents"),
        ({"season": [{"from": "13-01", "to": "01-01"}]}, "invalid_field", "season.0.from"),
        ({"pot_accepted": None}, "invalid_field", "pot_accepted"),
        ({"minimum_gross_cents": -1}, "invalid_field", "minimum_gross_cents"),
        ({"max_children": 21}, "invalid_field", "max_children"),
    ],
)
def test_a_field_at_fault_is_named(
    offer: Make, programmes: dict[str, Programme], changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        check_offer(offer(**changes), programmes["occygene-2020"], ["sit_own"])
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_fixed_price_for_children_is_below_the_childs_price_not_the_adults(
    offer: Make, programmes: dict[str, Programme]
) -> None:
    children = {"audience": "children", "kind": "fixed_price", "percent": None, "child_price_cents": 600}
    programme = programmes["occygene-2020"]
    assert check_offer(offer(**children, price_cents=599), programme, [])["price_cents"] == 599
    with pytest.raises(Refusal) as refused:
        check_offer(offer(**children, price_cents=600), programme, [])
    assert refused.value.field == "price_cents"
