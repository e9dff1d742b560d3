"""Three private brokers that are one: what a queue was given is on all of them, whichever dies."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.broker.amqp import connect
from chassis.broker.confirms import ConfirmedPublisher, NotPublished, Outgoing
from chassis.broker.topology import parked_queue
from devstack.errors import DevstackError
from devstack.host.pids import PidFile, read_records, stop_recorded
from devstack.host.ports import wait_until
from devstack.servers.brokers import brokers_in, launch_brokers, stop_brokers, wait_brokers
from devstack.servers.rabbitmq import RabbitmqNode

pytestmark = pytest.mark.servers

QUEUE = parked_queue("cards")
REPLICATED = {"x-queue-type": "quorum"}
ELECTION_TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[list[RabbitmqNode]]:
    try:
        nodes = wait_brokers(launch_brokers(folder / "rabbitmq", pids=PidFile(folder), size=3))
        yield nodes
        stop_brokers(nodes)
        assert read_records(folder) == []
    finally:
        stop_recorded(folder)


def give(node: RabbitmqNode, text: str) -> None:
    """Try until it is confirmed, as the relay does: while a queue chooses a leader the broker says no."""
    publisher = ConfirmedPublisher(node.uri)
    outgoing = Outgoing(exchange="", routing_key=QUEUE, body=text, headers={}, message_id="one")
    assert wait_until(lambda: is_taken(publisher, outgoing), ELECTION_TIMEOUT_S)
    publisher.close()


def is_taken(publisher: ConfirmedPublisher, outgoing: Outgoing) -> bool:
    try:
        publisher.publish_one(outgoing)
    except NotPublished:
        return False
    return True


def take(node: RabbitmqNode) -> str:
    with connect(node.uri) as link:
        channel = link.channel()
        message = channel.basic_get(QUEUE, no_ack=True)
        assert message is not None
        return str(json.loads(message.body))


def row(node: RabbitmqNode) -> dict[str, object]:
    """What a node says of the queue: ``leader``, ``members``, ``online``."""
    listed = node.control("list_queues", "name", "leader", "members", "online", "--formatter", "json")
    found: dict[str, object] = next(one for one in json.loads(listed) if one["name"] == QUEUE)
    return found


def test_a_queue_has_a_member_on_each_broker_and_outlives_the_death_of_its_leader(
    cluster: list[RabbitmqNode],
) -> None:
    with connect(cluster[0].uri) as link:
        link.channel().queue_declare(QUEUE, durable=True, auto_delete=False, arguments=REPLICATED)
    said = row(cluster[0])
    assert sorted(said["members"]) == sorted(node.name for node in cluster)  # type: ignore[call-overload]
    give(cluster[0], "before")

    leader = next(node for node in cluster if node.name == said["leader"])
    others = [node for node in cluster if node is not leader]
    leader.kill9()
    give(others[0], "after")

    assert [take(others[1]), take(others[0])] == ["before", "after"]
    assert row(others[0])["leader"] in {node.name for node in others}
    leader.start()
    assert wait_until(lambda: len(row(leader)["online"]) == 3, ELECTION_TIMEOUT_S)  # type: ignore[arg-type]


def test_a_cluster_that_lost_its_power_comes_back_with_what_it_had(cluster: list[RabbitmqNode]) -> None:
    with connect(cluster[0].uri) as link:
        link.channel().queue_declare(QUEUE, durable=True, auto_delete=False, arguments=REPLICATED)
    give(cluster[0], "kept")
    for node in cluster:
        node.kill9()
    for node in cluster:
        node.launch()
    for node in cluster:
        node.wait_ready()
    give(cluster[2], "new")
    assert [take(cluster[1]), take(cluster[1])] == ["kept", "new"]


def test_what_three_brokers_hold_is_not_started_with_another_number(
    cluster: list[RabbitmqNode], folder: Path
) -> None:
    assert brokers_in(folder / "rabbitmq") == 3
    with pytest.raises(DevstackError, match="holds the data of 3 broker"):
        launch_brokers(folder / "rabbitmq", pids=PidFile(folder), size=1)
    with pytest.raises(DevstackError, match="BROKERS is 2: a cluster has 1, 3, 5 brokers"):
        launch_brokers(folder / "other", pids=PidFile(folder), size=2)
