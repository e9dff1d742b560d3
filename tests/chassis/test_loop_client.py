"""Calls from an event loop over one connection, on a real broker that is cut off, freezes and hangs up."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import pytest
import uvloop
from prometheus_client import REGISTRY

from chassis.broker.url import Host, read_broker_url, with_hosts
from chassis.calls.client import RpcFailed, RpcTimeout, RpcUnavailable
from chassis.loop import link as loop_link
from chassis.loop.client import UNSENT_BYTES_MAX, LoopRpcClient
from contracts.refusals import Refusal
from devstack.host.ports import LOOPBACK
from devstack.servers.backing import Backing
from tests.chaos.links import Links, linked

from .conftest import PATIENCE_S, Toy

MANY = 1_000
PATIENT_S = 60.0

Story = Callable[[LoopRpcClient], Coroutine[Any, Any, None]]


def on_a_loop(story: Story, uri: str, **limits: Any) -> None:
    """Play it with a client, within our patience."""

    async def play() -> None:
        client = LoopRpcClient(uri, **limits)
        async with asyncio.timeout(PATIENCE_S):
            await story(client)
        client.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play())


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    while not await holds():
        await asyncio.sleep(0.05)


async def answers(client: LoopRpcClient) -> bool:
    try:
        return bool(await client.call("toy", "echo", {"value": True}, {}))
    except RpcUnavailable:
        return False


@pytest.fixture
def links(backing: Backing) -> Iterator[Links]:
    """Two ways to the broker, of which each may be cut or stalled."""
    port = read_broker_url(backing.amqp_uri).hosts[0].port
    with linked(dict.fromkeys(("one", "two"), port)) as made:
        yield made


def through(links: Links, backing: Backing, *names: str) -> str:
    return with_hosts(backing.amqp_uri, [Host(LOOPBACK, links.ports[name]) for name in names])


def test_a_call_answers_refuses_or_fails_as_from_any_other_client(toy: Toy) -> None:
    async def story(client: LoopRpcClient) -> None:
        assert await client.call("toy", "echo", {"value": {"é": [1, None]}}, {}) == {"é": [1, None]}
        with pytest.raises(Refusal) as refused:
            await client.call("toy", "refuse", {}, {})
        assert (refused.value.code, refused.value.field) == ("invalid_field", "a.b")
        with pytest.raises(RpcFailed):
            await client.call("toy", "fail", {}, {})
        headers = {"token": toy.token("cards:read"), "call_id": "call_loop"}
        assert await client.call("toy", "guarded", {}, headers) == "staff:stf_1"

    on_a_loop(story, toy.environment["AMQP_URI"])


def test_many_calls_at_once_each_get_their_own_answer(toy: Toy) -> None:
    async def story(client: LoopRpcClient) -> None:
        calls = [client.call("toy", "echo", {"value": number}, {}) for number in range(MANY)]
        assert await asyncio.gather(*calls) == list(range(MANY))

    on_a_loop(story, toy.environment["AMQP_URI"], timeout_s=PATIENT_S)


def test_an_answer_larger_than_a_frame_is_put_together(toy: Toy) -> None:
    async def story(client: LoopRpcClient) -> None:
        large = "é" * 1_000_000
        both = await asyncio.gather(*(client.call("toy", "echo", {"value": large}, {}) for _ in range(2)))
        assert both == [large, large]

    on_a_loop(story, toy.environment["AMQP_URI"], timeout_s=PATIENT_S)


def test_a_reply_that_comes_too_late_is_dropped_and_counted(toy: Toy) -> None:
    def unclaimed() -> float:
        return REGISTRY.get_sample_value("rpc_replies_unclaimed_total") or 0.0

    async def story(client: LoopRpcClient) -> None:
        before = unclaimed()
        with pytest.raises(RpcTimeout):
            await client.call("toy", "sleep", {"seconds": 1}, {})

        async def is_counted() -> bool:
            return unclaimed() == before + 1

        await eventually(is_counted)
        assert await client.call("toy", "echo", {"value": 2}, {}) == 2

    on_a_loop(story, toy.environment["AMQP_URI"], timeout_s=0.5)


def test_a_service_without_a_queue_is_told_at_once(toy: Toy) -> None:
    async def story(client: LoopRpcClient) -> None:
        with pytest.raises(RpcUnavailable) as told:
            await client.call("nobody", "echo", {}, {})
        assert not isinstance(told.value, RpcTimeout)
        assert await answers(client), "the connection is of use to all others"

    on_a_loop(story, toy.environment["AMQP_URI"], timeout_s=PATIENT_S)


def test_beyond_the_limit_a_caller_is_told_to_come_again(toy: Toy) -> None:
    async def story(client: LoopRpcClient) -> None:
        calls = [client.call("toy", "sleep", {"seconds": 0.2}, {}) for _ in range(12)]
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert found[:10] == ["woke"] * 10
        assert [type(one) for one in found[10:]] == [RpcUnavailable] * 2
        assert await answers(client)

    on_a_loop(story, toy.environment["AMQP_URI"], calls_max=10)


def test_a_broker_that_dies_ends_every_waiting_call_at_once(toy: Toy, links: Links, backing: Backing) -> None:
    toy.stop()

    async def story(client: LoopRpcClient) -> None:
        with pytest.raises(RpcUnavailable):
            await client.call("nobody", "echo", {}, {})
        waiting = [asyncio.create_task(client.call("toy", "echo", {"value": n}, {})) for n in range(MANY)]

        async def are_all_in_the_queue() -> bool:
            return await asyncio.to_thread(toy.messages, "rpc-toy") == MANY

        await eventually(are_all_in_the_queue)
        links.turn(["one"], "cut")
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(one) for one in found} == {RpcUnavailable}
        with pytest.raises(RpcUnavailable):
            await client.call("toy", "echo", {"value": 1}, {})
        links.turn(["one"], "open")
        toy.spawn()
        await eventually(partial(answers, client))

    on_a_loop(story, through(links, backing, "one"), timeout_s=PATIENT_S)


def test_a_call_is_made_again_where_the_broker_has_another_host(
    toy: Toy, links: Links, backing: Backing
) -> None:
    async def story(client: LoopRpcClient) -> None:
        for gone, left in (("one", "two"), ("two", "one")):
            links.turn([left], "open")
            links.turn([gone], "cut")
            assert await client.call("toy", "echo", {"value": gone}, {}) == gone

    on_a_loop(story, through(links, backing, "one", "two"))


def test_a_host_that_falls_silent_is_left(
    toy: Toy, links: Links, backing: Backing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_link, "HEARTBEAT_S", 1)

    async def story(client: LoopRpcClient) -> None:
        for frozen, other in (("one", "two"), ("two", "one")):
            links.turn([other], "open")
            links.turn([frozen], "stall")
            await eventually(partial(answers, client))
        links.turn(["one", "two"], "open")

    on_a_loop(story, through(links, backing, "one", "two"), timeout_s=1.0)


def test_a_broker_that_is_idle_for_long_is_kept(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_link, "HEARTBEAT_S", 1)

    async def story(client: LoopRpcClient) -> None:
        assert await answers(client)
        link = client._link
        assert link
        first = link._heard

        async def has_been_heard_thrice() -> bool:
            return link._heard - first > 3

        await eventually(has_been_heard_thrice)
        assert await answers(client)
        assert client._link is link

    on_a_loop(story, toy.environment["AMQP_URI"])


def test_a_broker_that_takes_nothing_is_not_given_more_and_more(
    toy: Toy, links: Links, backing: Backing
) -> None:
    async def story(client: LoopRpcClient) -> None:
        assert await answers(client)
        links.turn(["one"], "stall")
        large = "x" * (UNSENT_BYTES_MAX // 8)
        calls = [client.call("toy", "echo", {"value": large}, {}) for _ in range(40)]
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(one) for one in found} <= {RpcTimeout, RpcUnavailable}
        assert RpcUnavailable in {type(one) for one in found}
        assert client._link
        assert len(client._link._unsent) < 2 * UNSENT_BYTES_MAX
        links.turn(["one"], "open")

    on_a_loop(story, through(links, backing, "one"), timeout_s=2.0)


def test_a_broker_that_answers_garbage_is_left() -> None:
    async def story(client: LoopRpcClient) -> None:
        with pytest.raises(RpcUnavailable):
            await client.call("toy", "echo", {}, {})

    async def play() -> None:
        async def garbage(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(garbage, LOOPBACK, 0)
        port = server.sockets[0].getsockname()[1]
        async with server, asyncio.timeout(PATIENCE_S):
            await story(LoopRpcClient(f"amqp://a:b@{LOOPBACK}:{port}/"))

    asyncio.run(play())
