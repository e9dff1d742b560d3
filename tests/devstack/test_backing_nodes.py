"""The private broker and database nodes, started and stopped for real."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import kombu
import psycopg2
import pytest
from amqp.exceptions import AccessRefused

from devstack.errors import DevstackError
from devstack.host.pids import read_records
from devstack.host.ports import is_free
from devstack.host.processes import ProcessId, descendants, is_alive
from devstack.servers.backing import Backing, private_backing
from devstack.servers.databases import accepts_logins, connect


@pytest.fixture(scope="module")
def two_backings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Backing, Backing]]:
    first, second = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    with private_backing(first) as one, private_backing(second) as other:
        yield one, other


@pytest.fixture
def backing(two_backings: tuple[Backing, Backing]) -> Backing:
    return two_backings[0]


def publish(uri: str, text: str) -> None:
    # Only a confirmed message is the broker's to keep.
    with kombu.Connection(uri, transport_options={"confirm_publish": True}) as connection:
        queue = connection.SimpleQueue("kept")
        queue.put(text)
        queue.close()


def take(uri: str) -> str:
    with kombu.Connection(uri) as connection:
        queue = connection.SimpleQueue("kept")
        message = queue.get(timeout=5)
        message.ack()
        queue.close()
        return str(message.payload)


def write_row(url: str, text: str) -> None:
    with closing(connect(url)) as link, link, link.cursor() as at:
        at.execute("CREATE TABLE IF NOT EXISTS kept (words text)")
        at.execute("INSERT INTO kept VALUES (%s)", (text,))


def read_rows(url: str) -> list[str]:
    with closing(connect(url)) as link, link, link.cursor() as at:
        at.execute("SELECT words FROM kept")
        return [row[0] for row in at.fetchall()]


def test_the_broker_tells_its_own_name_and_not_one_that_it_would_look_up(backing: Backing) -> None:
    with kombu.Connection(backing.amqp_uri) as connection:
        assert connection.connection.server_properties["cluster_name"] == "platform"


def test_two_nodes_run_side_by_side_without_sharing_anything(two_backings: tuple[Backing, Backing]) -> None:
    one, other = two_backings
    publish(one.amqp_uri, "for one")
    publish(other.amqp_uri, "for the other")
    write_row(one.owner_urls["cards"], "one")
    write_row(other.owner_urls["cards"], "other")

    assert (take(one.amqp_uri), take(other.amqp_uri)) == ("for one", "for the other")
    assert read_rows(one.owner_urls["cards"]) == ["one"]
    assert read_rows(other.owner_urls["cards"]) == ["other"]


def test_the_broker_knows_no_guest(backing: Backing) -> None:
    assert backing.broker is not None
    guest = f"amqp://guest:guest@127.0.0.1:{backing.broker.port}/"
    with pytest.raises(AccessRefused), kombu.Connection(guest) as connection:
        connection.ensure_connection(max_retries=1, timeout=2)


def test_a_message_survives_kill_9_of_the_broker(backing: Backing) -> None:
    assert backing.broker is not None
    publish(backing.amqp_uri, "still here")
    backing.broker.kill9()
    backing.broker.start()
    assert take(backing.amqp_uri) == "still here"


def test_the_broker_can_be_told_what_to_do_and_a_refusal_is_said(backing: Backing) -> None:
    assert backing.broker is not None
    assert backing.broker.control("eval", "6 * 7.").strip() == "42"
    with pytest.raises(DevstackError, match="no_such_command"):
        backing.broker.control("no_such_command")


def test_a_role_cannot_enter_another_services_database(backing: Backing) -> None:
    for urls in (backing.database_urls, backing.owner_urls):
        for other in ("wallet", "postgres", "template1"):
            refused(urls["cards"].removesuffix("/cards") + f"/{other}")


def refused(url: str) -> None:
    with pytest.raises(psycopg2.OperationalError, match="permission denied"):
        connect(url)


def test_a_wrong_password_is_refused(backing: Backing) -> None:
    assert backing.database is not None
    assert not accepts_logins(f"postgresql+psycopg2://cards:wrong@127.0.0.1:{backing.database.port}/cards")


@pytest.mark.parametrize("how", ["kill9", "immediate", "polite"])
def test_a_committed_row_survives_every_way_to_end_the_database(backing: Backing, how: str) -> None:
    database = backing.database
    assert database is not None
    url = backing.owner_urls["offers"]
    write_row(url, how)
    with closing(connect(url)):  # A session that is open meanwhile must not hold anything up.
        if how == "kill9":
            database.kill9()
            database.start()
        else:
            database.restart(immediate=how == "immediate")
    assert how in read_rows(url)


def test_nothing_stays_behind(tmp_path: Path) -> None:
    with private_backing(tmp_path) as backing:
        assert backing.broker is not None
        assert backing.database is not None
        broker, database = backing.broker, backing.database
        ports = [broker.port, broker.distribution_port, broker.names.port, database.port]
        started = family_of([record.id for record in read_records(tmp_path)])
        assert [record.name for record in read_records(tmp_path)] == ["epmd", "rabbitmq", "postgresql"]
        assert all(is_alive(process) for process in started)

    assert [process for process in started if is_alive(process)] == []
    assert [port for port in ports if not is_free(port)] == []
    assert read_records(tmp_path) == []
    assert not (tmp_path / "postgresql" / "data").exists()


def family_of(processes: list[ProcessId]) -> list[ProcessId]:
    return [*processes, *(child for process in processes for child in descendants(process.pid))]
