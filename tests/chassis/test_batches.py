"""Events of one queue are handled in batches: each once, whatever becomes of neighbours or process."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import text

from chassis.broker.confirms import ConfirmedPublisher, Outgoing
from chassis.entrypoints.events import ONE_BY_ONE_MAX, TOGETHER_MAX
from devstack.host.ports import free_port

from .conftest import PATIENCE_S, Toy, eventually

# The two forms of handler, by the event that each hears.
ONE_BY_ONE, TOGETHER = "toy_happened", "toys_happened"
both_forms = pytest.mark.parametrize("form", [ONE_BY_ONE, TOGETHER])


def deliver(toy: Toy, form: str, things: Sequence[str], *, ids: Callable[[int], str] | None = None) -> None:
    """Put events on the toy's queue, all at once; ``ids`` where they shall not all be different."""
    publisher = ConfirmedPublisher(toy.environment["AMQP_URI"])
    batch = [
        Outgoing(
            exchange="toy.events",
            routing_key=form,
            body={
                "event_id": ids(number) if ids else f"evt_{form}_{number}_{thing}",
                "occurred_at": "2020-07-06T00:00:00Z",
                "thing": thing,
            },
            headers={"nameko.call_id": f"call_{number}"},
            message_id=str(number),
        )
        for number, thing in enumerate(things)
    ]
    assert len(publisher.publish(batch)) == len(batch)
    publisher.close()


def settled(toy: Toy, form: str) -> bool:
    """Nothing waits: not in the queue, not unacknowledged (a stopped process would have given it back)."""
    return toy.messages(f"toy.toy.{form}") == 0


def batches_of(toy: Toy, form: str) -> list[dict[str, Any]]:
    return [line for line in toy.lines("events_handled") if line["event_name"] == form]


@both_forms
def test_a_burst_is_handled_in_batches_and_each_event_once(toy: Toy, form: str) -> None:
    count = 2 * TOGETHER_MAX
    deliver(toy, form, [f"n{number}" for number in range(count)])
    eventually(lambda: toy.heard_like("n%") == (count, count))
    largest = TOGETHER_MAX if form == TOGETHER else ONE_BY_ONE_MAX
    sizes = [len(batch["events"]) for batch in batches_of(toy, form)]
    assert max(sizes) <= largest
    assert len(sizes) <= count // largest + 5
    toy.stop()
    assert settled(toy, form)


@both_forms
def test_duplicates_inside_a_batch_and_across_batches_take_effect_once(toy: Toy, form: str) -> None:
    things = [f"n{number % 5}" for number in range(15)]
    for _ in range(2):
        deliver(toy, form, things, ids=lambda number: f"evt_{form}_{number % 5}")
        eventually(lambda: settled(toy, form) and toy.heard_like("n%")[1] == 5)
    eventually(lambda: sum(batch["ok"] for batch in batches_of(toy, form) if "ok" in batch) == 5)
    eventually(lambda: sum(batch.get("duplicate", 0) for batch in batches_of(toy, form)) == 25)
    assert toy.heard_like("n%") == (5, 5)


@both_forms
def test_one_that_fails_takes_no_other_of_its_batch_with_it(toy: Toy, form: str) -> None:
    deliver(toy, form, [*(f"a{number}" for number in range(9)), "hopeless", "a9"])
    eventually(lambda: toy.heard_like("a%") == (10, 10))
    eventually(lambda: "event_retried" in toy.log())
    assert {line["event_id"] for line in toy.lines("event_failed")} == {f"evt_{form}_9_hopeless"}
    assert toy.heard("hopeless") == 0
    toy.mended.touch()
    eventually(lambda: toy.heard("hopeless") == 1)
    assert toy.messages("toy.parked") == 0


@pytest.mark.parametrize(("form", "place"), [(ONE_BY_ONE, 5), (TOGETHER, 0), (TOGETHER, 10)])
def test_one_that_kills_its_process_is_parked_without_its_neighbours(toy: Toy, form: str, place: int) -> None:
    things = [f"n{number}" for number in range(10)]
    deliver(toy, form, [*things[:place], "deadly", *things[place:]])
    while not toy.messages("toy.parked"):
        eventually(lambda: toy.has_died() or toy.messages("toy.parked") == 1)
        if toy.has_died():
            toy.spawn()
    eventually(lambda: toy.heard_like("n%") == (10, 10))
    assert toy.messages("toy.parked") == 1
    eventually(lambda: settled(toy, form))


@both_forms
def test_a_killed_process_in_the_middle_of_a_burst_loses_and_repeats_nothing(toy: Toy, form: str) -> None:
    count = 500
    deliver(toy, form, [f"n{number}" for number in range(count)])
    eventually(lambda: toy.heard_like("n%")[0] > 0)
    assert toy.process is not None
    toy.process.kill()
    toy.process.wait()
    toy.start()
    eventually(lambda: toy.heard_like("n%") == (count, count))
    assert toy.messages("toy.parked") == 0


@both_forms
def test_a_stopping_process_finishes_its_batch_and_gives_the_rest_back(toy: Toy, form: str) -> None:
    count = 2 * ONE_BY_ONE_MAX
    deliver(toy, form, ["slow", *(f"n{number}" for number in range(count))])
    eventually(lambda: toy.messages(f"toy.toy.{form}") < count + 1)
    toy.stop()
    assert toy.process is not None
    assert toy.process.returncode == 0
    handled = toy.heard_like("%")[0]
    eventually(lambda: toy.messages(f"toy.toy.{form}") == count + 1 - handled)
    toy.start()
    eventually(lambda: toy.heard_like("%") == (count + 1, count + 1))
    assert sum(batch.get("duplicate", 0) for batch in batches_of(toy, form)) == 0


@both_forms
def test_two_processes_on_one_queue_share_it_and_repeat_nothing(toy: Toy, form: str) -> None:
    count = 1000
    other = toy.environment | {"METRICS_PORT": str(free_port())}
    second = subprocess.Popen([sys.executable, "-m", "chassis", "run", "toy"], env=other)
    try:
        # The same events twice: the processes meet each other's inbox rows.
        for _ in range(2):
            deliver(toy, form, [f"n{number}" for number in range(count)])
        eventually(lambda: settled(toy, form) and toy.heard_like("n%") == (count, count))
    finally:
        second.terminate()
        second.wait(timeout=PATIENCE_S)
    assert toy.messages("toy.parked") == 0


def test_an_event_keeps_its_call_id_through_a_batch_and_in_the_logs(toy: Toy) -> None:
    deliver(toy, TOGETHER, ["a", "b", "c"])
    eventually(lambda: toy.heard_like("%") == (3, 3))
    query = text("SELECT payload ->> 'thing' AS thing, call_id, event_id FROM outbox ORDER BY 1")
    with toy.database.transaction() as session:
        echoes = session.execute(query).all()
    assert [(row.thing, row.call_id) for row in echoes] == [("a", "call_0"), ("b", "call_1"), ("c", "call_2")]
    said = {
        event_id: call for batch in batches_of(toy, TOGETHER) for event_id, call in batch["events"].items()
    }
    assert said == {f"evt_{TOGETHER}_{n}_{thing}": f"call_{n}" for n, thing in enumerate("abc")}
    published: dict[str, str] = {}
    eventually(
        lambda: (
            published.update(
                *(line["events"].get("toy_echoed", {}) for line in toy.lines("events_published")[-1:])
            )
            or len(published) == 3
        )
    )
    assert published == {row.event_id: row.call_id for row in echoes}


def test_garbage_between_good_ones_is_parked_alone(toy: Toy) -> None:
    publisher = ConfirmedPublisher(toy.environment["AMQP_URI"])
    good = {"event_id": "evt_g", "occurred_at": "2020-07-06T00:00:00Z", "thing": "good"}
    bodies: list[Any] = [good, ["garbage"], {**good, "event_id": "evt_h"}]
    batch = [
        Outgoing(exchange="toy.events", routing_key=TOGETHER, body=body, headers={}, message_id=str(number))
        for number, body in enumerate(bodies)
    ]
    assert len(publisher.publish(batch)) == 3
    publisher.close()
    eventually(lambda: toy.messages("toy.parked") == 1 and toy.heard("good") == 2)
    toy.stop()
    assert settled(toy, TOGETHER)
