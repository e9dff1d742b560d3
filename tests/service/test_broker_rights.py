"""The user that a service has at the broker: it calls, announces and hears what is its own, no more."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import amqp
import pytest

from chassis.broker.amqp import connect, message
from chassis.broker.confirms import ConfirmedPublisher, Outgoing
from chassis.broker.rights import caller_rights, service_rights
from chassis.broker.topology import (
    RPC_EXCHANGE,
    declare,
    delay_exchange,
    event_exchange,
    event_queue,
    news_queue,
    news_queue_arguments,
    parked_queue,
    rpc_queue,
)
from chassis.calls.client import REPLY_QUEUE
from chassis.preparing import events_heard
from chassis.runner import service_class
from devstack.secrets import DATABASE_SERVICES, GATEWAY, GATEWAY_HEARS
from devstack.servers.backing import Backing
from devstack.servers.broker_users import VIRTUAL_HOST, broker_users

ROOT = Path(__file__).parents[2]
EVERYBODY = (*DATABASE_SERVICES, GATEWAY)
# Gone at once, so that no test finds the message of another.
SHORT = {"expiration": "1"}


@pytest.fixture(scope="module")
def declared(backing: Backing) -> Backing:
    """The broker after `prepare` of every service."""
    if backing.broker is None:
        pytest.skip("The broker is given with one user for all: no rights apart.")
    with closing(connect(backing.amqp_uri)) as link:
        for service in DATABASE_SERVICES:
            declare(link.channel(), service, events_heard(service_class(service)))
    return backing


@pytest.fixture(params=EVERYBODY)
def user(request: pytest.FixtureRequest) -> str:
    """Each user in turn."""
    return str(request.param)


def may(backing: Backing, user: str, act: Callable[[amqp.Channel], object]) -> bool:
    """Whether the broker lets the user do it; it has said so once it answers what needs no right.

    A passive declaration would not do: from RabbitMQ 4.3 on it needs a right on the queue.
    """
    with closing(connect(backing.amqp_uri_of(user))) as link:
        channel = link.channel()
        try:
            act(channel)
            answered(channel)
        except amqp.exceptions.AccessRefused:
            return False
        return True


def answered(channel: amqp.Channel) -> None:
    """Wait for the answer to a question that everybody may ask."""
    channel.basic_qos(0, 1, False)


def publishing(exchange: str, key: str) -> Callable[[amqp.Channel], object]:
    return lambda channel: channel.basic_publish(message({}, **SHORT), exchange=exchange, routing_key=key)


def reading(queue: str) -> Callable[[amqp.Channel], object]:
    return lambda channel: channel.basic_consume(queue)


def queues_of(service: str) -> Iterator[str]:
    yield from (rpc_queue(service), parked_queue(service))
    yield from (event_queue(service, event) for event in events_heard(service_class(service)))


def test_everybody_may_call_and_hear_the_answer(declared: Backing, user: str) -> None:
    assert may(declared, user, publishing(RPC_EXCHANGE, "nobody.at_all"))
    assert may(declared, user, lambda channel: channel.basic_consume(REPLY_QUEUE, no_ack=True))


def test_a_service_announces_its_own_events_and_nobody_elses(declared: Backing, user: str) -> None:
    announced = {
        source: may(declared, user, publishing(event_exchange(source), "nothing_at_all"))
        for source in DATABASE_SERVICES
    }
    assert announced == {source: source == user for source in DATABASE_SERVICES}


def test_a_service_reads_its_own_queues_and_nobody_elses(declared: Backing, user: str) -> None:
    read = {queue: may(declared, user, reading(queue)) for s in DATABASE_SERVICES for queue in queues_of(s)}
    own = set(queues_of(user)) if user != GATEWAY else set()
    assert read == {queue: queue in own for queue in read}
    assert not may(declared, user, reading("unheard"))
    assert not may(declared, user, reading(delay_exchange(1)))


def test_only_who_answers_replies_parks_and_puts_off(declared: Backing, user: str) -> None:
    places = [("", "no-such-queue"), (delay_exchange(1), "no-such-queue")]
    allowed = [may(declared, user, publishing(exchange, key)) for exchange, key in places]
    assert allowed == [user != GATEWAY] * 2
    assert not may(declared, user, publishing("unheard", ""))


def test_nobody_declares_binds_empties_or_deletes(declared: Backing, user: str) -> None:
    own = rpc_queue(user)
    acts: list[Callable[[amqp.Channel], object]] = [
        lambda channel: channel.queue_declare("more", durable=True, auto_delete=False),
        lambda channel: channel.queue_declare(exclusive=True),
        lambda channel: channel.exchange_declare("more", "topic"),
        lambda channel: channel.queue_bind("unheard", event_exchange("cards"), "#"),
        lambda channel: channel.queue_bind(parked_queue("wallet"), event_exchange("cards"), "#"),
        lambda channel: channel.queue_purge(rpc_queue("identity" if user != "identity" else "cards")),
        lambda channel: channel.queue_delete(own if user != GATEWAY else rpc_queue("cards")),
        lambda channel: channel.exchange_delete(RPC_EXCHANGE),
    ]
    assert [may(declared, user, act) for act in acts] == [False] * len(acts)


def test_only_the_gateway_makes_queues_of_its_own_for_news_of_cards(declared: Backing, user: str) -> None:
    def hearing(queue: str, source: str, key: str = "redemption_recorded") -> bool:
        def act(channel: amqp.Channel) -> None:
            channel.queue_declare(queue, exclusive=True, arguments=news_queue_arguments())
            channel.queue_bind(queue, event_exchange(source), key)
            channel.basic_consume(queue, no_ack=True)

        return may(declared, user, act)

    own = {source: hearing(news_queue(user, "one"), source) for source in DATABASE_SERVICES}
    assert own == {source: user == GATEWAY and source == "cards" for source in DATABASE_SERVICES}
    assert not hearing(news_queue("someone", "one"), "cards")
    assert not hearing("gateway.news", "cards")
    assert not hearing("gateway.parked", "cards")


def test_a_publisher_cannot_sign_with_anothers_name(declared: Backing) -> None:
    with closing(connect(declared.amqp_uri_of("cards"))) as link:
        channel = link.channel()
        signed = message({}, user_id="wallet", **SHORT)
        with pytest.raises(amqp.exceptions.PreconditionFailed):
            channel.basic_publish(signed, exchange="cards.events", routing_key="nothing_at_all")
            answered(channel)


def test_what_the_outbox_publishes_carries_the_publishers_name(declared: Backing) -> None:
    [queue] = [queue for queue in queues_of("offers") if queue.endswith("redemption_recorded")]
    publisher = ConfirmedPublisher(declared.amqp_uri_of("cards"))
    publisher.publish_one(
        Outgoing(
            exchange="cards.events", routing_key="redemption_recorded", body={}, headers={}, message_id="one"
        )
    )
    publisher.close()
    with closing(connect(declared.amqp_uri_of("offers"))) as link:
        taken = link.channel().basic_get(queue, no_ack=True)
    assert taken.properties["user_id"] == "cards"
    _purge(declared)


def test_the_deployments_users_have_these_rights() -> None:
    told = (ROOT / "deploy" / "rabbitmq" / "definitions.json").read_text()
    assert told == broker_users(), "make docs"
    rights = {given.pop("user"): given for given in json.loads(told)["permissions"]}
    wanted = {service: service_rights(service) for service in DATABASE_SERVICES}
    wanted[GATEWAY] = caller_rights(GATEWAY, GATEWAY_HEARS)
    assert {user: rights[user] for user in EVERYBODY} == {
        user: {**given, "vhost": VIRTUAL_HOST} for user, given in wanted.items()
    }


def _purge(backing: Backing) -> None:
    with closing(connect(backing.amqp_uri)) as link:
        for service in DATABASE_SERVICES:
            for queue in queues_of(service):
                link.channel().queue_purge(queue)
