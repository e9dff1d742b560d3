"""A private RabbitMQ node: its own folder, name, ports and passwords, on loopback only."""

import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from chassis.broker.rights import OWNER
from chassis.broker.url import Host, broker_url
from devstack.errors import DevstackError, tail
from devstack.host.pids import PidFile
from devstack.host.ports import LOOPBACK, speaks_amqp, wait_until
from devstack.host.processes import Command, ProcessId, RunningProcess, start_process
from devstack.host.programs import epmd, rabbitmq_bin, search_path
from devstack.servers.name_daemon import NameDaemon, limited

START_TIMEOUT_S = 60.0
CONTROL_TIMEOUT_S = 60.0


@dataclass(kw_only=True)
class RabbitmqNode:
    """One broker; `stop`, `kill9` and `start` keep its data, ports and passwords; `users` are services.

    `net_tick_s`: after how long the nodes of a cluster give up one that is silent; None has no neighbours.
    """

    STOP_SIGNAL: ClassVar[int] = signal.SIGTERM

    folder: Path
    name: str
    process_name: str
    names: NameDaemon = field(repr=False)
    password: str = field(repr=False)
    users: Mapping[str, str] = field(repr=False)
    pids: PidFile = field(repr=False)
    port: int
    distribution_port: int
    net_tick_s: int | None = None
    _broker: RunningProcess | None = field(default=None, repr=False)

    @property
    def uri(self) -> str:
        """The AMQP URI of its owner, on the default virtual host."""
        return broker_url(OWNER, self.password, [self.host])

    def uri_of(self, user: str) -> str:
        """The AMQP URI of one of its other users, who has a service's rights (ADR 0023)."""
        return broker_url(user, self.users[user], [self.host])

    @property
    def host(self) -> Host:
        """Where it listens."""
        return Host(LOOPBACK, self.port)

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
        self.names.ensure(self._environment())
        command = Command(
            name=self.process_name,
            argv=limited([str(rabbitmq_bin() / "rabbitmq-server")]),
            environment=self._environment(),
            folder=self.folder,
            log_file=self.log_file,
            stop_signal=self.STOP_SIGNAL,
        )
        self._broker = start_process(command)
        self.pids.add(self._broker)

    def wait_ready(self) -> None:
        """Wait until it speaks AMQP; raises DevstackError with its last words when it ends instead."""
        wait_until(lambda: self._has_ended() or speaks_amqp(self.port), START_TIMEOUT_S)
        if self._has_ended() or not speaks_amqp(self.port):
            self.kill9()
            raise DevstackError(
                f"RabbitMQ did not start; its last words ({self.log_file}):\n{tail(self.log_file)}"
            )

    def stop(self) -> None:
        """End politely; the name daemon stays, as others may use it."""
        if self._broker:
            self._broker.stop()
            self.pids.remove(self._broker.id)
        self._broker = None

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

    def processes(self) -> list[ProcessId]:
        """The broker's process, while it runs."""
        return [self._broker.id] if self._broker and self._broker.is_alive() else []

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

    def _environment(self) -> dict[str, str]:
        """Everything that Debian's /etc/rabbitmq would say, said here (rabbit_env.erl lists the names)."""
        data = self.folder / "data"
        tick = f" net_ticktime {self.net_tick_s}" if self.net_tick_s else ""
        return {
            "PATH": search_path(rabbitmq_bin(), epmd().parent),
            "LANG": "C.UTF-8",
            # Where the cookie is that nodes know each other by.
            "HOME": str(self.names.folder),
            "RABBITMQ_NODENAME": self.name,
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
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{127,0,0,1}}{tick}",
            "ERL_EPMD_PORT": str(self.names.port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_MAX_PORTS": "4096",
            "ERL_CRASH_DUMP_SECONDS": "0",
            # The start script then becomes the broker instead of its parent: the pid is the one to signal.
            "RUNNING_UNDER_SYSTEMD": "true",
        }
