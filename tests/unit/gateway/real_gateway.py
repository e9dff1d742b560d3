"""A real server with the real application and nothing behind it: neither broker nor service."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, socket

from devstack.host.ports import LOOPBACK, answers, free_port, wait_until
from devstack.secrets import make_service_keys

PATIENCE_S = 30.0
REQUEST = b"GET /v1/nowhere HTTP/1.1\r\nHost: here\r\n\r\n"
OWN_PROGRAM = ("-m", "gateway")


@dataclass(frozen=True)
class Gateway:
    """The server's port, and its first process."""

    port: int
    process: subprocess.Popen[bytes]

    def connected(self) -> socket:
        return create_connection((LOOPBACK, self.port), PATIENCE_S)

    def begin_to_stop(self) -> None:
        """Told, and heard: it takes in nobody any more."""
        self.process.terminate()
        assert wait_until(lambda: not answers(self.port), PATIENCE_S)


@contextmanager
def serving(
    folder: Path, public_keys: str, *, program: Sequence[str] = OWN_PROGRAM, **variables: str
) -> Iterator[Gateway]:
    """A gateway that answers; ``variables`` are its environment besides what it cannot do without."""
    port = free_port()
    environment = os.environ | {
        "ENVIRONMENT": "development",
        "AMQP_URI": "amqp://nobody@127.0.0.1:1/",
        "TOKEN_PUBLIC_KEYS": public_keys,
        "SERVICE_SIGNING_KEY": make_service_keys()[0]["gateway"],
        "PUBLIC_URL": "http://here",
        "PROGRAMMES_DIR": str(folder),
        "METRICS_PORT": str(free_port()),
        "HTTP_PORT": str(port),
        **variables,
    }
    command = [sys.executable, *program]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        assert wait_until(lambda: answers(port), PATIENCE_S), (folder / "log").read_text()
        yield Gateway(port, process)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
