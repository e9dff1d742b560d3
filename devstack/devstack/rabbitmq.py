"""A private RabbitMQ node: its own folder, ports, passwords and name daemon, on loopback only."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from chassis.broker_rights import OWNER, definitions
from devstack.errors import DevstackError, tail
from devstack.pids import PidFile, replace_text
from devstack.plain_paths import forget_plain, plain
from devstack.ports import LOOPBACK, answers, free_port, speaks_amqp, wait_until
from devstack.processes import Command, RunningProcess, start_process
from devstack.programs import epmd, rabbitmq_bin, search_path
from devstack.room import BROKER_STOPS_BELOW_BYTES
from devstack.secrets import GATEWAY

START_TIMEOUT_S = 60.0
CONTROL_TIMEOUT_S = 60.0
MAX_START_ATTEMPTS = 3


@dataclass(kw_only=True)
class RabbitmqNode:
    """One broker; `stop`, `kill9` and `start` keep its data, ports and passwords; `users` are services."""

    folder: Path
    password: str = field(repr=False)
    users: Mapping[str, str] = field(repr=False)
    pids: PidFile = field(repr=False)
    port: int = 0
    distribution_port: int = 0
    epmd_port: int = 0
    _epmd: RunningProcess | None = field(default=None, repr=False)
    _broker: RunningProcess | None = field(default=None, repr=False)

    @property
    def uri(self) -> str:
        """The AMQP URI of its owner, on the default virtual host."""
        return f"amqp://{OWNER}:{self.password}@{LOOPBACK}:{self.port}/"

    def uri_of(self, user: str) -> str:
        """The AMQP URI of one of its other users, who has a service's rights (ADR 0023)."""
        return f"amqp://{user}:{self.users[user]}@{LOOPBACK}:{self.port}/"

    @property
    def log_file(self) -> Path:
        """What the broker says."""
        return self.folder / "rabbitmq.log"

    def start(self) -> None:
        """Start the node (again) and wait until it speaks AMQP."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the node without waiting for it."""
        self._ensure_epmd()
        self._broker = self._run("rabbitmq", [str(rabbitmq_bin() / "rabbitmq-server")])

    def wait_ready(self) -> None:
        """Wait until it speaks AMQP; raises DevstackError with its last words when it ends instead."""
        wait_until(lambda: self._has_ended() or speaks_amqp(self.port), START_TIMEOUT_S)
        if self._has_ended() or not speaks_amqp(self.port):
            self.kill9()
            raise DevstackError(
                f"RabbitMQ did not start; its last words ({self.log_file}):\n{tail(self.log_file)}"
            )

    def stop(self) -> None:
        """End politely, name daemon included."""
        for running in (self._broker, self._epmd):
            if running:
                running.stop()
                self.pids.remove(running.id)
        self._broker = self._epmd = None

    def kill9(self) -> None:
        """kill -9, as when the machine loses power."""
        if self._broker:
            self._broker.kill()
            self.pids.remove(self._broker.id)
        self._broker = None

    def restart(self) -> None:
        """Stop politely and start again, same ports."""
        self.stop()
        self.start()

    def control(self, *arguments: str) -> str:
        """What `rabbitmqctl` prints of this node; raises DevstackError with its complaint."""
        done = subprocess.run(
            [str(rabbitmq_bin() / "rabbitmqctl"), "--quiet", *arguments],
            env=self._environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=CONTROL_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise DevstackError(f"rabbitmqctl {arguments[0]} failed:\n{(done.stdout + done.stderr)[-3_000:]}")
        return done.stdout

    def _has_ended(self) -> bool:
        return self._broker is None or not self._broker.is_alive()

    def _ensure_epmd(self) -> None:
        """Erlang's name daemon, our own child: the one Erlang would start by itself outlives every node."""
        if self._epmd and self._epmd.is_alive():
            return
        self._epmd = self._run("epmd", [str(epmd()), "-port", str(self.epmd_port), "-address", LOOPBACK])
        if not wait_until(lambda: answers(self.epmd_port), START_TIMEOUT_S):
            raise DevstackError(f"epmd did not start:\n{tail(self.log_file)}")

    def _run(self, name: str, argv: list[str]) -> RunningProcess:
        command = Command(
            name=name,
            # Erlang closes every descriptor it may have, one by one: a limit of a billion takes minutes.
            argv=["/bin/sh", "-c", 'ulimit -S -n 4096 2>/dev/null; exec "$@"', "sh", *argv],
            environment=self._environment(),
            folder=self.folder,
            log_file=self.log_file,
        )
        running = start_process(command)
        self.pids.add(running)
        return running

    def _environment(self) -> dict[str, str]:
        """Everything that Debian's /etc/rabbitmq would say, said here (rabbit_env.erl lists the names)."""
        data = self.folder / "data"
        return {
            "PATH": search_path(rabbitmq_bin(), epmd().parent),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            # All nodes may have one name, as each has its own name daemon; the data depends on the name.
            "RABBITMQ_NODENAME": "platform@localhost",
            "RABBITMQ_MNESIA_BASE": str(data),
            "RABBITMQ_MNESIA_DIR": str(data / "node"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONFIG_FILES": str(self.folder / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_PLUGINS_EXPAND_DIR": str(data / "plugins-expand"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(data / "feature_flags"),
            "RABBITMQ_QUORUM_DIR": str(data / "quorum"),
            "RABBITMQ_PID_FILE": str(data / "node.pid"),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_MAX_PORTS": "4096",
            "ERL_CRASH_DUMP_SECONDS": "0",
            # The start script then becomes the broker instead of its parent: the pid is the one to signal.
            "RUNNING_UNDER_SYSTEMD": "true",
        }


def start_rabbitmq(folder: Path, *, pids: PidFile, password: str | None = None) -> RabbitmqNode:
    """Start a node whose data lies in `folder` (made when absent); about six seconds."""
    return wait_rabbitmq(launch_rabbitmq(folder, pids=pids, password=password))


def launch_rabbitmq(
    folder: Path, *, pids: PidFile, password: str | None = None, users: Mapping[str, str] | None = None
) -> RabbitmqNode:
    """As `start_rabbitmq`, without waiting: something else can be started meanwhile."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The broker's disk monitor hands the path to a shell unquoted, and that shell waits for a second quote.
    folder = plain(folder)
    node = _node(folder, password or secrets.token_urlsafe(24), users or {}, pids)
    node.launch()
    return node


def wait_rabbitmq(node: RabbitmqNode) -> RabbitmqNode:
    """Wait for a launched node.

    Somebody else may have taken one of its ports between choosing and binding: it is then launched
    again on others.
    """
    for _ in range(MAX_START_ATTEMPTS - 1):
        try:
            node.wait_ready()
        except DevstackError:
            node.stop()
            node = launch_rabbitmq(node.folder, pids=node.pids, password=node.password, users=node.users)
        else:
            return node
    node.wait_ready()
    return node


def remove_data(folder: Path) -> None:
    """Delete a stopped node's data; its log stays."""
    shutil.rmtree(folder / "data", ignore_errors=True)
    forget_plain(folder.resolve())


def set_data_aside(folder: Path) -> Path | None:
    """Let a stopped node begin anew; where its data is now, if it had any."""
    data = folder / "data"
    if not data.exists():
        return None
    return data.rename(folder / f"data-before-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")


def _node(folder: Path, password: str, users: Mapping[str, str], pids: PidFile) -> RabbitmqNode:
    """A node with new ports, its configuration written."""
    node = RabbitmqNode(
        folder=folder,
        password=password,
        users=users,
        pids=pids,
        port=free_port(),
        distribution_port=free_port(),
        epmd_port=free_port(),
    )
    (folder / "rabbitmq-env.conf").write_text("")
    (folder / "enabled_plugins").write_text("[].\n")
    replace_text(folder / "rabbitmq.conf", _configuration(node))
    callers = {user: users[user] for user in users if user == GATEWAY}
    services = {user: users[user] for user in users if user != GATEWAY}
    replace_text(folder / "definitions.json", json.dumps(definitions("/", password, services, callers)))
    return node


def _configuration(node: RabbitmqNode) -> str:
    """rabbitmq.conf: each start brings users and rights to what the definitions say; there is no `guest`."""
    return (
        f"listeners.tcp.1 = {LOOPBACK}:{node.port}\n"
        f"load_definitions = {node.folder / 'definitions.json'}\n"
        # Without a name it asks for its host's at each connection: seconds, where that name resolves nowhere.
        "cluster_name = platform\n"
        f"disk_free_limit.absolute = {BROKER_STOPS_BELOW_BYTES}\n"
        "raft.wal_max_size_bytes = 67108864\n"
        "log.console = true\nlog.console.level = info\nlog.file = false\n"
    )
