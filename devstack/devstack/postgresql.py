"""A private PostgreSQL 15 cluster: scram passwords, loopback only, what each service needs and no more."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from devstack.archiving import archiving_settings, archiving_variables, remove_archive
from devstack.databases import (
    ADMINISTRATOR,
    Account,
    DatabaseUrls,
    accepts_logins,
    close_maintenance_databases,
    create_databases,
    database_url,
)
from devstack.debian import POSTGRESQL_BIN
from devstack.errors import DevstackError, tail
from devstack.pids import PidFile
from devstack.ports import LOOPBACK, free_port, wait_until
from devstack.processes import Command, RunningProcess, start_process

SYSTEM_USER = "postgres"
START_TIMEOUT_S = 60.0
MAX_START_ATTEMPTS = 3
MAX_CONNECTIONS = 200
# Commits still reach the kernel, so they survive kill -9 of the server; only a power cut could lose them.
NOT_DURABLE = ("fsync=off", "full_page_writes=off")
DATA_LINK = "data"


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
            argv=[str(POSTGRESQL_BIN / "postgres"), "-D", str(data), *arguments],
            environment={**_environment(), **archiving_variables(data)},
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
    _ensure_data(folder, admin_password)
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


def remove_data(folder: Path) -> None:
    """Delete a stopped cluster's data, wherever it had to be put, and its backups; its log stays."""
    data = folder / DATA_LINK
    remove_archive(data.resolve())
    if data.is_symlink():
        shutil.rmtree(data.resolve().parent, ignore_errors=True)
        data.unlink()
    shutil.rmtree(data, ignore_errors=True)


def system_user() -> str | None:
    """Who runs the server: PostgreSQL refuses root, so root becomes `postgres`; others stay themselves."""
    return SYSTEM_USER if os.geteuid() == 0 else None


def _ensure_data(folder: Path, admin_password: str) -> None:
    link = folder / DATA_LINK
    if (link / "PG_VERSION").exists():
        return
    home = _reachable_home(folder)
    data = home / DATA_LINK
    # An initdb that was interrupted leaves a folder that neither initdb nor the server accepts.
    shutil.rmtree(data, ignore_errors=True)
    _initdb(data, home, admin_password)
    if home != folder:
        link.unlink(missing_ok=True)
        link.symlink_to(data)


def _reachable_home(folder: Path) -> Path:
    """A folder for the data that the server's user can reach.

    A clone under /root cannot be entered by `postgres`: the data then goes to a new folder under /var/tmp,
    and `folder` gets a link to it.
    """
    user = system_user()
    if user is None:
        return folder
    if not _can_enter(folder, user):
        folder = Path(tempfile.mkdtemp(prefix="devstack-postgresql-", dir="/var/tmp"))
    shutil.chown(folder, user, user)
    return folder


def _can_enter(folder: Path, user: str) -> bool:
    """Ask the kernel rather than computing with modes: access lists and mount options count too."""
    test = ["/usr/bin/test", "-x", str(folder.resolve())]
    done = subprocess.run(test, user=user, group=user, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def _initdb(data: Path, home: Path, admin_password: str) -> None:
    user = system_user()
    with _password_file(home, admin_password, user) as password_file:
        done = subprocess.run(
            [
                *(str(POSTGRESQL_BIN / "initdb"), "-D", str(data), "-U", ADMINISTRATOR),
                *("--pwfile", str(password_file), "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            user=user,
            group=user,
            extra_groups=[] if user else None,
            env=_environment(),
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise DevstackError(f"initdb failed:\n{done.stdout}{done.stderr}")


@contextmanager
def _password_file(home: Path, password: str, user: str | None) -> Iterator[Path]:
    """A file that only the server's user can read, gone afterwards: no password in an argument list."""
    path = home / ".initdb-password"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(password + "\n")
    if user:
        shutil.chown(path, user, user)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    return {"PATH": f"{POSTGRESQL_BIN}:/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
