"""SIGTERM: what was taken is finished, the rest goes to others, and the process ends whatever is missing."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from chassis.calls.client import RpcClient, RpcTimeout
from devstack.host.ports import free_port
from devstack.servers.backing import Backing
from tests.chaos.links import Links, linked

from .conftest import PATIENCE_S, Toy, eventually
from .test_batches import ONE_BY_ONE, deliver

pytestmark = pytest.mark.stops

CALLERS = 8
ENOUGH = 20 * CALLERS
# A limit for the stops that can only be cut short; the others have the whole of theirs.
SHORT_MAX_S = 4


@pytest.fixture
def links(toy: Toy, backing: Backing) -> Iterator[Links]:
    """The toy's links to its broker and its database, which may be cut or held back."""
    uris = {"AMQP_URI": backing.amqp_uri, "DATABASE_URL": backing.owner_urls["cards"]}
    with linked({name: urlsplit(uri).port or 0 for name, uri in uris.items()}) as made:
        toy.stop()
        toy.environment |= {name: made.uri(name, uri) for name, uri in uris.items()}
        toy.start()
        yield made
        made.turn(uris, "open")
        toy.stop()
        toy.environment |= uris


@contextmanager
def second(toy: Toy) -> Iterator[None]:
    """Another process of the same service."""
    other = replace(toy, environment=toy.environment | {"METRICS_PORT": str(free_port())})
    other.start()
    try:
        yield
    finally:
        other.stop()


def restarted_with_short_limit(toy: Toy) -> None:
    toy.stop()
    toy.environment["TOY_STOP_MAX_S"] = str(SHORT_MAX_S)
    toy.start()


def exit_code(toy: Toy) -> int | None:
    """Of the process that was told to stop: it ends, in its limit and what a busy machine adds to it."""
    toy.stop()
    assert toy.process is not None
    return toy.process.returncode


class Load:
    """Callers that say one thing after the other, each until it is answered, without any pause."""

    def __init__(self, toy: Toy) -> None:
        self.toy = toy
        self.over = threading.Event()
        self.repeated = 0
        self.said: list[str] = []
        self._pool = ThreadPoolExecutor(CALLERS)
        self._calling: list[Future[None]] = [self._pool.submit(self._call, n) for n in range(CALLERS)]

    def finish(self) -> None:
        self.over.set()
        for calling in self._calling:
            calling.result()
        self._pool.shutdown()

    def _call(self, caller: int) -> None:
        client = RpcClient(self.toy.client._pool._uri)
        number = 0
        while not self.over.is_set():
            thing = f"n{caller}.{number}"
            try:
                client.call("toy", "say", {"thing": thing}, {})
            except RpcTimeout:
                self.repeated += 1
                continue
            self.said.append(thing)
            number += 1
        client.close()


@contextmanager
def load(toy: Toy) -> Iterator[Load]:
    calling = Load(toy)
    try:
        eventually(lambda: len(calling.said) > ENOUGH)
        yield calling
    finally:
        calling.finish()


def all_heard_once(toy: Toy, calling: Load) -> bool:
    count = len(calling.said)
    return toy.heard_like("n%") == (count, count)


def test_a_stop_under_load_loses_no_call_and_no_event_where_another_process_serves(toy: Toy) -> None:
    with second(toy):
        with load(toy) as calling:
            assert exit_code(toy) == 0
            before = len(calling.said)
            eventually(lambda: len(calling.said) > before + ENOUGH)
        assert calling.repeated == 0
        eventually(lambda: all_heard_once(toy, calling))
    assert sum(line.get("duplicate", 0) for line in toy.lines("events_handled")) == 0


def test_a_restart_under_load_of_the_only_process_costs_a_repeated_call_at_most(toy: Toy) -> None:
    with load(toy) as calling:
        assert exit_code(toy) == 0
        toy.start()
        before = len(calling.said)
        eventually(lambda: len(calling.said) > before + ENOUGH)
    eventually(lambda: all_heard_once(toy, calling))
    assert sum(line.get("duplicate", 0) for line in toy.lines("events_handled")) == 0


def test_a_call_on_its_way_is_acknowledged_and_not_made_again_by_another(toy: Toy) -> None:
    patient = RpcClient(toy.environment["AMQP_URI"], timeout_s=PATIENCE_S)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(patient.call, "toy", "note_after", {"thing": "slowly", "seconds": 3}, {})
        eventually(lambda: toy.messages("rpc-toy") == 0)
        with second(toy):
            # `messages` counts what nobody holds: the first process has it now.
            assert exit_code(toy) == 0
            assert answer.result() == "noted"
            # The other would have begun with it, had the request come back.
            patient.call("toy", "note_after", {"thing": "later", "seconds": 4}, {})
    patient.close()
    assert toy.heard("slowly") == 1


def test_what_the_last_calls_announced_leaves_before_the_end(toy: Toy) -> None:
    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(lambda number: toy.call("say", thing=f"n{number}"), range(CALLERS)))
    assert exit_code(toy) == 0
    toy.start()
    eventually(lambda: toy.heard_like("n%") == (CALLERS, CALLERS))


def test_a_second_signal_changes_nothing(toy: Toy) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(toy.call, "sleep", seconds=1)
        eventually(lambda: toy.messages("rpc-toy") == 0)
        assert toy.process is not None
        toy.process.terminate()
        assert exit_code(toy) == 0
        assert answer.result() == "woke"


@pytest.mark.parametrize("mode", ["cut", "stall", "half_open"])
def test_a_process_whose_broker_is_away_or_frozen_ends_and_its_events_come_again(
    toy: Toy, links: Links, mode: str
) -> None:
    deliver(toy, ONE_BY_ONE, ["slow", *(f"n{number}" for number in range(30))])
    eventually(lambda: toy.messages(f"toy.toy.{ONE_BY_ONE}") < 31)
    links.turn(["AMQP_URI"], mode)
    assert exit_code(toy) == 0
    links.turn(["AMQP_URI"], "open")
    toy.start()
    eventually(lambda: toy.heard_like("%") == (31, 31))


def test_a_process_whose_broker_has_been_away_for_long_ends(toy: Toy, links: Links) -> None:
    links.turn(["AMQP_URI"], "cut")
    eventually(lambda: len(toy.lines("broker_away")) > 1)
    assert exit_code(toy) == 0


def test_a_process_that_waits_for_its_broker_at_the_start_ends(toy: Toy, links: Links) -> None:
    toy.stop()
    links.turn(["AMQP_URI"], "cut")
    toy.spawn()
    eventually(lambda: bool(toy.lines("broker_away")))
    assert exit_code(toy) == 0


def test_a_process_whose_database_is_frozen_ends_in_time_and_its_work_comes_again(
    toy: Toy, links: Links
) -> None:
    restarted_with_short_limit(toy)
    links.turn(["DATABASE_URL"], "stall")
    deliver(toy, ONE_BY_ONE, ["a", "b"])
    with pytest.raises(RpcTimeout):
        toy.call("say", thing="c")
    assert exit_code(toy) == 1
    assert toy.lines("stop_cut_short")[0]["unfinished"] == ["hear", "say"]
    links.turn(["DATABASE_URL"], "open")
    toy.start()
    toy.call("say", thing="c")
    eventually(lambda: toy.heard_like("%") == (3, 3))


def test_a_process_whose_database_is_gone_ends(toy: Toy, links: Links) -> None:
    links.turn(["DATABASE_URL"], "cut")
    deliver(toy, ONE_BY_ONE, ["a"])
    eventually(lambda: "event_retried" in toy.log())
    assert exit_code(toy) == 0
    links.turn(["DATABASE_URL"], "open")
    toy.start()
    eventually(lambda: toy.heard("a") == 1)


def test_a_handler_that_hangs_does_not_keep_its_process(toy: Toy) -> None:
    restarted_with_short_limit(toy)
    deliver(toy, ONE_BY_ONE, ["endless"])
    eventually(lambda: "toy_hangs" in toy.log())
    assert exit_code(toy) == 1
    assert toy.lines("stop_cut_short")[0]["unfinished"] == ["hear"]
    toy.mended.touch()
    toy.start()
    eventually(lambda: toy.heard("endless") == 1)


def test_a_handler_that_never_yields_does_not_keep_its_process(toy: Toy) -> None:
    restarted_with_short_limit(toy)
    with pytest.raises(RpcTimeout):
        toy.call("spin")
    assert "toy_spins" in toy.log()
    assert exit_code(toy) == 1
