"""A private PostgreSQL for the simulation: nothing is durable, and each worker has its own databases."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from devstack.host.packages import ensure_packages
from devstack.host.pids import PidFile, stop_recorded
from devstack.servers.databases import Account, DatabaseUrls, connect, create_databases
from devstack.servers.postgresql import PostgresqlCluster, start_postgresql
from devstack.servers.postgresql_data import remove_data
from tests.simulation.sides import SERVICES

# A crash of this server is the end of the simulation, and what it plans should not depend on who vacuums.
SETTINGS = ("synchronous_commit = off", "autovacuum = off", "jit = off")


@contextmanager
def private_databases(folder: Path, workers: int) -> Iterator[list[dict[str, DatabaseUrls]]]:
    """For each worker the URLs of its empty databases by service; all gone afterwards."""
    ensure_packages(("postgresql",))
    folder.mkdir(parents=True, exist_ok=True)
    stop_recorded(folder)
    remove_data(folder / "postgresql")
    password = secrets.token_urlsafe(24)
    try:
        cluster = start_postgresql(
            folder / "postgresql", pids=PidFile(folder), admin_password=password, durable=False
        )
        _set(cluster)
        yield [_databases(cluster, number, password) for number in range(workers)]
    finally:
        stop_recorded(folder)
        remove_data(folder / "postgresql")
        shutil.rmtree(folder, ignore_errors=True)


def _databases(cluster: PostgresqlCluster, number: int, password: str) -> dict[str, DatabaseUrls]:
    accounts = {
        service: Account(name=f"{service}_{number}", password=password, owner_password=password)
        for service in SERVICES
    }
    return create_databases(cluster.admin_url, accounts)


def _set(cluster: PostgresqlCluster) -> None:
    with closing(connect(cluster.admin_url)) as link:
        link.set_session(autocommit=True)
        with link.cursor() as cursor:
            for setting in SETTINGS:
                cursor.execute(f"ALTER SYSTEM SET {setting}")
            cursor.execute("SELECT pg_reload_conf()")
