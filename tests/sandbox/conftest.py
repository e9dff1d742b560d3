"""Starts the parts of the outside world as real processes on free ports."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

API_KEY = "test-api-key"
NOTIFICATION_SECRET = "test-notification-secret"
API_TOKEN = "test-api-token"


@dataclass(frozen=True)
class Running:
    """A started part: its process and the address that its ready line told."""

    process: subprocess.Popen[str]
    address: str


@contextmanager
def started(module: str, **settings: str) -> Iterator[Running]:
    """The module as a process, ready to be called; ended afterwards."""
    environment = {name: value for name, value in os.environ.items() if name != "CLOCK_FILE"}
    process = subprocess.Popen(
        [sys.executable, "-m", module], env=environment | settings, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    reader = None
    try:
        ready = next(
            (found for line in process.stderr if (found := re.search(r" ready on (\S+)", line))), None
        )
        assert ready is not None, f"{module} ended before it was ready"
        # A full pipe would block the process, so what it logs later is read and forgotten.
        reader = threading.Thread(target=process.stderr.read)
        reader.start()
        yield Running(process=process, address=ready.group(1))
    finally:
        process.kill()
        process.wait()
        if reader is not None:
            reader.join()
        process.stderr.close()


@pytest.fixture(scope="session")
def bank() -> Iterator[httpx.Client]:
    """A client of a running bank that repeats unanswered notifications fast; it sends the API key."""
    settings = {
        "BANK_PORT": "0",
        "BANK_API_KEY": API_KEY,
        "BANK_NOTIFICATION_SECRET": NOTIFICATION_SECRET,
        "BANK_RETRY_DELAY_S": "0.02",
    }
    with started("sandbox.bank", **settings) as running, client_of(running, API_KEY) as client:
        yield client


@pytest.fixture(scope="session")
def quotient_api() -> Iterator[httpx.Client]:
    """A client of a running family quotient API; it sends the token."""
    settings = {"FAMILY_QUOTIENT_PORT": "0", "FAMILY_QUOTIENT_API_TOKEN": API_TOKEN}
    with started("sandbox.family_quotient", **settings) as running, client_of(running, API_TOKEN) as client:
        yield client


@dataclass(frozen=True)
class MailServer:
    """A running mail server."""

    host: str
    port: int
    folder: Path


@pytest.fixture(scope="session")
def mail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    """A running mail server and the folder it writes to."""
    folder = tmp_path_factory.mktemp("mails")
    with started("sandbox.mailbox", MAILBOX_PORT="0", MAILBOX_FOLDER=str(folder)) as running:
        host, port = running.address.removeprefix("smtp://").split(":")
        yield MailServer(host=host, port=int(port), folder=folder)


def client_of(running: Running, key: str) -> httpx.Client:
    """An HTTP client of a started part that sends this bearer key."""
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=running.address, headers=headers, timeout=10, trust_env=False)


@dataclass
class Merchant:
    """A listening merchant: what it was sent, and the statuses it answers (200 when none is left)."""

    url: str = ""
    received: list[tuple[bytes, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int) -> list[tuple[bytes, str]]:
        """The (body, signature) pairs received, once there are `count` of them."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.received) >= count, timeout=10)
            return list(self.received)


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    """A merchant's real HTTP server that takes notifications."""
    listening = Merchant()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with listening.changed:
                listening.received.append((body, self.headers["Bank-Signature"]))
                status = listening.statuses.pop(0) if listening.statuses else 200
                listening.changed.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        listening.url = f"http://127.0.0.1:{server.server_port}/notifications"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield listening
        server.shutdown()
        thread.join()
