"""News on an event loop, from a real broker that is cut off; what strangers and later releases say."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing
from typing import Any, Self

import pytest
import uvloop

from chassis.broker.amqp import Json, connect, message
from chassis.broker.topology import declare, event_exchange
from chassis.broker.url import read_broker_url
from chassis.calls.client import RpcUnavailable
from chassis.loop.news import LoopNews
from contracts.cards import NEWS_OF_VISITS, RedemptionRecorded
from devstack.secrets import GATEWAY_HEARS
from devstack.servers.backing import Backing
from tests.chaos.links import Links, linked

PATIENCE_S = 30.0
NAME = RedemptionRecorded.name
EXCHANGE = event_exchange("cards")


@pytest.fixture(autouse=True)
def declared(backing: Backing) -> None:
    """As `prepare` of cards does."""
    with closing(connect(backing.amqp_uri)) as link:
        declare(link.channel(), "cards", ())


@pytest.fixture
def links(backing: Backing) -> Iterator[Links]:
    with linked({"amqp": read_broker_url(backing.amqp_uri).hosts[0].port}) as made:
        yield made


class Heard:
    """What was told: ids of redemptions, and "gap"."""

    def __init__(self, uri: str) -> None:
        self.all: list[str] = []
        self.news = LoopNews(
            "gateway",
            uri,
            NEWS_OF_VISITS,
            lambda e: self.all.append(e.redemption_id),
            lambda: self.all.append("gap"),
        )

    async def __aenter__(self) -> Self:
        await self.news.ready(PATIENCE_S)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.news.close()

    async def until(self, *expected: str) -> None:
        while self.all != list(expected):
            assert len(self.all) <= len(expected), self.all
            await asyncio.sleep(0.02)


def on_a_loop(story: Callable[[Heard], Coroutine[Any, Any, None]], uri: str) -> None:
    async def play() -> None:
        async with asyncio.timeout(PATIENCE_S):
            async with Heard(uri) as heard:
                await story(heard)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play())


def event(name: str) -> dict[str, Any]:
    known = dict.fromkeys(RedemptionRecorded.__dataclass_fields__, "")
    return {**known, "redemption_id": name, "said_by_a_later_release": 1}


def announce(uri: str, *bodies: Any) -> None:
    with closing(connect(uri)) as link:
        channel = link.channel()
        user = {"user_id": read_broker_url(uri).user}
        for body in bodies:
            channel.basic_publish(
                message(Json(json.dumps(body)), **user), exchange=EXCHANGE, routing_key=NAME
            )
        # Answered once all before it is done.
        channel.basic_qos(0, 1, False)


def test_the_gateway_may_hear_what_its_rights_were_made_for() -> None:
    assert {one.source for one in NEWS_OF_VISITS} == set(GATEWAY_HEARS)


def test_events_alone_and_in_bundles_are_told_to_every_process(backing: Backing) -> None:
    uri = backing.amqp_uri_of("gateway")
    bundle = {"bundle": 1, "events": [{"call_id": None, "event": event(name)} for name in ("two", "three")]}

    async def story(heard: Heard) -> None:
        async with Heard(uri) as other:
            await asyncio.to_thread(announce, backing.amqp_uri_of("cards"), event("one"), bundle)
            for one in (heard, other):
                await one.until("one", "two", "three")

    on_a_loop(story, uri)


def test_what_was_not_announced_by_its_source_is_not_told(backing: Backing) -> None:
    if backing.broker is None:
        pytest.skip("The broker is given with one user for all: it vouches for nobody.")

    async def story(heard: Heard) -> None:
        # The owner alone may, besides cards.
        await asyncio.to_thread(announce, backing.amqp_uri, event("forged"))
        await asyncio.to_thread(announce, backing.amqp_uri_of("cards"), event("real"))
        await heard.until("real")

    on_a_loop(story, backing.amqp_uri_of("gateway"))


@pytest.mark.parametrize("body", [{"bundle": 2}, {"no": "event"}, []])
def test_what_a_later_release_says_is_a_gap(backing: Backing, body: Any) -> None:
    async def story(heard: Heard) -> None:
        await asyncio.to_thread(announce, backing.amqp_uri_of("cards"), body, event("one"))
        await heard.until("gap", "one")

    on_a_loop(story, backing.amqp_uri_of("gateway"))


def test_a_broker_that_was_away_is_a_gap_once_it_is_heard_again(backing: Backing, links: Links) -> None:
    async def story(heard: Heard) -> None:
        links.turn(["amqp"], "cut")
        await asyncio.to_thread(announce, backing.amqp_uri_of("cards"), event("missed"))
        with pytest.raises(RpcUnavailable):
            while True:
                await heard.news.ready(0.2)
        links.turn(["amqp"], "open")
        await heard.until("gap")
        await asyncio.to_thread(announce, backing.amqp_uri_of("cards"), event("one"))
        await heard.until("gap", "one")

    on_a_loop(story, links.uri("amqp", backing.amqp_uri_of("gateway")))


def test_the_queue_goes_with_its_process_and_never_holds_up_who_announces(backing: Backing) -> None:
    def queues() -> str:
        assert backing.broker
        return backing.broker.control("list_queues", "name", "arguments", "--silent")

    if backing.broker is None:
        pytest.skip("A given broker is not asked what it holds.")

    async def story(heard: Heard) -> None:
        assert "x-max-length" in next(
            line for line in queues().splitlines() if line.startswith("gateway.news")
        )

    on_a_loop(story, backing.amqp_uri_of("gateway"))
    while "gateway.news" in queues():
        pass
