"""An id says what it names and when it was made."""

import time

from chassis.ids import new_id

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
RANDOM_BITS = 80


def test_an_id_is_a_prefix_and_a_ulid_of_this_millisecond() -> None:
    before_ms = time.time_ns() // 1_000_000
    prefix, _, ulid = new_id("red").partition("_")
    after_ms = time.time_ns() // 1_000_000
    assert prefix == "red"
    assert len(ulid) == 26
    value = 0
    for character in ulid:
        value = value * 32 + CROCKFORD.index(character)
    assert before_ms <= value >> RANDOM_BITS <= after_ms


def test_ids_differ_and_sort_by_the_millisecond() -> None:
    made = [new_id("red") for _ in range(10_000)]
    assert len(set(made)) == len(made)
    times = [one[:14] for one in made]
    assert times == sorted(times)
