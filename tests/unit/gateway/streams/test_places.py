"""Where a page stands: whatever turn changes come in, none is lost and none is told twice."""

import pytest

from gateway.streams.place import MARKS_MAX, ON_THE_WAY, Place, mark_of, read_place
from tests.unit.gateway.streams.serving import NOON, at, visit_id


def told(number: int, seconds: float, change: str = "recorded") -> tuple[str, str]:
    return at(seconds), mark_of(change, visit_id(number))


def test_a_place_reads_as_it_was_written() -> None:
    place = Place(NOON).after(told(1, 5), told(2, 3), told(1, 6, "cancelled"))
    since, marks = read_place(place.written())
    assert since == NOON
    assert marks == {mark for _, mark in place.told}
    assert len(marks) == 3


def test_what_comes_out_of_turn_is_told_and_known_by_its_mark() -> None:
    """The later one came first: one that stands by moments alone would take the earlier for told."""
    place = Place(NOON).after(told(2, 9))
    since, marks = read_place(place.written())
    assert since <= at(8)
    assert mark_of("recorded", visit_id(1)) not in marks
    assert place.after(told(1, 8)).told == (told(1, 8), told(2, 9))


def test_what_is_longer_ago_than_anything_is_on_its_way_needs_no_mark() -> None:
    later = ON_THE_WAY.total_seconds() + 1
    place = Place(NOON).after(told(1, 0), told(2, 2)).after(told(3, later))
    assert place.since == at(1)
    assert place.told == (told(2, 2), told(3, later))
    assert place.after(told(4, 30)).since == place.since


def test_of_a_desks_busiest_minute_the_newest_are_marked() -> None:
    place = Place(NOON).after(*(told(number, number / 10) for number in range(MARKS_MAX + 20)))
    assert (place.since, len(place.told)) == (at(2), MARKS_MAX)
    assert read_place(place.written())[0] == at(2)


@pytest.mark.parametrize(
    "text",
    ["", "~", NOON, f"{NOON}~r12", f"{NOON}~r123456 ", f"{NOON}~R123456", "2020-13-41T12:00:00.000000Z~"],
)
def test_anything_else_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_place(text)
