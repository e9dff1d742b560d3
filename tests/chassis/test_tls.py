"""A broker behind TLS that asks for certificates too: who is let in, whom we trust, what a service says."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from chassis.broker.amqp import connect, reason
from chassis.broker.connection import CONNECTION_ERRORS
from chassis.broker.url import Host, read_broker_url, with_hosts
from chassis.calls.client import RpcUnavailable
from chassis.database.engine import Database
from chassis.loop.client import LoopRpcClient
from devstack.host.pids import PidFile
from devstack.host.ports import answers as answers_at
from devstack.host.ports import free_port, wait_until
from devstack.servers.backing import Backing
from devstack.servers.brokers import launch_brokers, stop_brokers, wait_brokers
from devstack.servers.rabbitmq import START_TIMEOUT_S, RabbitmqNode
from tests.chaos.links import linked
from tests.chassis.certificates import Authority, Pair
from tests.chassis.conftest import Toy, eventually, toy_at
from tests.chassis.test_loop_client import on_a_loop

pytestmark = pytest.mark.servers

HOST = "localhost"


@dataclass(frozen=True)
class TlsBroker:
    """A private node with a TLS listener that takes only who shows a certificate of ``authority``."""

    node: RabbitmqNode
    port: int
    authority: Authority
    client: Pair

    def uri(self, host: str = HOST, **changes: object) -> str:
        """Its owner's URL; a parameter of None is left out."""
        given = {
            "cacertfile": self.authority.certificate,
            "certfile": self.client.certificate,
            "keyfile": self.client.key,
        }
        query = urlencode({name: text for name, text in (given | changes).items() if text is not None})
        login = self.node.uri.removeprefix("amqp://").rpartition("@")[0]
        return f"amqps://{login}@{host}:{self.port}/?{query}"

    def present(self, hosts: list[str], ends_in: timedelta = timedelta(days=1)) -> None:
        """From now on the broker shows a new certificate of this kind."""
        self.authority.pair("broker", hosts, ends_in=ends_in)
        self.node.control("eval", "ssl:clear_pem_cache().")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsBroker]:
    folder = tmp_path_factory.mktemp("tls")
    authority, port = Authority(folder), free_port()
    shown = authority.pair("broker", [HOST])
    drop_ins = folder / "rabbitmq" / "conf.d"
    drop_ins.mkdir(parents=True)
    (drop_ins / "tls.conf").write_text(
        f"listeners.ssl.1 = 127.0.0.1:{port}\n"
        f"ssl_options.cacertfile = {authority.certificate}\n"
        f"ssl_options.certfile = {shown.certificate}\n"
        f"ssl_options.keyfile = {shown.key}\n"
        "ssl_options.verify = verify_peer\n"
        "ssl_options.fail_if_no_peer_cert = true\n"
    )
    [node] = wait_brokers(launch_brokers(folder / "rabbitmq", pids=PidFile(folder)))
    try:
        # It listens for plain connections first.
        assert wait_until(lambda: answers_at(port), START_TIMEOUT_S)
        yield TlsBroker(node, port, authority, authority.pair("client"))
    finally:
        stop_brokers([node])


@pytest.fixture
def shown(broker: TlsBroker) -> Iterator[Callable[..., None]]:
    """``shown(hosts, ends_in)``: another certificate of the broker, for this test only."""
    yield broker.present
    broker.present([HOST])


def opened(uri: str) -> str:
    """ "open", or why not."""
    try:
        with closing(connect(uri)):
            return "open"
    except CONNECTION_ERRORS as error:
        return reason(error)


def test_both_sides_know_each_other_by_their_certificates(broker: TlsBroker) -> None:
    with closing(connect(broker.uri())) as connection:
        assert connection.sock.version() in ("TLSv1.2", "TLSv1.3")
        assert connection.sock.getpeercert()["subjectAltName"] == (("DNS", HOST),)


def test_a_certificate_of_another_name_is_refused_until_the_url_names_it(broker: TlsBroker) -> None:
    assert "IP address mismatch" in opened(broker.uri("127.0.0.1"))
    assert opened(broker.uri("127.0.0.1", server_name_indication=HOST)) == "open"
    assert "Hostname mismatch" in opened(broker.uri(server_name_indication="broker.example"))


def test_an_expired_certificate_is_refused(broker: TlsBroker, shown: Callable[..., None]) -> None:
    shown([HOST], ends_in=-timedelta(days=1))
    assert "certificate has expired" in opened(broker.uri())
    shown([HOST])
    assert opened(broker.uri()) == "open"


def test_a_certificate_of_a_stranger_is_refused(broker: TlsBroker, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "Stranger")
    assert opened(broker.uri(cacertfile=stranger.certificate)).startswith("SSLCertVerificationError")
    # Nobody's certificate is in the system's own store.
    assert opened(broker.uri(cacertfile=None)).startswith("SSLCertVerificationError")


def test_whoever_shows_no_certificate_of_the_authority_is_not_let_in(
    broker: TlsBroker, tmp_path: Path
) -> None:
    assert opened(broker.uri(certfile=None, keyfile=None)) != "open"
    strangers = Authority(tmp_path, "Stranger").pair("client")
    assert opened(broker.uri(certfile=strangers.certificate, keyfile=strangers.key)) != "open"


def test_an_unchecked_broker_is_taken_where_the_url_says_so(broker: TlsBroker) -> None:
    assert opened(broker.uri("127.0.0.1", cacertfile=None, verify="verify_none")) == "open"


def test_a_plain_broker_behind_the_port_of_tls_is_refused_at_once(broker: TlsBroker) -> None:
    plain = with_hosts(broker.uri(), [Host(HOST, broker.node.port)])
    assert opened(plain).startswith("SSLError")


def test_a_broker_with_tls_behind_the_port_of_plain_is_refused_at_once(broker: TlsBroker) -> None:
    assert opened(with_hosts(broker.node.uri, [Host(HOST, broker.port)])) != "open"


def test_a_peer_that_says_nothing_is_not_waited_for_without_end(broker: TlsBroker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert opened(with_hosts(broker.uri(), [Host(HOST, silent.getsockname()[1])])) == "TimeoutError"


def test_a_renewed_client_certificate_needs_no_restart(broker: TlsBroker, tmp_path: Path) -> None:
    authority = Authority(tmp_path, "Stranger")
    pair = authority.pair("mine")
    uri = broker.uri(certfile=pair.certificate, keyfile=pair.key)
    assert opened(uri) != "open"
    renewed = broker.authority.pair("renewed")
    pair.certificate.write_bytes(renewed.certificate.read_bytes())
    pair.key.write_bytes(renewed.key.read_bytes())
    assert opened(uri) == "open"


def test_a_service_answers_hears_and_changes_hosts_behind_tls(
    broker: TlsBroker, backing: Backing, owner_database: Callable[[str], Database], tmp_path: Path
) -> None:
    targets = {"one": broker.port, "two": broker.port}
    with linked(targets) as links:
        hosts = [Host(HOST, links.ports[name]) for name in targets] + [Host(HOST, free_port())]
        behind_tls = replace(backing, amqp_uri=with_hosts(broker.uri(), hosts))
        with toy_at(behind_tls, owner_database("cards"), tmp_path) as toy:
            for name, others in (("one", ["two"]), ("two", ["one"])):
                links.turn([name], "cut")
                links.turn(others, "open")
                eventually(lambda: answers(toy))
                toy.call("say", thing=f"without {name}")
                eventually(partial(toy.has_heard, f"without {name}"))


def test_a_service_leaves_a_host_that_has_frozen(
    backing: Backing, owner_database: Callable[[str], Database], tmp_path: Path
) -> None:
    targets = dict.fromkeys(("one", "two"), read_broker_url(backing.amqp_uri).hosts[0].port)
    with linked(targets) as links:
        hosts = [Host(HOST, links.ports[name]) for name in targets]
        frozen = replace(backing, amqp_uri=with_hosts(backing.amqp_uri, hosts))
        with toy_at(frozen, owner_database("cards"), tmp_path) as toy:
            for name, others in (("one", ["two"]), ("two", ["one"])):
                links.turn(others, "open")
                links.turn([name], "stall")
                eventually(lambda: answers(toy))
                toy.call("say", thing=f"without {name}")
                eventually(partial(toy.has_heard, f"without {name}"))
            links.turn(targets, "open")


def test_a_service_says_why_it_has_no_broker_and_comes_when_it_has(
    broker: TlsBroker,
    shown: Callable[..., None],
    backing: Backing,
    owner_database: Callable[[str], Database],
    tmp_path: Path,
) -> None:
    behind_tls = replace(backing, amqp_uri=broker.uri())
    with toy_at(behind_tls, owner_database("cards"), tmp_path) as toy:
        toy.stop()
        shown(["another.example"])
        toy.spawn()
        eventually(lambda: bool(toy.lines("broker_away")))
        assert "Hostname mismatch" in toy.lines("broker_away")[0]["reason"]
        assert broker.node.password not in toy.log()
        shown([HOST])
        eventually(toy.is_healthy)
        eventually(lambda: answers(toy))


def answers(toy: Toy) -> bool:
    """Whether a call is answered now, while hosts go and come."""
    try:
        return bool(toy.call("echo", value="here") == "here")
    except RpcUnavailable:
        return False


def test_an_event_loop_calls_through_tls_and_reads_what_comes_in_many_records(
    broker: TlsBroker, backing: Backing, owner_database: Callable[[str], Database], tmp_path: Path
) -> None:
    large = "é" * 500_000

    async def story(client: LoopRpcClient) -> None:
        calls = [client.call("toy", "echo", {"value": [number, large]}, {}) for number in range(5)]
        assert await asyncio.gather(*calls) == [[number, large] for number in range(5)]

    with toy_at(replace(backing, amqp_uri=broker.uri()), owner_database("cards"), tmp_path):
        on_a_loop(story, broker.uri())


def test_an_event_loop_trusts_no_broker_of_another_name(broker: TlsBroker) -> None:
    async def story(client: LoopRpcClient) -> None:
        with pytest.raises(RpcUnavailable, match="SSLCertVerificationError"):
            await client.call("toy", "echo", {"value": 1}, {})

    on_a_loop(story, broker.uri(host="127.0.0.1"))
