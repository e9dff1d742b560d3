"""Reading instants that callers wrote."""

from datetime import UTC, datetime

import pytest

from chassis.clock import read_rfc3339


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2020-08-10T23:58:00+02:00", datetime(2020, 8, 10, 21, 58, tzinfo=UTC)),
        ("2020-08-11T21:57:00+23:59", datetime(2020, 8, 10, 21, 58, tzinfo=UTC)),
        ("2020-08-10T21:58:00Z", datetime(2020, 8, 10, 21, 58, tzinfo=UTC)),
        # Twice in the night in which the clock goes back: the offset says which.
        ("2020-10-25T02:30:00+02:00", datetime(2020, 10, 25, 0, 30, tzinfo=UTC)),
        ("2020-10-25T02:30:00+01:00", datetime(2020, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_utc_whatever_its_offset(text: str, instant: datetime) -> None:
    moment = read_rfc3339(text)
    assert (moment, moment.tzinfo) == (instant, UTC)


@pytest.mark.parametrize(
    "text", ["", "now", "2021-02-29T08:00:00Z", "2020-08-10T21:58:00", "0001-01-01T00:00:00+23:59", 5, None]
)
def test_what_names_no_instant_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="no instant with its offset"):
        read_rfc3339(text)  # type: ignore[arg-type]
