"""Where RabbitMQ's versions differ (3.10, 4.0, 4.3): the platform leans on none of it, on whichever is here.

What differs: the count of deliveries in the headers and what adds to it; whether a dead-lettered message
keeps its count; the limit of a queue that says none; the largest message; how numbers in headers travel.
"""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import amqp
import pytest

from chassis.broker.amqp import MESSAGE_MAX_BYTES, MessageTooBig, connect, message
from chassis.broker.confirms import ConfirmedPublisher, Outgoing
from chassis.broker.rights import kept_policy
from chassis.broker.topology import (
    DELAYS_S,
    DELIVERY_LIMIT,
    UNHEARD,
    ClassicQueue,
    declare,
    delay_exchange,
    event_queue,
    kept_queue_arguments,
    parked_queue,
    rpc_queue,
)
from chassis.events.parking import ATTEMPT_HEADER, KEPT_CHARS, park, retry_or_park
from chassis.events.redriving import redrive
from contracts.cards import RedemptionRecorded
from devstack.host.ports import wait_until
from devstack.servers.backing import Backing
from devstack.servers.brokers import BROKER_MESSAGE_MAX_BYTES

ROOT = Path(__file__).parents[2]
CODE = [path for folder in ("chassis", "services") for path in sorted((ROOT / folder).rglob("*.py"))]
SERVICE, QUEUE = "wallet", event_queue("wallet", RedemptionRecorded)
# More than RabbitMQ 4 delivers from a queue that says no limit.
MANY = 25
TIMEOUT_S = 30.0


@pytest.fixture
def channel(backing: Backing) -> Iterator[amqp.Channel]:
    """A channel of the owner's; the service's queues are there and empty, before and after."""
    with closing(connect(backing.amqp_uri)) as link:
        made = link.channel()
        declare(made, SERVICE, [RedemptionRecorded])
        _empty(made)
        yield made
        declare(link.channel(), SERVICE, [])
        _empty(link.channel())


def _empty(channel: amqp.Channel) -> None:
    for queue in (QUEUE, parked_queue(SERVICE), UNHEARD, rpc_queue(SERVICE), *map(delay_exchange, DELAYS_S)):
        channel.queue_purge(queue)


def publish(backing: Backing, queue: str, body: object = "text", **headers: object) -> None:
    publisher = ConfirmedPublisher(backing.amqp_uri)
    publisher.publish_one(
        Outgoing(exchange="", routing_key=queue, body=body, headers=headers, message_id="one")
    )
    publisher.close()


def taken_and_lost(backing: Backing, queue: str) -> dict[str, object] | None:
    """Take the message, and lose the connection with it; its headers, None where the queue is empty."""
    with closing(connect(backing.amqp_uri)) as link:
        found = link.channel().basic_get(queue)
        return None if found is None else dict(found.headers)


def next_of(backing: Backing, queue: str) -> amqp.Message:
    """Take the next message for good, as soon as it is there."""
    with closing(connect(backing.amqp_uri)) as link:
        channel, found = link.channel(), []

        def is_there() -> bool:
            taken = channel.basic_get(queue, no_ack=True)
            found.extend([taken] if taken else [])
            return bool(found)

        assert wait_until(is_there, TIMEOUT_S), f"nothing in {queue}"
        return found[0]


def count(backing: Backing, queue: str) -> int:
    with closing(connect(backing.amqp_uri)) as link:
        return int(link.channel().queue_declare(queue, passive=True).message_count)


def lost_until_parked(backing: Backing) -> list[int]:
    """Lose the connection with the message until the broker has parked it; what it said of the deliveries."""
    said: list[int] = []

    def is_parked() -> bool:
        headers = taken_and_lost(backing, QUEUE)
        if headers is not None:
            said.append(int(str(headers.get("x-delivery-count", 0))))
        return count(backing, parked_queue(SERVICE)) == 1

    assert wait_until(is_parked, TIMEOUT_S)
    return said


def test_a_message_that_comes_again_says_how_often_and_is_parked_at_the_limit(
    backing: Backing, channel: amqp.Channel
) -> None:
    publish(backing, QUEUE)
    # The first delivery says 0 or nothing; whoever handles a batch orders what comes again by the rest.
    assert lost_until_parked(backing) == list(range(DELIVERY_LIMIT + 1))


@pytest.mark.parametrize("queue", [parked_queue(SERVICE), UNHEARD])
def test_what_waits_for_a_person_may_be_looked_at_any_number_of_times(
    backing: Backing, channel: amqp.Channel, queue: str
) -> None:
    publish(backing, queue)
    for _ in range(MANY):
        assert wait_until(lambda: taken_and_lost(backing, queue) is not None, TIMEOUT_S)
    assert next_of(backing, queue).body == '"text"'


def test_what_the_broker_parked_may_be_looked_at_too_and_begins_anew_by_redrive(
    backing: Backing, channel: amqp.Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(backing, QUEUE)
    deliveries = len(lost_until_parked(backing))
    for _ in range(MANY):
        assert wait_until(lambda: taken_and_lost(backing, parked_queue(SERVICE)) is not None, TIMEOUT_S)
    monkeypatch.setenv("AMQP_URI", backing.amqp_uri)
    assert wait_until(lambda: redrive(SERVICE) == 1, TIMEOUT_S)
    assert len(lost_until_parked(backing)) == deliveries


def test_the_attempts_of_an_event_are_our_own_count(backing: Backing, channel: amqp.Channel) -> None:
    publisher = ConfirmedPublisher(backing.amqp_uri)
    counted = {"x-delivery-count": 9, "x-acquired-count": 9}
    retry_or_park(publisher, SERVICE, QUEUE, "text", counted, "Why")
    again = next_of(backing, QUEUE)
    assert again.headers[ATTEMPT_HEADER] == 1
    retry_or_park(publisher, SERVICE, QUEUE, "text", {ATTEMPT_HEADER: 6, **counted}, "Why")
    assert next_of(backing, parked_queue(SERVICE)).headers["x-queue"] == QUEUE
    publisher.close()


def test_nothing_is_taken_back_in_a_way_that_versions_count_differently() -> None:
    words = re.compile(r"basic_recover|\.recover\(|x-acquired-count|apply_global|a_global")
    assert [path for path in CODE if words.search(path.read_text())] == []
    # Only to order what comes again.
    counting = [path.name for path in CODE if "x-delivery-count" in path.read_text()]
    assert counting == ["hearing.py"]


def test_every_queue_is_durable_and_what_is_kept_is_replicated_and_says_its_own_limit(
    backing: Backing, channel: amqp.Channel
) -> None:
    if backing.broker is None:
        pytest.skip("The broker is given: nobody may ask it for its queues' arguments.")
    columns = ("name", "durable", "exclusive", "arguments")
    rows = json.loads(backing.broker.control("list_queues", *columns, "--formatter", "json"))
    found = {row["name"]: row for row in rows if row["name"].startswith((SERVICE, UNHEARD, "delay."))}
    assert {QUEUE, parked_queue(SERVICE), UNHEARD, delay_exchange(1)} <= found.keys()
    assert next(row for row in rows if row["name"] == rpc_queue(SERVICE))["durable"]
    for row in found.values():
        said = str(row["arguments"])
        assert row["durable"], row
        assert "x-delivery-limit" in said, row
        assert "quorum" in said, row


def test_a_broker_that_knows_what_it_will_give_up_finds_nothing_of_it_in_use(
    backing: Backing, channel: amqp.Channel
) -> None:
    if backing.broker is None or _version(backing) < 4:
        pytest.skip("The broker is given, or too old to say what later versions will give up.")
    used = backing.broker.control("list_deprecated_features", "--used", "--formatter", "json")
    assert json.loads(used or "[]") == []


def _version(backing: Backing) -> int:
    assert backing.broker is not None
    return int(backing.broker.control("version").split(".")[0])


def test_a_body_of_our_largest_size_is_taken_by_every_broker(backing: Backing, channel: amqp.Channel) -> None:
    text = "x" * (MESSAGE_MAX_BYTES - 2)
    publish(backing, QUEUE, text)
    assert len(next_of(backing, QUEUE).body) == MESSAGE_MAX_BYTES


def test_a_larger_body_is_refused_by_us_before_any_broker_does() -> None:
    with pytest.raises(MessageTooBig, match=f"has {MESSAGE_MAX_BYTES + 1} bytes, the limit is"):
        message("x" * (MESSAGE_MAX_BYTES - 1))
    with pytest.raises(MessageTooBig):
        message("é" * (MESSAGE_MAX_BYTES // 2))


def test_of_a_strangers_message_that_is_larger_the_beginning_is_parked(
    backing: Backing, channel: amqp.Channel
) -> None:
    publisher = ConfirmedPublisher(backing.amqp_uri)
    park(publisher, SERVICE, QUEUE, "begin" + '"' * MESSAGE_MAX_BYTES, {}, "unreadable")
    publisher.close()
    parked = next_of(backing, parked_queue(SERVICE))
    assert parked.headers["x-reason"] == "unreadable"
    assert json.loads(parked.body) == "begin" + '"' * (KEPT_CHARS - 5)


def test_the_broker_itself_refuses_what_a_stranger_sends_above_its_own_limit(
    backing: Backing, channel: amqp.Channel
) -> None:
    if backing.broker is None:
        pytest.skip("The broker is given: its limit is not ours.")
    with closing(connect(backing.amqp_uri)) as link:
        own = link.channel()
        own.confirm_select()
        with pytest.raises(amqp.PreconditionFailed):
            own.basic_publish_confirm(amqp.Message("x" * (BROKER_MESSAGE_MAX_BYTES + 1)), routing_key=QUEUE)


@pytest.mark.parametrize("kind", ["quorum", "classic"])
@pytest.mark.parametrize("number", [0, 6, 2**31, 2**40])
def test_a_number_in_a_header_comes_back_as_the_same_number(
    backing: Backing, channel: amqp.Channel, kind: str, number: int
) -> None:
    queue = f"numbers.{kind}"
    channel.queue_declare(queue, durable=True, auto_delete=False, arguments={"x-queue-type": kind})
    publish(backing, queue, **{ATTEMPT_HEADER: number})
    assert next_of(backing, queue).headers[ATTEMPT_HEADER] == number
    channel.queue_delete(queue)


def test_queues_of_an_older_release_are_kept_with_what_is_in_them(
    backing: Backing, channel: amqp.Channel
) -> None:
    older = {key: value for key, value in kept_queue_arguments().items() if key != "x-delivery-limit"}
    channel.queue_delete(parked_queue(SERVICE))
    channel.queue_declare(parked_queue(SERVICE), durable=True, auto_delete=False, arguments=older)
    publish(backing, parked_queue(SERVICE))
    declare(channel, SERVICE, [])
    if backing.broker is not None:
        # The policy of the definitions says the limit there.
        for _ in range(MANY):
            assert wait_until(lambda: taken_and_lost(backing, parked_queue(SERVICE)) is not None, TIMEOUT_S)
    assert next_of(backing, parked_queue(SERVICE)).body == '"text"'
    channel.queue_delete(parked_queue(SERVICE))
    declare(channel, SERVICE, [])


def test_the_policy_is_for_what_is_kept_and_for_nothing_else(channel: amqp.Channel) -> None:
    pattern = re.compile(kept_policy("/")["pattern"])
    kept = [UNHEARD, parked_queue("cards"), *map(delay_exchange, DELAYS_S)]
    assert all(pattern.search(name) for name in kept)
    assert not any(pattern.search(name) for name in (QUEUE, rpc_queue(SERVICE), "delay.1sx", "x.y.parked"))


def test_a_queue_of_requests_becomes_a_replicated_one_once_nobody_uses_it(
    backing: Backing, channel: amqp.Channel
) -> None:
    with closing(connect(backing.amqp_uri)) as link:
        link.channel().basic_consume(rpc_queue(SERVICE))
        with pytest.raises(ClassicQueue, match="stop the processes of wallet, then prepare again"):
            declare(channel, SERVICE, [], replicated=True)
    declare(channel, SERVICE, [], replicated=True)
    # A replicated one does for a single broker too.
    declare(channel, SERVICE, [])
    publish(backing, rpc_queue(SERVICE))
    assert wait_until(lambda: count(backing, rpc_queue(SERVICE)) == 1, TIMEOUT_S)
    channel.queue_delete(rpc_queue(SERVICE))
