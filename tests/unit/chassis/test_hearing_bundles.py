"""A batch of messages with several events each: what is acknowledged when, and what goes where."""

from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from chassis.events import inbox
from chassis.events.bundles import VERSION, Carried
from chassis.events.hearing import Listener, UnreadableEvent, hear
from contracts.base import Event

AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Rang(Event):
    """A bell."""

    source: ClassVar[str] = "bells"
    name: ClassVar[str] = "rang"

    bell: str


class NoDatabase:
    """Only counts transactions."""

    def __init__(self) -> None:
        self.begun = 0

    @contextmanager
    def transaction(self) -> Any:
        self.begun += 1
        yield None


@dataclass
class Message:
    body: Any
    delivery_tag: int = 1
    headers: dict[str, Any] = field(default_factory=dict)
    delivery_info: dict[str, Any] = field(default_factory=dict)

    def decode(self) -> Any:
        return self.body


@dataclass
class Batch:
    messages: Sequence[Message]
    done: list[str] = field(default_factory=list)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        self.done += [f"acknowledged {message.delivery_tag}" for message in messages]

    def put_aside(self, message: Message, carried: Carried | None, error: BaseException) -> None:
        what = f"all of {message.delivery_tag}" if carried is None else bell_of(carried)
        self.done.append(f"put aside {what}, {type(error).__name__}")

    def take_apart(self, events: Sequence[Carried]) -> None:
        self.done += [f"put back {bell_of(carried)}" for carried in events]

    def is_stopping(self) -> bool:
        return "rang stop" in self.done


def bell_of(carried: Carried) -> str:
    return f"{carried.payload.get('bell')} of {carried.headers.get('nameko.call_id')}"


def bundle(*bells: str, version: int = VERSION) -> dict[str, Any]:
    return {
        "bundle": version,
        "events": [{"call_id": f"call_{bell}", "event": payload(bell)} for bell in bells],
    }


def payload(bell: str) -> dict[str, Any]:
    return {"event_id": f"evt_{bell}", "occurred_at": "2020-07-06T00:00:00Z", "bell": bell}


def heard(monkeypatch: pytest.MonkeyPatch, *messages: Message, broken: str = "") -> tuple[list[str], int]:
    """What became of the messages, in its order, and in how many transactions."""
    monkeypatch.setattr(inbox, "remember", lambda _session, _consumer, ids: set(ids))
    batch, db = Batch(messages), NoDatabase()

    def apply(_: Any, events: Sequence[Event]) -> None:
        if broken in [event.bell for event in events]:  # type: ignore[attr-defined]
            raise RuntimeError
        batch.done.extend(f"rang {event.bell}" for event in events)  # type: ignore[attr-defined]

    hear(batch, db, Listener(event=Rang, consumer="tower.rang", at_once=AT_ONCE, apply=apply))  # type: ignore[arg-type]
    return batch.done, db.begun


def test_a_bundle_is_acknowledged_with_the_last_of_its_events(monkeypatch: pytest.MonkeyPatch) -> None:
    done, begun = heard(monkeypatch, Message(bundle(*"abc"), 1), Message(bundle(*"defg"), 2))
    assert done == [
        *(f"rang {bell}" for bell in "abcd"),
        "acknowledged 1",
        *(f"rang {b}" for b in "efg"),
        "acknowledged 2",
    ]
    assert begun == 2


def test_only_the_event_that_fails_is_put_aside_in_a_message_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done, _ = heard(monkeypatch, Message(bundle(*"abc")), broken="b")
    assert done == ["rang a", "put aside b of call_b, RuntimeError", "rang c", "acknowledged 1"]


def test_only_the_event_that_is_none_is_parked(monkeypatch: pytest.MonkeyPatch) -> None:
    body = bundle(*"abc")
    del body["events"][0]["event"]["event_id"]
    done, _ = heard(monkeypatch, Message(body))
    assert done == ["put aside a of call_a, UnreadableEvent", "rang b", "rang c", "acknowledged 1"]


def test_a_bundle_in_which_nothing_is_an_event_is_forgotten_once_all_is_parked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = {"bundle": VERSION, "events": [{"call_id": None, "event": {}}] * 2}
    done, begun = heard(monkeypatch, Message(body))
    assert done == [*["put aside None of None, UnreadableEvent"] * 2, "acknowledged 1"]
    assert begun == 0


def test_a_bundle_of_a_later_form_is_parked_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = heard(monkeypatch, Message(bundle("a", version=VERSION + 1), 1), Message(payload("b"), 2))
    assert done == [
        f"put aside all of 1, {UnreadableEvent.__name__}",
        "acknowledged 1",
        "rang b",
        "acknowledged 2",
    ]


def test_a_bundle_that_comes_again_is_taken_apart_before_anything_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    again = Message(bundle(*"ab"), 1, delivery_info={"redelivered": True})
    done, _ = heard(monkeypatch, Message(payload("c"), 2), again)
    assert done == [
        "put back a of call_a",
        "put back b of call_b",
        "acknowledged 1",
        "rang c",
        "acknowledged 2",
    ]


def test_a_process_that_stops_finishes_the_bundle_that_it_has_begun_and_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done, begun = heard(
        monkeypatch,
        Message(bundle("a", "stop", "b"), 1),
        Message(bundle("c", "d"), 2),
        Message(bundle("e", "f", "g", "h", "i"), 3),
    )
    assert done == [
        *("rang a", "rang stop", "rang b", "rang c"),
        "acknowledged 1",
        "rang d",
        "acknowledged 2",
    ]
    assert begun == 2


def test_what_fails_while_the_process_stops_is_put_aside_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    done, _ = heard(
        monkeypatch, Message(bundle("stop", "a", "b", "c", "d", "e"), 1), Message(payload("f"), 2), broken="d"
    )
    assert done == [
        *("rang stop", "rang a", "rang b", "rang c"),
        "put aside d of call_d, RuntimeError",
        "rang e",
        "acknowledged 1",
    ]
