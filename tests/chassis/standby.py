"""A PostgreSQL server and its standby, behind TLS, as a region's own would be."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from devstack.host.pids import PidFile
from devstack.host.ports import LOOPBACK, free_port
from devstack.servers.databases import connect
from devstack.servers.postgresql import PostgresqlCluster, start_postgresql
from devstack.servers.postgresql_data import (
    DATA_LINK,
    bin_of,
    ensure_data,
    environment_of,
    remove_data,
    system_user,
)
from tests.chassis.certificates import Authority

PASSWORD = "for-tests-only"
HOST = "localhost"


@dataclass
class Pair:
    """``first`` serves, ``second`` follows until it is promoted."""

    first: PostgresqlCluster
    second: PostgresqlCluster
    authority: Authority

    def url(self, host: str = HOST, *, database: str = "postgres", **changes: str) -> str:
        """Both servers' URL for the administrator, that of the one that takes writes."""
        hosts = [f"{host}:{server.port}" for server in (self.second, self.first)]
        given = {
            "target_session_attrs": "read-write",
            "sslmode": "verify-full",
            "sslrootcert": str(self.authority.certificate),
        }
        query = urlencode([("host", one) for one in hosts] + list((given | changes).items()))
        return f"postgresql+psycopg2://administrator:{PASSWORD}@/{database}?{query}"

    def promote(self) -> None:
        """The standby takes writes from now on."""
        say(self.second, "SELECT pg_promote()")

    def present(self, names: Sequence[str], ends_in: timedelta = timedelta(days=1)) -> None:
        """From now on the first server shows a certificate of this kind."""
        show_certificate(self.first, self.authority, names, ends_in)
        say(self.first, "SELECT pg_reload_conf()")


def start_pair(folder: Path) -> Pair:
    """Both servers; `stop_pair` ends them and deletes their data."""
    authority, pids = Authority(folder), PidFile(folder)
    first = start_postgresql(folder / "first", pids=pids, admin_password=PASSWORD, durable=False)
    show_certificate(first, authority, [HOST])
    say(first, "ALTER SYSTEM SET ssl = on")
    say(first, "SELECT pg_reload_conf()")
    second = _standby_of(first, folder / "second", pids)
    return Pair(first, second, authority)


def stop_pair(pair: Pair) -> None:
    """Nothing of it is left."""
    for server in (pair.second, pair.first):
        server.kill9()
        remove_data(server.folder)


def say(server: PostgresqlCluster, statement: str) -> None:
    """Run one statement there, outside transactions."""
    with closing(connect(server.admin_url)) as link:
        link.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with link.cursor() as at:
            at.execute(statement)


def show_certificate(
    server: PostgresqlCluster,
    authority: Authority,
    names: Sequence[str],
    ends_in: timedelta = timedelta(days=1),
) -> None:
    """Put a certificate where the server looks for it; it reads it when it is told to."""
    data = (server.folder / DATA_LINK).resolve()
    pair = authority.pair("database", names, ends_in=ends_in)
    for source, name in ((pair.certificate, "server.crt"), (pair.key, "server.key")):
        shutil.copy(source, data / name)
        if user := system_user():
            shutil.chown(data / name, user, user)


def _standby_of(first: PostgresqlCluster, folder: Path, pids: PidFile) -> PostgresqlCluster:
    folder.mkdir(parents=True)
    ensure_data(folder, PASSWORD)
    data, user = (folder / DATA_LINK).resolve(), system_user()
    shutil.rmtree(data)
    programs = bin_of(data)
    subprocess.run(
        [
            *(str(programs / "pg_basebackup"), "--pgdata", str(data), "--checkpoint=fast"),
            *("--write-recovery-conf", "--host", LOOPBACK, "--port", str(first.port)),
            *("--username", "administrator", "--no-password"),
        ],
        user=user,
        group=user,
        extra_groups=[] if user else None,
        env={**environment_of(programs), "PGPASSWORD": PASSWORD, "HOME": os.path.dirname(data)},
        cwd=data.parent,
        check=True,
        capture_output=True,
    )
    second = PostgresqlCluster(folder=folder, admin_password=PASSWORD, pids=pids, durable=False)
    second.port = free_port()
    second.start()
    return second
