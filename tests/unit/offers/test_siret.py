"""A SIRET's check digits."""

import pytest

from offers.siret import is_siret


@pytest.mark.parametrize("siret", ["73282932000074", "00043218700029", "35600000000048"])
def test_a_siret_with_its_check_digits_is_taken(siret: str) -> None:
    assert is_siret(siret)


def test_an_office_of_la_poste_may_sum_to_a_multiple_of_five_instead() -> None:
    assert sum(map(int, "35600000049837")) % 5 == 0
    assert is_siret("35600000049837")
    assert not is_siret("35600000049838")


@pytest.mark.parametrize(
    "text",
    [
        "73282932000075",  # one digit off
        "73282932100073",  # the whole passes, the SIREN inside does not
        "7328293200007",
        "732829320000744",
        "7328293200007a",
        "７３２８２９３２００００７４",
        "",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    assert not is_siret(text)
