"""Backup and restore of a platform on one machine: the containers' scripts, run for the private server."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from devstack.environment import base_environment
from devstack.errors import DevstackError
from devstack.folders import forget_state, owned, read_state
from devstack.host.pids import PidFile, stop_recorded
from devstack.host.ports import LOOPBACK
from devstack.secrets import load_secrets
from devstack.servers.archiving import archiving_variables, install_tools, tools_folder
from devstack.servers.backing import is_given, start_backing
from devstack.servers.brokers import brokers_in, set_data_aside
from devstack.servers.databases import ADMINISTRATOR
from devstack.servers.postgresql_data import DATA_LINK, bin_of, environment_of, system_user


def back_up(folder: Path) -> str:
    """Copy the databases of the platform that runs in `folder`; what the script says. DevstackError."""
    wiring = read_state(folder)
    port = urlsplit(wiring.database_urls["cards"]).port or 0
    return back_up_server(_own_server(folder), port, wiring.secrets.database_admin_password)


def restore(folder: Path, to: str) -> str:
    """Bring a stopped platform's databases back to a moment, and let its broker begin anew; what was done.

    `to`: RFC 3339 of the machine's clock, or `latest`. What was there is kept beside. Then `announce_again`.
    """
    with owned(folder):
        stop_recorded(folder)
        forget_state(folder)
        said = restore_server(_own_server(folder), to)
        aside = set_data_aside(folder / "rabbitmq")
    kept = ", ".join(map(str, aside))
    return f"{said}The broker begins anew; its old data: {kept}.\n" if aside else said


def back_up_server(server: Path, port: int, admin_password: str) -> str:
    """Copy all databases of the running server whose folder this is."""
    login = {
        "PGHOST": LOOPBACK,
        "PGPORT": str(port),
        "PGUSER": ADMINISTRATOR,
        "PGPASSWORD": admin_password,
    }
    return _run(_data(server), "backup.sh", [], login)


def restore_server(server: Path, to: str) -> str:
    """Bring all databases of the stopped server back to a moment; its data until now is kept beside."""
    data = _data(server)
    install_tools(data, system_user())
    return _run(data, "restore.sh", [to], {})


def announce_again(folder: Path) -> str:
    """Mark what the outboxes of a stopped platform hold for the relays, before any service serves."""
    with owned(folder):
        stop_recorded(folder)
        pids = PidFile(folder)
        size = brokers_in(folder / "rabbitmq") or 1
        backing = start_backing(folder, secrets=load_secrets(folder), pids=pids, archive=True, size=size)
        try:
            return "".join(_replay(service, url) for service, url in backing.database_urls.items())
        finally:
            backing.stop()


def _replay(service: str, url: str) -> str:
    argv = [sys.executable, "-m", "chassis", "replay", service]
    environment = {**base_environment(), "DATABASE_URL": url}
    return _output(
        subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    )


def _own_server(folder: Path) -> Path:
    server = folder / "postgresql"
    if is_given(os.environ) or not server.exists():
        raise DevstackError("The database server is not ours: back it up and restore it by its own means.")
    return server


def _data(server: Path) -> Path:
    return (server / DATA_LINK).resolve()


def _run(data: Path, script: str, arguments: list[str], login: Mapping[str, str]) -> str:
    user = system_user()
    return _output(
        subprocess.run(
            ["sh", str(tools_folder(data) / script), *arguments],
            env={**environment_of(bin_of(data)), **archiving_variables(data), **login},
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=data.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    )


def _output(done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode != 0:
        raise DevstackError(done.stdout + done.stderr)
    return done.stdout
