"""The folder of one platform: owned by one process at a time, and readable by others through `stack.json`."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from devstack.environment import Wiring
from devstack.errors import DevstackError
from devstack.host.pids import replace_text
from devstack.host.processes import ProcessId, identify, is_alive
from devstack.secrets import load_secrets

LOCK_FILE = "lock"
STATE_FILE = "stack.json"
PORTS = ("gateway_port", "bank_port", "family_quotient_port", "mailbox_port", "portal_port")


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Own the folder while inside; DevstackError when another living process owns it.

    The kernel gives the lock back when the owner dies, however it dies.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DevstackError(f"A platform already runs in {folder}; stop it first.") from None
        os.truncate(descriptor, 0)
        os.write(descriptor, json.dumps(asdict(identify(os.getpid()))).encode())
        yield
    finally:
        os.close(descriptor)


def owner(folder: Path) -> ProcessId | None:
    """The living process that owns the folder."""
    try:
        written = ProcessId(**json.loads((folder / LOCK_FILE).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return written if is_alive(written) else None


def write_state(wiring: Wiring) -> None:
    """Say where everything is, for commands that come later from another process."""
    state = {
        "amqp_uri": wiring.amqp_uri,
        "amqp_uris": dict(wiring.amqp_uris),
        "database_urls": dict(wiring.database_urls),
        "owner_urls": dict(wiring.owner_urls),
        **{port: getattr(wiring, port) for port in PORTS},
    }
    replace_text(wiring.folder / STATE_FILE, json.dumps(state, indent=1))


def read_state(folder: Path) -> Wiring:
    """Where everything of the platform that runs in `folder` is; DevstackError when none runs."""
    folder = folder.resolve()
    try:
        state = json.loads((folder / STATE_FILE).read_text())
    except FileNotFoundError:
        raise DevstackError(f"No platform runs in {folder}. Start it with `make up`.") from None
    return Wiring(
        folder=folder,
        amqp_uri=state["amqp_uri"],
        amqp_uris=state["amqp_uris"],
        database_urls=state["database_urls"],
        owner_urls=state["owner_urls"],
        secrets=load_secrets(folder),
        **{port: state[port] for port in PORTS},
    )


def forget_state(folder: Path) -> None:
    """No platform runs here any more."""
    (folder / STATE_FILE).unlink(missing_ok=True)
