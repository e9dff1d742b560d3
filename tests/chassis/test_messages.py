"""What the chassis promises of RPC and events, seen on a real broker with a process that may be killed."""

import re
import subprocess
import sys

import pytest
from sqlalchemy import text

from chassis.broker.amqp import MESSAGE_MAX_BYTES, connect, message
from chassis.calls.client import RpcClient, RpcFailed, RpcTimeout
from contracts.refusals import Refusal

from .conftest import PATIENCE_S, Toy, eventually


def publish_raw(toy: Toy, exchange: str, routing_key: str, sent: object) -> None:
    connection = connect(toy.environment["AMQP_URI"])
    connection.channel().basic_publish(sent, exchange=exchange, routing_key=routing_key)
    connection.close()


def test_a_call_answers_refuses_fails_or_times_out_and_says_no_more(toy: Toy) -> None:
    assert toy.call("echo", value={"é": [1, None]}) == {"é": [1, None]}
    with pytest.raises(Refusal) as refused:
        toy.call("refuse")
    assert (refused.value.code, refused.value.field) == ("invalid_field", "a.b")
    assert refused.value.details == {"rule": "never"}
    with pytest.raises(RpcFailed) as failed:
        toy.call("fail")
    assert str(failed.value) == "internal"
    with pytest.raises(RpcFailed):
        toy.call("no_such_method")
    for method, kwargs in (("answer_no_json", {}), ("echo", {"no_such_argument": 1})):
        with pytest.raises(RpcFailed, match="internal"):
            toy.call(method, **kwargs)
    hasty = RpcClient(toy.environment["AMQP_URI"], timeout_s=0.2)
    with pytest.raises(RpcTimeout):
        hasty.call("toy", "sleep", {"seconds": 1}, {})
    assert hasty.call("toy", "echo", {"value": 2}, {}) == 2
    hasty.close()
    assert "secret text" not in toy.log()


def test_the_call_id_and_the_caller_travel_along(toy: Toy) -> None:
    assert toy.call("who") == "anonymous:anonymous"
    assert toy.call("ask_myself") == "service:service:toy"
    assert toy.client.call("toy", "who", {}, {"token": "forged"}) == "anonymous:anonymous"
    with pytest.raises(RpcFailed):
        toy.call("fail")
    assert '"call_id": "call_test"' in toy.log()


def test_the_table_is_asked_before_a_method_runs(toy: Toy) -> None:
    """Every refusal comes from the table: the method itself answers whoever reaches it."""
    for headers in ({}, {"token": "forged"}):
        with pytest.raises(Refusal, match="not_authenticated"):
            toy.client.call("toy", "guarded", {}, headers)
    with pytest.raises(Refusal, match="not_allowed"):
        toy.client.call("toy", "guarded", {}, {"token": toy.token("cards:write")})
    assert toy.client.call("toy", "guarded", {}, {"token": toy.token("cards:read")}) == "staff:stf_1"
    assert 'method="guarded",outcome="refused"' in toy.metrics()


def test_a_service_with_a_method_that_no_row_names_does_not_start(toy: Toy) -> None:
    toy.stop()
    forgetful = {**toy.environment, "TOY_FORGETS": "guarded"}
    command = [sys.executable, "-m", "chassis", "run", "toy"]
    ended = subprocess.run(command, env=forgetful, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode != 0
    assert "toy.guarded has no row in the table of who may call what" in ended.stderr


def test_a_lock_held_by_another_is_a_try_again(toy: Toy) -> None:
    with toy.database.transaction() as session:
        session.execute(text("SELECT pg_advisory_xact_lock(42)"))
        with pytest.raises(Refusal) as refused:
            toy.call("wait_for_lock")
    assert refused.value.code == "try_again"


def test_an_announced_event_arrives_once(toy: Toy) -> None:
    toy.call("say", thing="hello")
    eventually(lambda: toy.heard("hello") == 1)
    event = {
        "event_id": "evt_same",
        "occurred_at": "2020-07-06T00:00:00Z",
        "thing": "twice",
        "later_field": 1,
    }
    for _ in range(2):
        publish_raw(toy, "toy.events", "toy_happened", message(event))
    eventually(lambda: toy.heard("twice") == 1 and toy.messages("toy.toy.toy_happened") == 0)
    eventually(lambda: 'outcome="duplicate"' in toy.metrics())
    assert toy.heard("twice") == 1


def test_a_failing_event_is_retried_later_and_takes_effect_once_mended(toy: Toy) -> None:
    toy.call("say", thing="hopeless")
    eventually(lambda: "event_retried" in toy.log())
    assert toy.heard("hopeless") == 0
    toy.mended.touch()
    eventually(lambda: toy.heard("hopeless") == 1)
    assert toy.messages("toy.parked") == 0


def test_garbage_is_parked_and_the_process_goes_on(toy: Toy) -> None:
    unreadable = message({})
    unreadable.body = b"\xff not json"
    pickled = message({})
    pickled.properties["content_type"] = "application/x-python-serialize"
    nobody_to_answer = message({"args": [], "kwargs": {}})
    publish_raw(toy, "nameko-rpc", "toy.echo", nobody_to_answer)
    for sent in (unreadable, pickled, message(["not", "an", "event"]), message({"thing": "no envelope"})):
        publish_raw(toy, "toy.events", "toy_happened", sent)
    eventually(lambda: toy.messages("toy.parked") == 5)
    assert toy.messages("toy.toy.toy_happened") == 0
    assert toy.call("echo", value=1) == 1


def test_garbage_larger_than_any_message_of_ours_is_parked_and_the_process_goes_on(toy: Toy) -> None:
    for body in (b"\xff" + b"x" * MESSAGE_MAX_BYTES, b'["' + b"x" * MESSAGE_MAX_BYTES + b'"]'):
        unlike_ours = message({})
        unlike_ours.body = body
        publish_raw(toy, "toy.events", "toy_happened", unlike_ours)
    eventually(lambda: toy.messages("toy.parked") == 2)
    assert toy.messages("toy.toy.toy_happened") == 0
    assert toy.call("echo", value=1) == 1


def test_an_event_that_kills_its_process_is_parked_and_comes_back_by_redrive(toy: Toy) -> None:
    toy.call("say", thing="deadly")
    while not toy.messages("toy.parked"):
        eventually(lambda: toy.has_died() or toy.messages("toy.parked") > 0)
        if toy.has_died():
            toy.spawn()
    toy.mended.touch()
    # Two, where the first death came between publishing and marking, so that it was published again.
    assert re.search(r": [12] message\(s\) put back", toy.run("redrive"))
    eventually(lambda: toy.heard("deadly") > 0)
    eventually(lambda: toy.messages("toy.parked") + toy.messages("toy.toy.toy_happened") == 0)
    assert toy.heard("deadly") == 1


def test_a_killed_process_loses_no_event_and_repeats_none(toy: Toy) -> None:
    for number in range(50):
        toy.call("say", thing=f"n{number}")
        if number == 25 and toy.process is not None:
            toy.process.kill()
            toy.process.wait()
            toy.start()
    eventually(lambda: all(toy.heard(f"n{number}") == 1 for number in range(50)))


def test_a_stopping_process_finishes_the_call_on_its_way(toy: Toy) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(toy.call, "sleep", seconds=1)
        eventually(lambda: toy.messages("rpc-toy") == 0)
        toy.stop()
        assert answer.result() == "woke"
