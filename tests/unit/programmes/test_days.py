"""Ages, validity days and usage windows, at their edges."""

from datetime import UTC, date, datetime

import pytest

from contracts.programmes import Programme
from contracts.programmes.days import (
    age_allowed,
    age_on,
    count_household,
    local_day,
    valid_from,
    valid_until,
    window_bounds,
)
from contracts.programmes.shape import People, Window

Programmes = dict[str, Programme]
ORDER_DAY = date(2020, 7, 6)


@pytest.mark.parametrize(
    ("birth_date", "allowed"),
    [
        (date(2002, 7, 6), True),  # 18 today
        (date(2002, 7, 7), False),  # 18 tomorrow
        (date(1995, 7, 6), True),  # 25 today
        (date(1994, 7, 7), True),  # 26 tomorrow
        (date(1994, 7, 6), False),  # 26 today
    ],
)
def test_youth_is_from_the_18th_birthday_until_the_day_before_the_26th(
    programmes: Programmes, birth_date: date, allowed: bool
) -> None:
    assert age_allowed(programmes["occygene-2020"].card_types["youth"], birth_date, ORDER_DAY) is allowed


def test_who_is_born_on_29_february_grows_older_on_1_march_in_other_years() -> None:
    born = date(2000, 2, 29)
    assert [age_on(born, day) for day in (date(2018, 2, 28), date(2018, 3, 1), date(2020, 2, 29))] == [
        17,
        18,
        20,
    ]


def test_a_card_type_without_age_bounds_is_open_to_all(programmes: Programmes) -> None:
    assert age_allowed(programmes["passresot66"].card_types["staff"], date(1950, 1, 1), ORDER_DAY)


def test_a_household_is_counted_by_age_on_the_day(programmes: Programmes) -> None:
    household = programmes["occygene-2020"].card_types["family"].household
    births = [date(1985, 1, 1), date(2002, 7, 6), date(2002, 7, 7), date(2019, 1, 1)]
    assert count_household(household, births, ORDER_DAY) == People(adults=2, children=2)


def test_a_fixed_card_ends_with_its_programme(programmes: Programmes) -> None:
    youth = programmes["occygene-2020"].card_types["youth"]
    assert valid_until(youth, date(2021, 6, 1)) == date(2021, 6, 30)


def test_a_card_validated_early_begins_with_its_programme(programmes: Programmes) -> None:
    azur = programmes["azur-2027"].card_types["azur"]
    assert valid_from(azur, date(2027, 3, 2)) == date(2027, 4, 1)
    assert valid_from(azur, date(2027, 5, 2)) == date(2027, 5, 2)


@pytest.mark.parametrize(
    ("validated_on", "last_day"),
    [
        (date(2021, 3, 15), date(2022, 3, 14)),
        (date(2021, 1, 1), date(2021, 12, 31)),
        (date(2020, 2, 29), date(2021, 2, 28)),
        (date(2023, 3, 1), date(2024, 2, 29)),
        (date(2030, 6, 1), date(2030, 12, 31)),  # never after the programme's end
    ],
)
def test_a_year_ends_on_the_day_before_its_anniversary(
    programmes: Programmes, validated_on: date, last_day: date
) -> None:
    assert valid_until(programmes["passresot66"].card_types["staff"], validated_on) == last_day


def test_a_seasonal_pass_ends_with_the_contract(programmes: Programmes) -> None:
    seasonal = programmes["passresot66"].card_types["seasonal"]
    assert valid_until(seasonal, date(2020, 7, 6), date(2020, 9, 15)) == date(2020, 9, 15)
    with pytest.raises(ValueError, match="contract"):
        valid_until(seasonal, date(2020, 7, 6))


NEW_YEAR = datetime(2020, 12, 31, 23, tzinfo=UTC)
VALID = (date(2020, 7, 6), date(2021, 6, 30))


@pytest.mark.parametrize(
    ("window", "since", "before"),
    [
        ("day", NEW_YEAR, datetime(2021, 1, 1, 23, tzinfo=UTC)),
        ("month", NEW_YEAR, datetime(2021, 1, 31, 23, tzinfo=UTC)),
        ("year", NEW_YEAR, datetime(2021, 12, 31, 23, tzinfo=UTC)),
        ("validity", datetime(2020, 7, 5, 22, tzinfo=UTC), datetime(2021, 6, 30, 22, tzinfo=UTC)),
    ],
)
def test_half_past_midnight_in_paris_on_new_year_is_a_new_day_month_and_year(
    window: Window, since: datetime, before: datetime
) -> None:
    at = datetime(2020, 12, 31, 23, 30, tzinfo=UTC)
    assert window_bounds(window, at, *VALID) == (since, before)
    assert {moment.tzinfo for moment in window_bounds(window, at, *VALID)} == {UTC}


@pytest.mark.parametrize("window", ["day", "month", "year"])
def test_two_minutes_before_new_year_in_paris_belong_to_the_old_day_month_and_year(window: Window) -> None:
    _, before = window_bounds(window, datetime(2020, 12, 31, 22, 58, tzinfo=UTC), *VALID)
    assert before == NEW_YEAR


def test_the_day_clocks_change_starts_and_ends_at_its_own_midnights() -> None:
    at = datetime(2020, 10, 25, 12, tzinfo=UTC)  # winter time since 3 in the morning: a day of 25 hours
    day = (datetime(2020, 10, 24, 22, tzinfo=UTC), datetime(2020, 10, 25, 23, tzinfo=UTC))
    assert window_bounds("day", at, *VALID) == day


def test_a_civil_day_depends_on_the_programmes_timezone() -> None:
    at = datetime(2020, 11, 15, 22, 30, tzinfo=UTC)
    assert local_day(at) == date(2020, 11, 15)
    assert local_day(at, "Indian/Reunion") == date(2020, 11, 16)
