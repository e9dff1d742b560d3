"""Machines as they are: odd folders, ports of others, no sbin, home or IPv6; the nodes start there too."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import kombu
import pytest

from devstack.errors import DevstackError
from devstack.host.machine import STANDARD_PORTS
from devstack.host.pids import PidFile, stop_recorded
from devstack.host.plain_paths import forget_plain, plain
from devstack.host.ports import free_port
from devstack.programmes import PROJECT
from devstack.servers import brokers, postgresql, postgresql_data
from devstack.servers.archiving import backup_folder
from devstack.servers.brokers import launch_brokers, stop_brokers, wait_brokers
from devstack.servers.databases import connect
from devstack.servers.postgresql import start_postgresql
from devstack.servers.postgresql_data import remove_data
from devstack.servers.recovery import back_up_server, restore_server

pytestmark = pytest.mark.servers

ODD_NAME = 'l\'été à Sète, 100% "plein" $HOME '
STARTS_NODES = """
import sys
from pathlib import Path
from devstack.servers.backing import private_backing
with private_backing(Path(sys.argv[1])) as backing:
    print(backing.broker.control("eval", "node()."), backing.database.port, flush=True)
"""


@pytest.fixture
def odd_folder() -> Iterator[Path]:
    """Where the database's user may enter too, which may not enter pytest's folders."""
    folder = Path(tempfile.mkdtemp(prefix=ODD_NAME, dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    stop_recorded(folder)
    remove_data(folder / "postgresql")
    brokers.remove_data(folder / "rabbitmq")
    shutil.rmtree(folder)


def say_hello(uri: str) -> None:
    with kombu.Connection(uri, transport_options={"confirm_publish": True}) as connection:
        queue = connection.SimpleQueue("hello")
        queue.put("hello")
        queue.get(timeout=5).ack()
        queue.close()


def numbers(url: str) -> list[int]:
    with closing(connect(url)) as link, link.cursor() as at:
        at.execute("SELECT number FROM numbers ORDER BY 1")
        return [row[0] for row in at.fetchall()]


def test_the_broker_keeps_its_data_in_a_folder_with_quotes_spaces_and_accents(odd_folder: Path) -> None:
    folder = odd_folder / "rabbitmq"
    [node] = wait_brokers(launch_brokers(folder, pids=PidFile(odd_folder)))
    say_hello(node.uri)
    assert node.control("eval", "rabbit_disk_monitor:get_disk_free() > 0.").strip() == "true"
    stop_brokers([node])
    assert (folder / "data" / "node").is_dir()


def test_databases_in_such_a_folder_are_archived_copied_and_restored(odd_folder: Path) -> None:
    server, password = odd_folder / "postgresql", "administrator-of-a-test"
    pids = PidFile(odd_folder)
    cluster = start_postgresql(server, pids=pids, admin_password=password, archive=True)
    data = (server / "data").resolve()
    assert data.is_relative_to(odd_folder)
    write(cluster.admin_url, "CREATE TABLE numbers (number int)")
    assert back_up_server(server, cluster.port, password)
    assert list((backup_folder(data) / "wal").glob("*.gz")) != []
    write(cluster.admin_url, "INSERT INTO numbers VALUES (1)")
    cluster.stop()

    restore_server(server, "latest")
    again = start_postgresql(server, pids=pids, admin_password=password, archive=True)
    assert numbers(again.admin_url) == [1]
    again.stop()


def write(url: str, statement: str) -> None:
    with closing(connect(url)) as link, link, link.cursor() as at:
        at.execute(statement)


def test_a_plain_folder_keeps_its_name_and_a_link_goes_when_it_is_forgotten(odd_folder: Path) -> None:
    assert plain(Path("/srv/occygene/var/up")) == Path("/srv/occygene/var/up")
    link = plain(odd_folder)
    assert link.resolve() == odd_folder.resolve()
    assert plain(odd_folder) == link
    forget_plain(odd_folder)
    assert not os.path.lexists(link)


def test_links_in_a_folder_that_others_may_change_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devstack.host.plain_paths.LINKS_HOME", tmp_path)
    (tmp_path / f"devstack-{os.geteuid()}").mkdir()
    (tmp_path / f"devstack-{os.geteuid()}").chmod(0o777)
    with pytest.raises(DevstackError, match="is not ours alone"):
        plain(tmp_path / "à Sète")


def test_ports_that_others_have_are_not_in_the_way_of_the_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the system's own services, and one that is taken between its choice and its use."""
    with ExitStack() as taken:
        for port in STANDARD_PORTS:
            # Taken already is as well: then a server of the system has it.
            with suppress(OSError):
                taken.enter_context(socket.create_server(("0.0.0.0", port)))  # noqa: S104 - as they do
        chosen = iter([free_port(), STANDARD_PORTS[0]])
        monkeypatch.setattr(brokers, "free_port", lambda: next(chosen, None) or free_port())
        [node] = wait_brokers(launch_brokers(tmp_path / "rabbitmq", pids=PidFile(tmp_path)))
        assert node.port not in STANDARD_PORTS
        say_hello(node.uri)
        assert node.control("eval", "node().").strip() == "platform@localhost"
        stop_brokers([node])


def test_a_port_of_the_database_that_is_taken_meanwhile_is_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        chosen = iter([other.getsockname()[1]])
        monkeypatch.setattr(postgresql, "free_port", lambda: next(chosen, None) or free_port())
        cluster = start_postgresql(
            tmp_path / "postgresql",
            pids=PidFile(tmp_path),
            admin_password="administrator-of-a-test",
            durable=False,
        )
        assert cluster.port != other.getsockname()[1]
        cluster.stop()
        remove_data(tmp_path / "postgresql")


def test_root_who_has_nobody_to_run_the_database_as_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(postgresql_data, "SYSTEM_USER", "nobody-is-called-that")
    with pytest.raises(DevstackError, match="there is no user nobody-is-called-that to run it as"):
        postgresql_data.system_user()


def test_nodes_start_without_a_home_and_without_sbin_in_the_path(tmp_path: Path) -> None:
    environment = {"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"}
    said = start_nodes(tmp_path, environment, [])
    assert said.startswith("platform@localhost")


def test_nodes_start_where_there_is_no_ipv6(tmp_path: Path) -> None:
    """In a network of its own, whose loopback is made without IPv6."""
    own_network = ["unshare", "--net", "sh", "-c", f'{NO_IPV6} && exec "$@"', "sh"]
    if subprocess.run([*own_network, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("LEFT OUT: nodes without IPv6, as this user may make no network of its own")
    said = start_nodes(tmp_path, {"PATH": os.environ["PATH"]}, own_network)
    assert said.startswith("platform@localhost")


NO_IPV6 = (
    "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && ip link set lo up && ! ip -6 addr | grep -q inet6"
)


def start_nodes(folder: Path, environment: dict[str, str], around: list[str]) -> str:
    done = subprocess.run(
        [*around, sys.executable, "-c", STARTS_NODES, str(folder)],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
