"""A private PostgreSQL cluster: scram passwords, loopback only, what each service needs and no more."""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.errors import DevstackError, tail
from devstack.host.pids import PidFile
from devstack.host.ports import LOOPBACK, free_port, wait_until
from devstack.host.processes import Command, RunningProcess, start_process
from devstack.servers.archiving import archiving_settings, archiving_variables
from devstack.servers.databases import (
    ADMINISTRATOR,
    Account,
    DatabaseUrls,
    accepts_logins,
    close_maintenance_databases,
    create_databases,
    database_url,
)
from devstack.servers.postgresql_data import DATA_LINK, bin_of, ensure_data, environment_of, system_user

START_TIMEOUT_S = 60.0
MAX_START_ATTEMPTS = 3
MAX_CONNECTIONS = 200
# Commits still reach the kernel, so they survive kill -9 of the server; only a power cut could lose them.
NOT_DURABLE = ("fsync=off", "full_page_writes=off")


@dataclass(kw_only=True)
class PostgresqlCluster:
    """One server; `stop`, `kill9` and `start` keep its data, port and passwords."""

    folder: Path
    admin_password: str = field(repr=False)
    pids: PidFile = field(repr=False)
    durable: bool = True
    archive: bool = False
    port: int = 0
    _server: RunningProcess | None = field(default=None, repr=False)

    @property
    def admin_url(self) -> str:
        """The administrator's URL (`postgresql+psycopg2://…/postgres`)."""
        return database_url(ADMINISTRATOR, self.admin_password, LOOPBACK, self.port, "postgres")

    @property
    def log_file(self) -> Path:
        """What the server says."""
        return self.folder / "postgresql.log"

    def start(self) -> None:
        """Start the server (again) and wait until it accepts logins."""
        self._server = start_process(self._command())
        self.pids.add(self._server)
        wait_until(lambda: self._has_ended() or accepts_logins(self.admin_url), START_TIMEOUT_S)
        if self._has_ended() or not accepts_logins(self.admin_url):
            self.kill9()
            raise DevstackError(
                f"PostgreSQL did not start; its last words ({self.log_file}):\n{tail(self.log_file)}"
            )

    def stop(self) -> None:
        """Roll open transactions back, write a checkpoint, end (a "fast" shutdown)."""
        self._end(signal.SIGINT)

    def restart(self, *, immediate: bool = False) -> None:
        """Stop and start on the same port; `immediate`: the start has to recover from the log."""
        self._end(signal.SIGQUIT if immediate else signal.SIGINT)
        self.start()

    def kill9(self) -> None:
        """kill -9 for the server and all its sessions."""
        if self._server:
            self._server.kill()
            self.pids.remove(self._server.id)
        self._server = None

    def _end(self, stop_signal: signal.Signals) -> None:
        if self._server:
            if self._server.is_alive():
                os.kill(self._server.id.pid, stop_signal)
                wait_until(self._has_ended, timeout_s=15.0)
            self._server.stop()
            self.pids.remove(self._server.id)
        self._server = None

    def _has_ended(self) -> bool:
        return self._server is None or not self._server.is_alive()

    def _command(self) -> Command:
        data = (self.folder / DATA_LINK).resolve()
        settings = [
            f"listen_addresses={LOOPBACK}",
            f"port={self.port}",
            "unix_socket_directories=",
            f"max_connections={MAX_CONNECTIONS}",
            "timezone=UTC",
            *(() if self.durable else NOT_DURABLE),
            *(archiving_settings(data, system_user()) if self.archive else ()),
        ]
        arguments = [argument for setting in settings for argument in ("-c", setting)]
        return Command(
            name="postgresql",
            argv=[str(bin_of(data) / "postgres"), "-D", str(data), *arguments],
            environment={**environment_of(bin_of(data)), **archiving_variables(data)},
            folder=data,
            log_file=self.log_file,
            user=system_user(),
            stop_signal=signal.SIGINT,
        )


def start_postgresql(
    folder: Path,
    *,
    pids: PidFile,
    admin_password: str,
    durable: bool = True,
    archive: bool = False,
) -> PostgresqlCluster:
    """Start a cluster whose data lies in `folder` (made when absent). Raises DevstackError."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    ensure_data(folder, admin_password)
    cluster = PostgresqlCluster(
        folder=folder, admin_password=admin_password, pids=pids, durable=durable, archive=archive
    )
    for _ in range(MAX_START_ATTEMPTS - 1):
        cluster.port = free_port()
        try:
            cluster.start()
        except DevstackError:
            # Somebody else may have taken the port between choosing and binding: choose again.
            continue
        return cluster
    cluster.port = free_port()
    cluster.start()
    return cluster


def create_service_databases(
    cluster: PostgresqlCluster, accounts: Mapping[str, Account]
) -> dict[str, DatabaseUrls]:
    """`create_databases` on a server of our own, where a service enters nothing else. May be done again."""
    close_maintenance_databases(cluster.admin_url)
    return create_databases(cluster.admin_url, accounts)
