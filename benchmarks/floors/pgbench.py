"""The database's floor: `pgbench -N` on the same cluster, in its own database, over TCP like a service."""

import os
import re
import subprocess
from contextlib import closing
from urllib.parse import unquote, urlsplit

from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT

from devstack.host.programs import postgresql_bin
from devstack.servers.databases import connect

DATABASE = "pgbench"
# 100,000 accounts each: far more rows than clients, so that none waits for another.
SCALE = 10
THREADS_MAX = 2
# Beyond the measured seconds: connecting, and a machine that is busy.
PATIENCE_S = 60.0
TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)


class PgbenchFailed(Exception):
    """What it said."""


class Pgbench:
    """Made once for a run; each measurement takes ``seconds``."""

    def __init__(self, admin_url: str) -> None:
        self._admin_url = admin_url
        with closing(connect(admin_url)) as link:
            link.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with link.cursor() as at:
                at.execute(f"CREATE DATABASE {DATABASE}")
        self._run("-i", "-q", "-s", str(SCALE), timeout_s=PATIENCE_S)

    def tps(self, clients: int, seconds: float) -> float:
        """Transactions a second of three writes and a read each (simple-update), connection time left out."""
        threads = str(min(clients, THREADS_MAX))
        length = str(max(1, round(seconds)))
        said = self._run(
            *("-N", "-n", "-c", str(clients), "-j", threads, "-T", length), timeout_s=seconds + PATIENCE_S
        )
        return read_tps(said)

    def _run(self, *arguments: str, timeout_s: float) -> str:
        url = urlsplit(self._admin_url)
        where = ["-h", str(url.hostname), "-p", str(url.port), "-U", unquote(url.username or "")]
        done = subprocess.run(
            [str(postgresql_bin() / "pgbench"), *where, *arguments, DATABASE],
            env={**os.environ, "PGPASSWORD": unquote(url.password or ""), "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0:
            raise PgbenchFailed(done.stdout + done.stderr)
        return done.stdout


def read_tps(said: str) -> float:
    """The figure in pgbench's report."""
    found = TPS.search(said)
    if found is None:
        raise PgbenchFailed(said)
    return float(found[1])
