"""Who may order: each rule refuses with its code and the field at fault."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from cards.orders import order_rules
from chassis.calls.caller import ANONYMOUS, Caller
from contracts.cards import OrderRequest
from contracts.programmes import Programme
from contracts.programmes.shape import People
from contracts.refusals import Refusal

DAY = date(2020, 7, 6)


def order_of(born: str, *members: str, **holder: Any) -> OrderRequest:
    """An order of a holder born then, with members born then; each has a given name of their own."""
    people = [
        {"given_name": f"Léa {chr(ord('A') + place)}", "family_name": "Roux", "birth_date": each}
        for place, each in enumerate((born, *members))
    ]
    address = {"street": "1 rue Haute", "postal_code": "31000", "insee": "31555"}
    return {
        "programme": "occygene-2020",
        "card_type": "family",
        "holder": {**people[0], "email": "lea@example.org", "address": address, **holder},  # type: ignore[typeddict-item]
        "members": people[1:],  # type: ignore[typeddict-item]
    }


@contextmanager
def refused(code: str, field: str) -> Iterator[None]:
    """Expect a refusal with this code and field."""
    with pytest.raises(Refusal) as caught:
        yield
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize("born", ["2002-07-06", "1994-07-07"])
def test_the_youth_card_is_for_18_to_25(programmes: dict[str, Programme], born: str) -> None:
    youth = programmes["occygene-2020"].card_types["youth"]
    assert order_rules.check_people(youth, order_of(born), DAY) == People(adults=1, children=0)


@pytest.mark.parametrize("born", ["2002-07-07", "1994-07-06"])
def test_the_day_before_18_and_from_the_26th_birthday_the_youth_card_is_refused(
    programmes: dict[str, Programme], born: str
) -> None:
    youth = programmes["occygene-2020"].card_types["youth"]
    with refused("age_not_covered", "holder.birth_date"):
        order_rules.check_people(youth, order_of(born), DAY)


@pytest.mark.parametrize(
    "members",
    [
        [],
        ["1980-01-01", "1981-01-01"],
        ["2010-01-01"] * 10,
    ],
)
def test_a_household_too_small_or_too_large_is_refused(
    programmes: dict[str, Programme], members: list[str]
) -> None:
    family = programmes["occygene-2020"].card_types["family"]
    with refused("household_not_covered", "members"):
        order_rules.check_people(family, order_of("1980-05-05", *members), DAY)


HOLDER = {"given_name": "Inès", "family_name": "Roux-Œuvre", "birth_date": "1985-05-05"}
OTHERS = [
    {"given_name": "Tom", "family_name": "Roux", "birth_date": "2012-01-01"},
    {"given_name": "Jean-Noël", "family_name": "Roux", "birth_date": "2015-03-01"},
]
HOLDER_AGAIN = {"given_name": "INES", "family_name": "roux oeuvre", "birth_date": "1985-05-05"}
CHILD_AGAIN = {"given_name": " jean noël ", "family_name": "ROUX", "birth_date": "20150301"}


@pytest.mark.parametrize(
    ("members", "field", "said"),
    [
        ([HOLDER_AGAIN], "members.0", "the holder of the order"),
        ([*OTHERS, HOLDER_AGAIN], "members.2", "the holder of the order"),
        ([*OTHERS, CHILD_AGAIN], "members.2", "a member of the household"),
        ([CHILD_AGAIN, *OTHERS, HOLDER_AGAIN], "members.2", "a member of the household"),
    ],
)
def test_who_is_listed_twice_is_refused_however_the_name_is_spelt(
    programmes: dict[str, Programme], members: list[dict[str, str]], field: str, said: str
) -> None:
    order = order_of("1985-05-05", **HOLDER)
    family = programmes["occygene-2020"].card_types["family"]
    with pytest.raises(Refusal) as refused:
        order_rules.check_people(family, {**order, "members": members}, DAY)  # type: ignore[typeddict-item]
    assert (refused.value.code, refused.value.field) == ("invalid_field", field)
    assert said in refused.value.details["rule"]
    assert "chacun ne compte qu’une fois" in refused.value.details["rule_fr"]
    # What a refusal says may be logged: nobody's name is in it.
    assert not re.search("roux|tom|jean", str(refused.value.details), re.IGNORECASE)


@pytest.mark.parametrize(
    "other",
    [
        {"given_name": "Inès", "family_name": "Roux", "birth_date": "2012-01-02"},
        {"given_name": "Inès Marie", "family_name": "Roux", "birth_date": "2012-01-01"},
        {"given_name": "Tom", "family_name": "Roux", "birth_date": "2012-01-01"},
        {"given_name": "Roux", "family_name": "Inès", "birth_date": "2012-01-01"},
    ],
)
def test_twins_and_people_who_differ_in_one_thing_count_each(
    programmes: dict[str, Programme], other: dict[str, str]
) -> None:
    order = order_of("1985-05-05")
    ines = {"given_name": "Inès", "family_name": "Roux", "birth_date": "2012-01-01"}
    family = programmes["occygene-2020"].card_types["family"]
    both: Any = {**order, "members": [ines, other]}
    assert order_rules.check_people(family, both, DAY) == People(adults=1, children=2)


def test_a_child_is_who_is_under_18_on_the_day(programmes: dict[str, Programme]) -> None:
    family = programmes["occygene-2020"].card_types["family"]
    order = order_of("1980-05-05", "2002-07-06", "2002-07-07")
    assert order_rules.check_people(family, order, DAY) == People(adults=2, children=1)


def test_a_trainee_of_17_may_hold_a_pass_for_its_holder_alone(programmes: dict[str, Programme]) -> None:
    seasonal = programmes["passresot66"].card_types["seasonal"]
    assert order_rules.check_people(seasonal, order_of("2003-01-01"), DAY) == People(adults=0, children=1)


def test_a_pass_for_its_holder_alone_takes_no_members(programmes: dict[str, Programme]) -> None:
    staff = programmes["passresot66"].card_types["staff"]
    with refused("household_not_covered", "members"):
        order_rules.check_people(staff, order_of("1990-01-01", "2010-01-01"), DAY)


@pytest.mark.parametrize("born", ["2020-07-07", "1880-01-01", "06/07/1990", "", "2020-02-30"])
def test_a_birth_date_that_cannot_be_is_refused(programmes: dict[str, Programme], born: str) -> None:
    family = programmes["occygene-2020"].card_types["family"]
    with refused("invalid_field", "members.0.birth_date"):
        order_rules.check_people(family, order_of("1980-05-05", born), DAY)


@pytest.mark.parametrize(
    ("insee", "code"),
    [
        ("33063", "residence_not_covered"),
        ("99999", "commune_unknown"),
        ("31000", "commune_unknown"),
    ],
)
def test_the_commune_decides_residence_and_the_postal_code_never(
    programmes: dict[str, Programme], insee: str, code: str
) -> None:
    programme = programmes["occygene-2020"]
    address = {"street": "1 rue Haute", "postal_code": "31000", "insee": insee}
    order = order_of("1980-05-05", address=address)
    with refused(code, "holder.address.insee"):
        order_rules.check_residence(programme, programme.card_types["family"], order["holder"])


def test_a_field_that_the_card_type_needs_is_named(programmes: dict[str, Programme]) -> None:
    staff = programmes["passresot66"].card_types["staff"]
    with refused("invalid_field", "holder.organisation"):
        order_rules.check_holder_fields(staff, order_of("1990-01-01")["holder"])


def test_a_contract_that_is_over_or_unsaid_is_refused(programmes: dict[str, Programme]) -> None:
    seasonal = programmes["passresot66"].card_types["seasonal"]
    for end in (None, "2020-07-05", "next week"):
        with refused("invalid_field", "holder.contract_end"):
            order_rules.read_contract_end(seasonal, order_of("1990-01-01", contract_end=end)["holder"], DAY)
    holder = order_of("1990-01-01", contract_end="2020-09-30")["holder"]
    assert order_rules.read_contract_end(seasonal, holder, DAY) == date(2020, 9, 30)


def test_orders_are_open_from_the_first_day_to_the_last(programmes: dict[str, Programme]) -> None:
    programme = programmes["occygene-2020"]
    order_rules.check_dates(programme, date(2020, 7, 6))
    order_rules.check_dates(programme, date(2021, 6, 30))
    for day in (date(2020, 7, 5), date(2021, 7, 1)):
        with refused("orders_not_open", "programme"):
            order_rules.check_dates(programme, day)


def test_the_channel_is_the_credentials_own_or_the_public_sites(programmes: dict[str, Programme]) -> None:
    programme = programmes["occygene-2020"]
    desk = Caller(kind="staff", subject="stf_1", channel="phone_desk")
    assert order_rules.choose_channel(programme, desk) == "phone_desk"
    assert order_rules.choose_channel(programme, ANONYMOUS) == "region_site"
    with refused("channel_unknown", "programme"):
        order_rules.choose_channel(programmes["passresot66"], ANONYMOUS)


def test_what_is_kept_of_a_name_is_short_and_printable(programmes: dict[str, Programme]) -> None:
    for name in ("", "  ", "A" * 101, "Lé\x00a"):
        with refused("invalid_field", "holder.given_name"):
            order_rules.check_texts(order_of("1990-01-01", given_name=name))


@pytest.mark.parametrize("field", ["given_name", "family_name", "organisation"])
def test_what_the_voucher_says_of_its_holder_has_letters_that_can_be_printed(field: str) -> None:
    order_rules.check_texts(order_of("1990-01-01", **{field: "小明 أميرة Олексій"}))
    with refused("invalid_field", f"holder.{field}"):
        order_rules.check_texts(order_of("1990-01-01", **{field: "Léa 😀"}))


def test_names_that_are_not_printed_and_notes_may_have_any_letters() -> None:
    order = order_of("1990-01-01", "2012-01-01", organisation=None)
    order["members"][0]["family_name"] = "สมชาย"
    order_rules.check_texts({**order, "channel_note": "👍 สมชาย"})


def test_the_age_band_is_the_card_types_own_or_a_coarse_one(programmes: dict[str, Programme]) -> None:
    cards = programmes["occygene-2020"].card_types
    assert order_rules.age_band(cards["youth"], date(2000, 1, 1), DAY) == "18–25"
    assert order_rules.age_band(cards["family"], date(1985, 1, 1), DAY) == "26–39"
    assert order_rules.age_band(cards["family"], date(1950, 1, 1), DAY) == "60+"
