"""Which months a season touches."""

import pytest

from contracts.base import Season
from offers.seasons import months_of


@pytest.mark.parametrize(
    ("season", "months"),
    [
        ([], set(range(1, 13))),
        ([{"from": "07-01", "to": "08-31"}], {7, 8}),
        ([{"from": "06-30", "to": "08-31"}], {6, 7, 8}),
        ([{"from": "12-05", "to": "03-31"}], {12, 1, 2, 3}),
        ([{"from": "07-20", "to": "07-10"}], set(range(1, 13))),
        ([{"from": "02-29", "to": "02-29"}, {"from": "11-01", "to": "11-30"}], {2, 11}),
    ],
)
def test_a_season_touches_the_months_of_its_days(season: list[Season], months: set[int]) -> None:
    assert months_of(season) == months
