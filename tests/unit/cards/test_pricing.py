"""Prices add up to the cent, whatever the offer, the party and the price."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.offers import OfferPublished
from contracts.programmes.pricing import percent_cents, reduction_cents
from contracts.programmes.shape import People

OfferOf = Callable[..., OfferPublished]

cents = st.integers(0, 10_000_000)
parties = st.builds(People, adults=st.integers(0, 30), children=st.integers(0, 30))
terms = st.one_of(
    st.fixed_dictionaries({"kind": st.just("free")}),
    st.fixed_dictionaries({"kind": st.just("percent"), "percent": st.integers(0, 100)}),
    st.fixed_dictionaries({"kind": st.just("fixed_price"), "price_cents": cents}),
)
audiences = st.fixed_dictionaries(
    {
        "audience": st.sampled_from(["holder", "children", "household"]),
        "child_price_cents": st.none() | cents,
        "max_children": st.none() | st.integers(0, 30),
    }
)


@given(terms, audiences, parties, cents, st.integers(0, 30))
def test_a_reduction_is_never_negative_nor_more_than_the_price(
    offer_of: OfferOf,
    terms: dict[str, Any],
    audience: dict[str, Any],
    party: People,
    gross_cents: int,
    bound: int,
) -> None:
    reduction = reduction_cents(offer_of(**terms, **audience), party, gross_cents, bound)
    assert 0 <= reduction <= gross_cents
    assert (gross_cents - reduction) + reduction == gross_cents
    assert type(reduction) is int


@given(cents, st.integers(0, 100))
def test_a_percentage_is_rounded_half_up_to_the_cent(amount: int, percent: int) -> None:
    exact_hundredths = amount * percent
    rounded = percent_cents(amount, percent) * 100
    assert exact_hundredths - 50 < rounded <= exact_hundredths + 50


def test_half_a_cent_goes_to_the_holder() -> None:
    assert percent_cents(150, 15) == 23


def test_a_household_percentage_is_taken_off_the_whole_price(offer_of: OfferOf) -> None:
    assert reduction_cents(offer_of(percent=20), People(adults=2, children=2), 4000, 3) == 800


def test_a_fixed_price_is_asked_of_each_covered_person(offer_of: OfferOf) -> None:
    offer = offer_of(kind="fixed_price", price_cents=700)
    assert reduction_cents(offer, People(adults=2, children=1), 4000, 3) == 4000 - 3 * 700


def test_a_fixed_price_above_the_usual_one_raises_nothing(offer_of: OfferOf) -> None:
    offer = offer_of(audience="holder", kind="fixed_price", price_cents=700)
    assert reduction_cents(offer, People(adults=1, children=0), 500, 0) == 0


def test_children_are_reduced_up_to_the_lowest_bound(offer_of: OfferOf) -> None:
    offer = offer_of(audience="children", kind="free", child_price_cents=900, max_children=2)
    assert reduction_cents(offer, People(adults=2, children=3), 5000, 3) == 2 * 900
    offer = offer_of(audience="children", kind="free", child_price_cents=900, max_children=None)
    assert reduction_cents(offer, People(adults=2, children=5), 9000, 3) == 3 * 900


def test_a_childs_percentage_is_rounded_for_each_child(offer_of: OfferOf) -> None:
    offer = offer_of(audience="children", percent=15, child_price_cents=150)
    assert reduction_cents(offer, People(adults=1, children=2), 2000, 3) == 2 * 23


def test_the_reduction_for_children_is_at_most_the_price_of_all(offer_of: OfferOf) -> None:
    offer = offer_of(audience="children", kind="free", child_price_cents=900)
    assert reduction_cents(offer, People(adults=0, children=3), 2000, 3) == 2000
