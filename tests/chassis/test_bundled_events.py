"""Bundles on a real broker: every event in one is treated as if it had come alone."""

import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import text

from chassis.broker.amqp import connect
from chassis.broker.confirms import ConfirmedPublisher, Outgoing
from chassis.events.bundles import EVENTS_MAX, VERSION
from chassis.events.parking import park
from contracts.base import Event

from .conftest import Toy, eventually
from .test_batches import ONE_BY_ONE, TOGETHER, batches_of, both_forms, settled

# Of the toy, in the outbox of its database: as if a call had announced them, all at once.
ANNOUNCED = text("""
    INSERT INTO outbox (event_id, source, name, payload, call_id)
    SELECT 'evt_' || n, 'toy', :name,
        json_build_object('event_id', 'evt_' || n, 'occurred_at', '2020-07-06T00:00:00Z', 'thing', 'n' || n),
        'call_' || n
    FROM generate_series(1, :count) AS n
""")


def bundle(things: Sequence[Any], version: int = VERSION) -> dict[str, Any]:
    return {
        "bundle": version,
        "events": [{"call_id": f"call_{thing}", "event": event(thing)} for thing in things],
    }


def event(thing: str) -> dict[str, str]:
    return {"event_id": f"evt_{thing}", "occurred_at": "2020-07-06T00:00:00Z", "thing": thing}


def publish(toy: Toy, form: str, *bodies: Any) -> None:
    publisher = ConfirmedPublisher(toy.environment["AMQP_URI"])
    batch = [
        Outgoing(exchange="toy.events", routing_key=form, body=body, headers={}, message_id=str(number))
        for number, body in enumerate(bodies)
    ]
    assert len(publisher.publish(batch)) == len(batch)
    publisher.close()


def parked(toy: Toy) -> list[Any]:
    """The bodies of what is parked; the connection's end puts them back."""
    with closing(connect(toy.environment["AMQP_URI"])) as link:
        channel, found = link.channel(), []
        while message := channel.basic_get("toy.parked"):
            found.append(json.loads(message.body))
        return found


def tapped(toy: Toy, form: str, per_message: int, count: int) -> list[Any]:
    """The bodies that the toy's relay publishes for so many announced events, seen by a queue beside."""
    toy.stop()
    toy.environment["EVENTS_PER_MESSAGE"] = str(per_message)
    with closing(connect(toy.environment["AMQP_URI"])) as link:
        channel, found = link.channel(), []
        queue = channel.queue_declare(exclusive=True).queue
        channel.queue_bind(queue, "toy.events", form)
        with toy.database.transaction() as session:
            session.execute(ANNOUNCED, {"name": form, "count": count})
        toy.start()
        eventually(lambda: toy.heard_like("n%") == (count, count))
        while message := channel.basic_get(queue, no_ack=True):
            found.append(json.loads(message.body))
        return found


def test_what_waits_in_the_outbox_leaves_in_bundles_and_arrives_event_by_event(toy: Toy) -> None:
    count = 2 * EVENTS_MAX + 1
    bodies = tapped(toy, TOGETHER, EVENTS_MAX, count)
    assert [len(body.get("events", ["alone"])) for body in bodies] == [EVENTS_MAX, EVENTS_MAX, 1]
    said = {
        event_id: call for batch in batches_of(toy, TOGETHER) for event_id, call in batch["events"].items()
    }
    assert said == {f"evt_{n}": f"call_{n}" for n in range(1, count + 1)}
    with toy.database.transaction() as session:
        assert (
            session.scalar(
                text("SELECT count(*) FROM outbox WHERE published_at IS NULL AND name = :name"),
                {"name": TOGETHER},
            )
            == 0
        )


def test_a_relay_that_is_set_so_sends_what_the_release_of_before_reads(toy: Toy) -> None:
    bodies = tapped(toy, ONE_BY_ONE, 1, 5)
    assert bodies == [
        {"event_id": f"evt_{n}", "occurred_at": "2020-07-06T00:00:00Z", "thing": f"n{n}"} for n in range(1, 6)
    ]


@both_forms
def test_bundles_and_single_events_are_handled_once_each(toy: Toy, form: str) -> None:
    numbers = range(8 * EVENTS_MAX)
    bundles = [
        bundle([f"n{n}" for n in numbers[start : start + EVENTS_MAX]]) for start in numbers[::EVENTS_MAX]
    ]
    # Half of them twice, and some of their events alone besides.
    publish(toy, form, *bundles, *bundles[::2], *(event(f"n{n}") for n in numbers[::10]))
    count = len(numbers)
    eventually(
        lambda: sum(batch.get("duplicate", 0) for batch in batches_of(toy, form)) == count // 2 + count // 10
    )
    assert toy.heard_like("n%") == (count, count)
    toy.stop()
    assert settled(toy, form)
    assert toy.messages("toy.parked") == 0


@both_forms
def test_one_that_fails_is_put_off_alone(toy: Toy, form: str) -> None:
    publish(toy, form, bundle([*(f"a{n}" for n in range(9)), "hopeless", "a9"]))
    eventually(lambda: toy.heard_like("a%") == (10, 10))
    eventually(lambda: "event_retried" in toy.log())
    assert toy.heard("hopeless") == 0
    toy.mended.touch()
    eventually(lambda: toy.heard("hopeless") == 1)
    said = {event_id: call for batch in batches_of(toy, form) for event_id, call in batch["events"].items()}
    assert said["evt_hopeless"] == "call_hopeless"
    eventually(lambda: settled(toy, form))
    assert toy.messages("toy.parked") == 0


@pytest.mark.parametrize(("form", "place"), [(ONE_BY_ONE, 5), (TOGETHER, 0), (TOGETHER, 10)])
def test_one_that_kills_its_process_is_parked_alone(toy: Toy, form: str, place: int) -> None:
    things = [f"n{n}" for n in range(10)]
    publish(toy, form, bundle([*things[:place], "deadly", *things[place:]]))
    while not toy.messages("toy.parked"):
        eventually(lambda: toy.has_died() or toy.messages("toy.parked") == 1)
        if toy.has_died():
            toy.spawn()
    eventually(lambda: toy.heard_like("n%") == (10, 10))
    eventually(lambda: settled(toy, form))
    assert parked(toy) == [event("deadly")]


@both_forms
def test_a_killed_process_in_the_middle_of_bundles_loses_and_repeats_nothing(toy: Toy, form: str) -> None:
    count = 500
    publish(
        toy, form, *(bundle([f"n{n}" for n in range(start, start + 20)]) for start in range(0, count, 20))
    )
    eventually(lambda: toy.heard_like("n%")[0] > 0)
    assert toy.process is not None
    toy.process.kill()
    toy.process.wait()
    toy.start()
    eventually(lambda: toy.heard_like("n%") == (count, count))
    assert toy.messages("toy.parked") == 0


def test_a_bundle_of_a_later_form_is_parked_with_a_loud_word_and_comes_back_as_it_is(toy: Toy) -> None:
    later = bundle(["later"], VERSION + 1)
    publish(toy, TOGETHER, later, event("good"))
    eventually(lambda: toy.messages("toy.parked") == 1 and toy.heard("good") == 1)
    [line] = toy.lines("message_parked")
    assert (line["level"], line["reason"]) == ("error", "UnreadableEvent")
    assert "1 message(s) put back" in toy.run("redrive")
    # Still not known: parked once more, and nothing of it lost.
    eventually(lambda: len(toy.lines("message_parked")) == 2 and toy.messages("toy.parked") == 1)
    assert parked(toy) == [later]


def test_what_a_listener_of_before_parked_is_heard_after_a_redrive(toy: Toy) -> None:
    toy.stop()
    body = bundle(["a", "b", "c"])
    publisher = ConfirmedPublisher(toy.environment["AMQP_URI"])
    # The release of before: what is no event to it is parked as it came.
    with pytest.raises(TypeError):
        Event.from_payload(body)
    park(publisher, "toy", f"toy.toy.{TOGETHER}", body, {}, "UnreadableEvent")
    publisher.close()
    assert "1 message(s) put back" in toy.run("redrive")
    # As single events, which it reads too: so a redrive of this release also heals a way back.
    eventually(lambda: toy.messages(f"toy.toy.{TOGETHER}") == 3)
    toy.start()
    eventually(lambda: toy.heard_like("%") == (3, 3))
    said = {
        event_id: call for batch in batches_of(toy, TOGETHER) for event_id, call in batch["events"].items()
    }
    assert said == {f"evt_{thing}": f"call_{thing}" for thing in "abc"}
    assert toy.messages("toy.parked") == 0


def test_events_of_a_release_of_before_are_heard_beside_bundles(toy: Toy) -> None:
    publish(toy, ONE_BY_ONE, event("before"), bundle(["now", "too"]), event("after"))
    eventually(lambda: toy.heard_like("%") == (4, 4))
