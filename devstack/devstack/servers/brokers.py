"""The private brokers of one platform: one node, or several that are one cluster and keep each message."""

import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from chassis.broker.rights import definitions
from devstack.errors import DevstackError
from devstack.host.pids import PidFile, replace_text
from devstack.host.plain_paths import forget_plain, plain
from devstack.host.ports import LOOPBACK, free_port
from devstack.host.processes import send_signal
from devstack.host.room import BROKER_STOPS_BELOW_BYTES
from devstack.secrets import GATEWAY, GATEWAY_HEARS
from devstack.servers.name_daemon import NameDaemon
from devstack.servers.rabbitmq import RabbitmqNode

MAX_START_ATTEMPTS = 3
# A node that is frozen or cut off is given up by the others after this long, instead of Erlang's 60 s.
NET_TICK_S = 10
SIZES = (1, 3, 5)
# What RabbitMQ 4 says by itself; 3.10 would take eight times as much.
BROKER_MESSAGE_MAX_BYTES = 16 * 1024 * 1024


def launch_brokers(
    folder: Path,
    *,
    pids: PidFile,
    size: int = 1,
    password: str | None = None,
    users: Mapping[str, str] | None = None,
) -> list[RabbitmqNode]:
    """Start so many nodes without waiting for them: something else can be started meanwhile.

    folder: where their data lies (made when absent). users: services and their passwords.
    Raises DevstackError where the folder holds the data of another number of brokers.
    """
    folder = folder.resolve()
    _refuse_another_size(folder, size)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The broker's disk monitor hands the path to a shell unquoted, and that shell waits for a second quote.
    folder = plain(folder)
    nodes = _nodes(folder, size, password or secrets.token_urlsafe(24), users or {}, pids)
    for node in nodes:
        node.launch()
    return nodes


def wait_brokers(nodes: list[RabbitmqNode]) -> list[RabbitmqNode]:
    """Wait for launched nodes.

    Somebody else may have taken one of their ports between choosing and binding: they are then launched
    again on others.
    """
    for _ in range(MAX_START_ATTEMPTS - 1):
        try:
            for node in nodes:
                node.wait_ready()
        except DevstackError:
            stop_brokers(nodes)
            nodes = _launched_again(nodes)
        else:
            return nodes
    for node in nodes:
        node.wait_ready()
    return nodes


def stop_brokers(nodes: Sequence[RabbitmqNode]) -> None:
    """End all politely, at the same time: one that is left alone would wait for the others."""
    for node in nodes:
        for process in node.processes():
            send_signal(process, node.STOP_SIGNAL)
    for node in nodes:
        node.stop()
    for node in nodes:
        node.names.stop()


def brokers_in(folder: Path) -> int:
    """How many brokers a folder is for; 0 where that is open. A cluster stays one when it begins anew."""
    members = len(list(folder.glob("node-*")))
    return members or int((folder / "data").exists())


def remove_data(folder: Path) -> None:
    """Delete the data of stopped nodes; their logs stay."""
    for data in _data_folders(folder):
        shutil.rmtree(data, ignore_errors=True)
    forget_plain(folder.resolve())


def set_data_aside(folder: Path) -> list[Path]:
    """Let stopped nodes begin anew; where their data is now, if they had any."""
    name = f"data-before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    return [data.rename(data.with_name(name)) for data in _data_folders(folder)]


def _data_folders(folder: Path) -> list[Path]:
    return [data for data in (folder / "data", *sorted(folder.glob("node-*/data"))) if data.exists()]


def _refuse_another_size(folder: Path, size: int) -> None:
    if size not in SIZES:
        raise DevstackError(f"BROKERS is {size}: a cluster has {', '.join(map(str, SIZES))} brokers.")
    found = brokers_in(folder)
    if found not in (0, size):
        raise DevstackError(
            f"{folder} holds the data of {found} broker(s), and {size} are asked for.\n"
            f"Go on with BROKERS={found}. Or begin anew, and announce again what is in the outboxes: "
            f"rm -r {folder}, make up BROKERS={size}, make replay"
        )


def _launched_again(nodes: Sequence[RabbitmqNode]) -> list[RabbitmqNode]:
    first = nodes[0]
    folder, size = first.names.folder, len(nodes)
    return launch_brokers(folder, pids=first.pids, size=size, password=first.password, users=first.users)


def _nodes(
    folder: Path, size: int, password: str, users: Mapping[str, str], pids: PidFile
) -> list[RabbitmqNode]:
    """Nodes with new ports, their configuration written."""
    names = NameDaemon(folder=folder, port=free_port(), pids=pids)
    members = [f"platform{number}@localhost" for number in range(1, size + 1)]
    nodes = [
        RabbitmqNode(
            folder=folder if size == 1 else folder / f"node-{number}",
            # Alone it may have any name, as it has its own name daemon; the data depends on the name.
            name="platform@localhost" if size == 1 else name,
            process_name="rabbitmq" if size == 1 else f"rabbitmq-{number}",
            net_tick_s=None if size == 1 else NET_TICK_S,
            names=names,
            password=password,
            users=users,
            pids=pids,
            port=free_port(),
            distribution_port=free_port(),
        )
        for number, name in enumerate(members, 1)
    ]
    for node in nodes:
        _configure(node, [] if size == 1 else members)
    return nodes


def _configure(node: RabbitmqNode, members: Sequence[str]) -> None:
    folder = node.folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "rabbitmq-env.conf").write_text("")
    (folder / "enabled_plugins").write_text("[].\n")
    replace_text(folder / "rabbitmq.conf", _configuration(node) + _membership(members))
    callers = {user: node.users[user] for user in node.users if user == GATEWAY}
    services = {user: node.users[user] for user in node.users if user != GATEWAY}
    users = definitions("/", node.password, services, callers, GATEWAY_HEARS)
    replace_text(folder / "definitions.json", json.dumps(users))


def _configuration(node: RabbitmqNode) -> str:
    """rabbitmq.conf: each start brings users and rights to what the definitions say; there is no `guest`."""
    return (
        f"listeners.tcp.1 = {LOOPBACK}:{node.port}\n"
        f"load_definitions = {node.folder / 'definitions.json'}\n"
        # Without a name it asks for its host's at each connection: seconds, where that name resolves nowhere.
        "cluster_name = platform\n"
        f"disk_free_limit.absolute = {BROKER_STOPS_BELOW_BYTES}\n"
        f"max_message_size = {BROKER_MESSAGE_MAX_BYTES}\n"
        "raft.wal_max_size_bytes = 67108864\n"
        "log.console = true\nlog.console.level = info\nlog.file = false\n"
    )


def _membership(members: Sequence[str]) -> str:
    """Who belongs together; a node that was frozen so long that the others gave it up starts anew by itself.

    With `pause_minority` it stays apart for ever: it sees them again before it has noticed (ADR 0030).
    """
    if not members:
        return ""
    named = "".join(
        f"cluster_formation.classic_config.nodes.{number} = {member}\n"
        for number, member in enumerate(members, 1)
    )
    return (
        "cluster_formation.peer_discovery_backend = classic_config\n"
        f"{named}"
        "cluster_partition_handling = autoheal\n"
        "queue_leader_locator = balanced\n"
    )
