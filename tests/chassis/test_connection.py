"""Calls through a broker that says its frames in pieces, out of turn, wrongly or not at all."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import amqp
import pytest
from amqp.serialization import dumps
from prometheus_client import REGISTRY

from chassis.broker.amqp import connect, message
from chassis.broker.connection import CONNECTION_ERRORS, publish_now
from chassis.calls.client import RpcClient, RpcTimeout, RpcUnavailable
from tests.chassis.fake_broker import Answer, FakeBroker, broker_that
from tests.unit.chassis.py_amqp import DELIVER, HEARTBEAT, RETURN, SMALL_FRAME, frames_in_bytes, written


def reply(correlation_id: str, result: Any = "answer", **properties: Any) -> bytes:
    """The frames of a reply."""
    body = json.dumps({"result": result, "error": None}).encode()
    args = dumps("sLbss", ("consumer", 1, False, "", "key"))
    sent = amqp.Message(body, content_encoding="utf-8", correlation_id=correlation_id, **properties)
    return written(DELIVER, 1, args, sent)


def ask(answer: Callable[[str], Answer], timeout_s: float = 10, **kwargs: Any) -> tuple[Any, FakeBroker]:
    """One call's result, and the broker that answered so."""
    with broker_that(answer) as broker:
        client = RpcClient(broker.uri, timeout_s)
        try:
            return client.call("toy", "echo", kwargs, {"call_id": "call_1"}), broker
        finally:
            client.close()


def unclaimed() -> float:
    return REGISTRY.get_sample_value("rpc_replies_unclaimed_total") or 0.0


def by_turns(*answers: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Each request has the next of these answers."""
    turns = iter(answers)
    return lambda correlation_id: next(turns)(correlation_id)


def test_a_reply_may_come_byte_by_byte() -> None:
    result, _ = ask(lambda asked: [bytes((byte,)) for byte in reply(asked)])
    assert result == "answer"


def test_heartbeats_and_other_methods_may_lie_between_the_frames_of_a_reply() -> None:
    blocked = written((10, 60), 0, dumps("s", ("memory",)))
    unblocked = written((10, 61), 0, b"")
    mixed = [HEARTBEAT, blocked, unblocked]
    result, broker = ask(
        lambda asked: [part for each in frames_in_bytes(reply(asked)) for part in [each, *mixed]]
    )
    assert (result, broker.connections) == ("answer", 1)


def test_request_and_reply_may_be_longer_than_a_frame() -> None:
    long = "é" * 3 * SMALL_FRAME
    result, broker = ask(lambda asked: [reply(asked, long)], value=long)
    assert result == long
    assert [json.loads(request)["kwargs"] for request in broker.requests] == [{"value": long}]


def test_a_reply_with_headers_of_a_rare_kind_is_read_by_py_amqp() -> None:
    odd = {"deaths": [{"queue": "rpc-toy", "count": 1.5}]}
    assert ask(lambda asked: [reply(asked, application_headers=odd)])[0] == "answer"


def test_a_reply_that_no_call_waits_for_is_dropped_and_counted() -> None:
    before = unclaimed()
    result, broker = ask(lambda asked: [reply("rpc_of_before", "stale"), reply(asked), reply(asked, "again")])
    assert (result, broker.connections) == ("answer", 1)
    assert unclaimed() == before + 1


def test_an_answer_given_twice_is_none_of_the_next_call() -> None:
    before = unclaimed()
    with broker_that(
        by_turns(lambda asked: [reply(asked, 1) + reply(asked, 2)], lambda asked: [reply(asked, 3)])
    ) as broker:
        client = RpcClient(broker.uri, 10)
        assert [client.call("toy", "echo", {}, {}) for _ in range(2)] == [1, 3]
        client.close()
    assert unclaimed() == before + 1


def test_the_reply_of_a_call_that_timed_out_reaches_no_later_call() -> None:
    late: list[str] = []

    def answer(asked: str) -> Answer:
        late.append(asked)
        return [] if len(late) == 1 else [reply(late[0], "late"), reply(asked)]

    before = unclaimed()
    with broker_that(answer) as broker:
        client = RpcClient(broker.uri, 0.3)
        with pytest.raises(RpcTimeout):
            client.call("toy", "echo", {}, {})
        patient = RpcClient(broker.uri, 10)
        patient._pool = client._pool
        assert patient.call("toy", "echo", {}, {}) == "answer"
        client.close()
    assert unclaimed() == before + 1
    assert broker.connections == 2


@pytest.mark.parametrize(
    "broken",
    [
        lambda asked: [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        lambda asked: [reply(asked)[:-1] + b"\0"],
        lambda asked: [b"\x01\0\x01\xff\xff\xff\xff"],
        lambda asked: [None],
        lambda asked: [reply(asked)[:3], None],
        lambda asked: [reply(asked)[:-20], None],
        lambda asked: [frames_in_bytes(reply(asked))[0], reply(asked)],
        lambda asked: [
            written(RETURN, 1, dumps("Bsss", (312, "NO_ROUTE", "", "key")), amqp.Message(b"body"))
        ],
        lambda asked: [written((10, 50), 0, dumps("BsBB", (320, "CONNECTION_FORCED", 0, 0)))],
        lambda asked: [written((20, 40), 1, dumps("BsBB", (404, "NOT_FOUND", 60, 40)))],
    ],
)
def test_after_nonsense_or_an_end_the_call_is_made_again_once(broken: Callable[[str], Answer]) -> None:
    result, broker = ask(by_turns(broken, lambda asked: [reply(asked)]))
    assert (result, broker.connections) == ("answer", 2)
    with pytest.raises(RpcUnavailable):
        ask(broken)


def test_a_connection_that_the_broker_has_ended_is_noticed_before_anything_is_written() -> None:
    with broker_that(lambda asked: [HEARTBEAT, None]) as broker:
        connection = connect(broker.uri)
        connection.notice()
        connection.channel().basic_publish(message({}, correlation_id="rpc_1"), routing_key="key")
        with pytest.raises(CONNECTION_ERRORS):
            while True:
                connection.blocking_read(10)
        with pytest.raises(CONNECTION_ERRORS):
            connection.notice()
        connection.collect()


def test_the_frames_of_several_writers_do_not_mix() -> None:
    with broker_that(lambda asked: [HEARTBEAT]) as broker:
        connection = connect(broker.uri)
        channel = connection.channel()
        sent = [message(letter * 1000 * SMALL_FRAME, correlation_id=letter) for letter in "abcdefgh"]
        with ThreadPoolExecutor(len(sent)) as writers:
            list(writers.map(partial(publish_now, channel, exchange="", routing_key="key"), sent))
        for _ in sent:
            assert not connection.blocking_read(10)
        assert sorted(map(bytes, broker.requests)) == [each.body for each in sent]
        connection.collect()
