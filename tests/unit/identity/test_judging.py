"""What a quotient that was read means: pure rules."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.checking.family_quotient import Beneficiary, CivilIdentity, QuotientRead
from identity.checking.quotient_judging import judge

HOLDER = CivilIdentity(
    birth_name="D’Hers",
    used_name="D'Hers",
    given_names="Maëlys",
    birth_date=date(1991, 2, 3),
    sex="F",
    birth_country="99100",
    birth_insee="12202",
)
PARTNER = Beneficiary(birth_name="CLERC", used_name=None, given_names="LOUIS", birth_date="1990-01-01")
MAELYS = Beneficiary(birth_name="D HERS", used_name=None, given_names="MAELYS ROSE", birth_date="1991-02-03")


def verdict(value: int = 412, month: str = "2020-07", *people: Beneficiary, holder: Any = HOLDER) -> str:
    read = QuotientRead(value=value, month=month, beneficiaries=people or (PARTNER, MAELYS))
    return judge(read, holder, month="2020-07", below=1000)


@given(st.integers(0, 5_000))
def test_only_a_quotient_strictly_below_the_threshold_passes(value: int) -> None:
    assert verdict(value) == ("accepted" if value < 1000 else "quotient_too_high")


@pytest.mark.parametrize(
    "other",
    [
        replace(MAELYS, birth_name="DHERSE"),
        replace(MAELYS, given_names="MAELIE ROSE"),
        replace(MAELYS, birth_date="1991-02-04"),
        PARTNER,
    ],
)
def test_an_answer_about_somebody_else_is_for_an_officer(other: Beneficiary) -> None:
    assert verdict(1, "2020-07", other) == "identity_not_matched"
    assert verdict(5_000, "2020-07", other) == "identity_not_matched"


def test_a_quotient_of_another_month_is_for_an_officer() -> None:
    assert verdict(1, "2020-06") == "quotient_other_month"


def test_a_married_name_fits_when_the_answer_knows_it() -> None:
    holder = replace(HOLDER, used_name="Clerc")
    assert verdict(holder=holder) == "identity_not_matched"
    assert verdict(1, "2020-07", replace(MAELYS, used_name="CLERC"), holder=holder) == "accepted"


def test_nothing_that_was_read_shows_in_a_repr() -> None:
    shown = repr((HOLDER, MAELYS, QuotientRead(value=412, month="2020-07", beneficiaries=(MAELYS,))))
    assert not any(secret in shown for secret in ("Hers", "HERS", "412", "1991"))
