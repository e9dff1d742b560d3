"""What a message carries: packing, the forms as they travel, and what other releases make of them."""

import json
from dataclasses import dataclass, fields
from typing import Any

import pytest

from chassis.events.bundles import (
    CHARS_MAX,
    EVENTS_MAX,
    VERSION,
    VERSION_FIELD,
    Carried,
    UnreadableBundle,
    packed,
    read,
    written,
)
from contracts.cards import CardRevoked
from contracts.documentation import SERVICES, events_of


@dataclass(frozen=True)
class Row:
    """As the relay reads it."""

    body: str
    name: str = "card_revoked"
    source: str = "cards"
    call_id: str | None = "call_1"


def row(number: int, **values: Any) -> Row:
    return Row(json.dumps({"event_id": f"evt_{number}", "text": "é€"}, ensure_ascii=False), **values)


def sizes(rows: list[Row], events_per_message: int) -> list[int]:
    return [len(pack) for pack in packed(rows, events_per_message)]


def test_events_of_one_name_leave_together_in_their_order() -> None:
    rows = [row(number, name=f"name_{number % 2}") for number in range(7)]
    packs = packed(rows, 3)
    assert [[rows.index(event) for event in pack] for pack in packs] == [[0, 2, 4], [1, 3, 5], [6]]


def test_events_of_two_sources_never_share_a_message() -> None:
    assert sizes([row(1), row(2, source="wallet"), row(3)], EVENTS_MAX) == [2, 1]


@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (1, [1]), (25, [25]), (26, [25, 1]), (51, [25, 25, 1])]
)
def test_a_message_has_no_more_events_than_it_may(count: int, expected: list[int]) -> None:
    assert sizes([row(number) for number in range(count)], EVENTS_MAX) == expected
    assert sizes([row(number) for number in range(count)], 1) == [1] * count


def test_a_bundle_that_would_be_too_large_is_several_and_what_is_too_large_alone_is_alone() -> None:
    half, whole = "x" * (CHARS_MAX // 2), "x" * (CHARS_MAX + 1)
    assert sizes([Row(half), Row(half), Row("1")], EVENTS_MAX) == [2, 1]
    assert sizes([Row("1"), Row(whole), Row("2"), Row("3")], EVENTS_MAX) == [1, 1, 2]


def test_one_event_travels_as_it_always_did() -> None:
    body, headers = written([row(1)])
    assert (body, headers) == (row(1).body, {"nameko.call_id": "call_1"})
    assert written([row(1, call_id=None)])[1] == {}
    assert read(json.loads(body), {**headers, "x-attempt": 2}) == [
        Carried(json.loads(body), {"nameko.call_id": "call_1", "x-attempt": 2})
    ]


def test_a_bundle_is_read_as_it_was_written_each_event_with_its_call() -> None:
    rows = [row(1), row(2, call_id=None), row(3, call_id='"\\')]
    body, headers = written(rows)
    assert json.loads(body)[VERSION_FIELD] == VERSION
    assert read(json.loads(body), headers) == [
        Carried(json.loads(row(1).body), {"nameko.call_id": "call_1"}),
        Carried(json.loads(row(2).body), {}),
        Carried(json.loads(row(3).body), {"nameko.call_id": '"\\'}),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"bundle": VERSION + 1, "events": [{"call_id": None, "event": {}}]},
        {"bundle": None},
        {"bundle": VERSION},
        {"bundle": VERSION, "events": []},
        {"bundle": VERSION, "events": 7},
        {"bundle": VERSION, "events": [{"event": {}}]},
        {"bundle": VERSION, "events": ["event"]},
    ],
)
def test_a_bundle_of_another_form_is_not_guessed_at(body: Any) -> None:
    with pytest.raises(UnreadableBundle):
        read(body, {})


def test_the_release_of_before_takes_no_bundle_for_an_event() -> None:
    body, _ = written([row(1), row(2)])
    # All that it does to know an event.
    with pytest.raises(TypeError):
        CardRevoked.from_payload(json.loads(body))


def test_no_event_can_be_taken_for_a_bundle() -> None:
    events = [event for module in SERVICES.values() for event in events_of(module)]
    assert events
    assert not [event for event in events if VERSION_FIELD in {field.name for field in fields(event)}]
