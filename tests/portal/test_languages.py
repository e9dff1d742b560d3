"""Days, amounts and distances as people of each language write them."""

import pytest

from portal.languages import LANGUAGES


@pytest.mark.parametrize(
    ("code", "iso", "written"),
    [
        ("fr", "2020-07-01", "1er juillet 2020"),
        ("fr", "2020-07-11", "11 juillet 2020"),
        ("en", "2020-07-01", "1 July 2020"),
    ],
)
def test_a_day_is_written_as_its_language_does(code: str, iso: str, written: str) -> None:
    assert LANGUAGES[code].day(iso) == written


@pytest.mark.parametrize(
    ("code", "month_day", "written"),
    [("fr", "05-01", "1er mai"), ("fr", "02-29", "29 février"), ("en", "05-01", "1 May")],
)
def test_a_day_of_any_year_has_no_year(code: str, month_day: str, written: str) -> None:
    assert LANGUAGES[code].season_day(month_day) == written


def test_an_amount_has_its_cents_and_its_sign_where_the_language_puts_it() -> None:
    # A no-break space before the sign, so that no line ends between them.
    assert LANGUAGES["fr"].money(123450) == "1\u202f234,50\u00a0€"
    assert LANGUAGES["en"].money(123450) == "€1,234.50"
