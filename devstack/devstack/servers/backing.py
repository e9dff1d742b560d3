"""The broker and the databases that services stand on: given ones, or private nodes of our own."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chassis.settings import SettingsError, variable
from devstack.errors import DevstackError
from devstack.host.packages import SERVERS, ensure_packages
from devstack.host.pids import PidFile, stop_recorded
from devstack.host.room import ensure_room
from devstack.secrets import DATABASE_SERVICES, Secrets, load_secrets
from devstack.servers import brokers, postgresql_data
from devstack.servers.brokers import launch_brokers, stop_brokers, wait_brokers
from devstack.servers.databases import Account, DatabaseUrls, create_databases, drop_databases
from devstack.servers.postgresql import PostgresqlCluster, create_service_databases, start_postgresql
from devstack.servers.rabbitmq import RabbitmqNode


@dataclass(frozen=True, kw_only=True)
class Backing:
    """Where the broker and each service's database are; `brokers` and `database` when they are ours.

    `amqp_uri` is the owner's, and everybody's where the broker is a given one; it names each of several.
    """

    amqp_uri: str = field(repr=False)
    databases: Mapping[str, DatabaseUrls] = field(repr=False)
    brokers: tuple[RabbitmqNode, ...] = ()
    database: PostgresqlCluster | None = None

    @property
    def broker(self) -> RabbitmqNode | None:
        """Our only broker, or the first of several."""
        return self.brokers[0] if self.brokers else None

    def amqp_uri_of(self, service: str) -> str:
        """The broker, as a service enters it."""
        return ";".join(node.uri_of(service) for node in self.brokers) or self.amqp_uri

    @property
    def database_urls(self) -> dict[str, str]:
        """Each service's database, as the running service enters it."""
        return {service: urls.service for service, urls in self.databases.items()}

    @property
    def owner_urls(self) -> dict[str, str]:
        """Each service's database, as its owner enters it."""
        return {service: urls.owner for service, urls in self.databases.items()}

    def stop(self) -> None:
        """Stop what is ours; given servers are left alone."""
        stop_brokers(self.brokers)
        if self.database:
            self.database.stop()


def start_backing(
    folder: Path,
    *,
    secrets: Secrets,
    pids: PidFile,
    durable: bool = True,
    archive: bool = False,
    size: int = 1,
    environ: Mapping[str, str] = os.environ,
) -> Backing:
    """Given servers when AMQP_URI and DATABASE_URL… name them, else nodes of our own, `size` brokers."""
    if is_given(environ):
        return _given(folder, secrets, environ)
    return _own_nodes(folder, secrets, pids, durable, archive, size)


@contextmanager
def private_backing(folder: Path, *, durable: bool = False, size: int = 1) -> Iterator[Backing]:
    """`size` brokers and empty databases for the tests of one service, in `folder`, gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    stop_recorded(folder)
    wipe_data(folder)
    wipe_given(folder)
    pids = PidFile(folder)
    try:
        backing = start_backing(folder, secrets=load_secrets(folder), pids=pids, durable=durable, size=size)
        try:
            yield backing
        finally:
            backing.stop()
    finally:
        stop_recorded(folder)
        wipe_data(folder)


def is_given(environ: Mapping[str, str]) -> bool:
    """Whether the environment names servers to use; half of them named is a mistake and refused."""
    per_service = [f"DATABASE_URL_{service.upper()}" for service in DATABASE_SERVICES]
    named = [name for name in ("AMQP_URI", "DATABASE_URL", *per_service) if _given_text(name, environ)]
    if not named:
        return False
    wanted = ["AMQP_URI"] if _given_text("DATABASE_URL", environ) else ["AMQP_URI", *per_service]
    if missing := [name for name in wanted if name not in named]:
        raise DevstackError(
            f"{', '.join(named)} given, but not {', '.join(missing)}.\n"
            "Give AMQP_URI with either DATABASE_URL (an administrator) or one DATABASE_URL_<SERVICE> each, "
            "or none of them to get private nodes."
        )
    return True


def docker_answers() -> bool:
    """Whether a Docker engine can be used from here."""
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "info"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return asked.returncode == 0


def wipe_data(folder: Path) -> None:
    """Delete the data of stopped nodes of our own in `folder`; their logs stay."""
    postgresql_data.remove_data(folder / "postgresql")
    brokers.remove_data(folder / "rabbitmq")


def wipe_given(folder: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Drop this folder's databases on a given server; databases given one by one are never dropped."""
    admin_url = _given_text("DATABASE_URL", environ)
    if is_given(environ) and admin_url:
        drop_databases(admin_url, [_name_on_given_server(folder, service) for service in DATABASE_SERVICES])


def _given_text(name: str, environ: Mapping[str, str]) -> str:
    """A variable, or the file that it names with _FILE; "" where it is not given."""
    try:
        return variable(name, environ)
    except SettingsError as error:
        raise DevstackError(str(error)) from None


def _given(folder: Path, secrets: Secrets, environ: Mapping[str, str]) -> Backing:
    urls = {service: _given_text(f"DATABASE_URL_{service.upper()}", environ) for service in DATABASE_SERVICES}
    # One URL for a service is both its owner's and its own.
    databases = {service: DatabaseUrls(service=url, owner=url) for service, url in urls.items() if url}
    if without := [service for service, url in urls.items() if not url]:
        accounts = {
            service: _account(_name_on_given_server(folder, service), service, secrets) for service in without
        }
        databases |= create_databases(_given_text("DATABASE_URL", environ), accounts)
    return Backing(amqp_uri=_given_text("AMQP_URI", environ), databases=databases)


def _account(name: str, service: str, secrets: Secrets) -> Account:
    return Account(
        name=name,
        password=secrets.database_passwords[service],
        owner_password=secrets.database_owner_passwords[service],
    )


def _name_on_given_server(folder: Path, service: str) -> str:
    """A given server may carry several platforms (demo, tests): the folder tells them apart."""
    return f"{service}_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"


def _own_nodes(
    folder: Path, secrets: Secrets, pids: PidFile, durable: bool, archive: bool, size: int
) -> Backing:
    """Private nodes from the programs of this machine.

    Containers from deploy/compose.yaml would come in here, chosen by `docker_answers()`; the container tests
    run that file by themselves, so private nodes serve here on every machine.
    """
    ensure_packages(SERVERS)
    ensure_room(folder)
    launched = launch_brokers(
        folder / "rabbitmq",
        pids=pids,
        size=size,
        password=secrets.amqp_password,
        users=secrets.amqp_passwords,
    )
    database = start_postgresql(
        folder / "postgresql",
        pids=pids,
        admin_password=secrets.database_admin_password,
        durable=durable,
        archive=archive,
    )
    accounts = {service: _account(service, service, secrets) for service in DATABASE_SERVICES}
    databases = create_service_databases(database, accounts)
    nodes = tuple(wait_brokers(launched))
    uri = ";".join(node.uri for node in nodes)
    return Backing(amqp_uri=uri, databases=databases, brokers=nodes, database=database)
