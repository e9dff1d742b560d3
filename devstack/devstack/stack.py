"""The whole platform as one thing to start and stop: backing services, sandbox, service processes."""

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import Any, Self

from devstack.clock import Clock
from devstack.environment import Wiring, service_environment, wire
from devstack.folders import LOCK_FILE, forget_state, owned, write_state
from devstack.host.packages import RENDERING, ensure_packages
from devstack.host.pids import PidFile, stop_recorded
from devstack.host.ports import free_port
from devstack.officers import create_officer
from devstack.programmes import copy_programmes
from devstack.reconciling import money_equation
from devstack.secrets import SERVICES, load_secrets
from devstack.servers.backing import Backing, start_backing, wipe_data, wipe_given
from devstack.services import (
    choose_ports,
    parse_services,
    portal_process,
    prepare,
    sandbox_processes,
    service_processes,
)
from devstack.supervisor import Supervisor


@dataclass(kw_only=True)
class Stack:
    """A running platform. Use as a context manager; leaving it stops everything that it started."""

    wiring: Wiring
    backing: Backing
    supervisor: Supervisor = field(repr=False)
    _on_stop: ExitStack = field(repr=False)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        durable: bool = True,
        services: Iterable[str] = SERVICES,
        extra_programmes: Path | None = None,
        sandbox: bool = True,
        gateway_port: int | None = None,
        portal_port: int | None = None,
        keep_data: bool = False,
        archive: bool = False,
        brokers: int = 1,
    ) -> Self:
        """Start a platform in `folder` and wait until every process is ready.

        services: names, `cards=2` for two processes. extra_programmes: a programme file or a folder of them.
        durable=False lets PostgreSQL skip fsync and deletes its data at the end (tests); keep_data=True goes
        on with the folder's data. archive=True keeps what `make restore` needs (ADR 0027).
        portal_port: where the web site answers; without one there is none.
        brokers: how many of our own make one cluster (ADR 0030).
        Raises DevstackError with what to do; nothing is left running then.
        """
        folder = folder.resolve()
        counts = parse_services(services)
        with ExitStack() as on_stop:
            on_stop.enter_context(owned(folder))
            _clear(folder, keep_data)
            if not durable:
                on_stop.callback(wipe_data, folder)
            on_stop.callback(stop_recorded, folder)
            on_stop.callback(forget_state, folder)
            backing, wiring, supervisor = _start_parts(
                folder,
                durable,
                archive,
                brokers,
                choose_ports(gateway_port, portal_port),
                extra_programmes,
                on_stop,
            )
            if sandbox:
                supervisor.add(sandbox_processes(wiring))
            prepare(wiring, counts)
            supervisor.add(service_processes(wiring, counts))
            if portal_port:
                supervisor.add([portal_process(wiring)])
            supervisor.start()
            supervisor.wait_ready()
            write_state(wiring)
            return cls(wiring=wiring, backing=backing, supervisor=supervisor, _on_stop=on_stop.pop_all())
        raise AssertionError("unreachable")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop services first, then the sandbox, then the broker and the databases."""
        self._on_stop.close()

    @property
    def folder(self) -> Path:
        """Everything this platform writes is in here."""
        return self.wiring.folder

    @property
    def gateway_url(self) -> str:
        """`http://127.0.0.1:port`, without `/v1`."""
        return self.wiring.gateway_url

    @property
    def bank_url(self) -> str:
        """The local bank."""
        return self.wiring.bank_url

    @property
    def family_quotient_url(self) -> str:
        """The local CAF/MSA API."""
        return self.wiring.family_quotient_url

    @property
    def amqp_uri(self) -> str:
        """The broker, as its owner enters it, who may do anything there."""
        return self.wiring.amqp_uri

    @property
    def mail_folder(self) -> Path:
        """Where the mails arrive."""
        return self.wiring.mail_folder

    @property
    def clock(self) -> Clock:
        """The clock of all services."""
        return Clock(self.wiring.clock_file)

    def database_url(self, service: str) -> str:
        """`postgresql+psycopg2://…` of one service's database, as the running service enters it."""
        return self.wiring.database_urls[service]

    def owner_url(self, service: str) -> str:
        """The same database as its owner enters it, who may change anything in it."""
        return self.wiring.owner_urls[service]

    def environment(self, service: str) -> dict[str, str]:
        """What a process of this service gets, to run one more command in it."""
        return service_environment(service, self.wiring, free_port())

    def metrics_ports(self, service: str) -> list[int]:
        """Where each process of a service answers `/metrics` and `/healthz`."""
        return [int(command.environment["METRICS_PORT"]) for command in self.supervisor.commands(service)]

    def kill(self, service: str, number: int = SIGKILL) -> None:
        """-9, and down until `start_service`; any other signal is just sent (an end leads to a restart)."""
        if number == SIGKILL:
            self.supervisor.kill(service)
        else:
            self.supervisor.signal(service, number)

    def start_service(self, service: str) -> None:
        """Start what does not run of a service or sandbox part, and wait until it is ready."""
        self.supervisor.start(service)
        self.supervisor.wait_ready(service)

    def stop_service(self, service: str) -> None:
        """Ask a service to end; it stays down until `start_service`."""
        self.supervisor.stop(service)

    def restart(self, service: str) -> None:
        """Stop politely, start, wait until ready."""
        self.stop_service(service)
        self.start_service(service)

    def create_officer(self, email: str) -> str:
        """Make an officer; the one-time password."""
        return create_officer(self.wiring, email)

    def money_equation(self) -> dict[str, Any]:
        """What `make reconcile` finds: `terms`, `on_the_way_cents`, `drift_cents` and `faults`."""
        return money_equation(self.wiring)


def _clear(folder: Path, keep_data: bool) -> None:
    """Stop what an owner that was killed left running; with `keep_data` False, begin with an empty folder."""
    stop_recorded(folder)
    forget_state(folder)
    if keep_data:
        return
    wipe_given(folder)
    wipe_data(folder)
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != LOCK_FILE:
            entry.unlink()


def _start_parts(
    folder: Path,
    durable: bool,
    archive: bool,
    brokers: int,
    ports: Mapping[str, int],
    extra_programmes: Path | None,
    on_stop: ExitStack,
) -> tuple[Backing, Wiring, Supervisor]:
    """Everything below the processes: packages, folders, secrets, nodes, ports."""
    ensure_packages(RENDERING)
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "mails").mkdir(exist_ok=True)
    copy_programmes(folder / "programmes", extra_programmes)
    secrets = load_secrets(folder)
    pids = PidFile(folder)
    backing = start_backing(
        folder,
        secrets=secrets,
        pids=pids,
        durable=durable,
        archive=archive,
        size=brokers,
        environ=os.environ,
    )
    on_stop.callback(backing.stop)
    wiring = wire(folder, backing, secrets, ports)
    supervisor = Supervisor(pids)
    on_stop.callback(supervisor.stop_all)
    return backing, wiring, supervisor
