"""A toy service run as a real process, on a real broker and database."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from sqlalchemy import text

from chassis.broker.amqp import connect
from chassis.calls.client import RpcClient
from chassis.calls.tokens import sign
from chassis.database.engine import Database
from chassis.events.bundles import EVENTS_MAX
from chassis.stopping import STOP_MAX_S
from devstack.host.ports import free_port
from devstack.secrets import load_secrets, make_service_keys
from devstack.servers.backing import Backing

HERE = Path(__file__).parent
PATIENCE_S = 20


@dataclass
class Toy:
    """The running toy, its database, its broker and a client."""

    environment: dict[str, str]
    database: Database
    client: RpcClient
    mended: Path
    signing_keys: dict[str, str] = field(repr=False)
    people_key: str = field(repr=False)
    process: subprocess.Popen[bytes] | None = field(default=None)

    def start(self) -> None:
        self.spawn()
        eventually(self.is_healthy)

    def spawn(self) -> None:
        with (self.mended.parent / "toy.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "chassis", "run", "toy"], env=self.environment, stdout=log, stderr=log
            )

    def is_healthy(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.environment['METRICS_PORT']}/healthz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def run(self, command: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "chassis", command, "toy"],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def call(self, method: str, **kwargs: Any) -> Any:
        return self.client.call("toy", method, kwargs, {"call_id": "call_test"})

    def token(self, *scopes: str) -> str:
        """A member of staff's token with these scopes."""
        return sign({"sub": "stf_1", "kind": "staff", "scope": " ".join(scopes)}, self.people_key, 60)

    def heard(self, thing: str) -> int:
        with self.database.transaction() as session:
            found = session.scalar(text("SELECT count(*) FROM heard WHERE thing = :thing"), {"thing": thing})
        return int(found or 0)

    def has_heard(self, thing: str) -> bool:
        return self.heard(thing) > 0

    def heard_like(self, pattern: str) -> tuple[int, int]:
        """How many of these things were heard, and how many different ones."""
        query = text("SELECT count(*), count(DISTINCT thing) FROM heard WHERE thing LIKE :pattern")
        with self.database.transaction() as session:
            row = session.execute(query, {"pattern": pattern}).one()
        return int(row[0]), int(row[1])

    def lines(self, event: str) -> list[dict[str, Any]]:
        """The log's lines of one kind."""
        entries = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == event]

    def messages(self, queue: str) -> int:
        connection = connect(self.environment["AMQP_URI"])
        count = connection.channel().queue_declare(queue, passive=True).message_count
        connection.close()
        return int(count)

    def metrics(self) -> str:
        with urlopen(f"http://127.0.0.1:{self.environment['METRICS_PORT']}/metrics", timeout=2) as answer:
            return str(answer.read().decode())

    def log(self) -> str:
        return (self.mended.parent / "toy.log").read_text()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=STOP_MAX_S + PATIENCE_S)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until it holds, or fail."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "did not hold in time"
        time.sleep(0.05)


@pytest.fixture
def toy(backing: Backing, owner_database: Callable[[str], Database], tmp_path: Path) -> Iterator[Toy]:
    """A fresh toy; its table is dropped and its queues are emptied afterwards."""
    with toy_at(backing, owner_database("cards"), tmp_path) as running:
        yield running


@contextmanager
def toy_at(backing: Backing, database: Database, folder: Path) -> Iterator[Toy]:
    with database.transaction() as session:
        session.execute(text("CREATE TABLE IF NOT EXISTS heard (thing text)"))
        session.execute(text("TRUNCATE heard, idempotency_keys, inbox, outbox"))
    secrets = load_secrets(folder)
    signing_keys, service_public_keys = make_service_keys(["toy", "mate"])
    environment = os.environ | {
        "PYTHONPATH": str(HERE),
        "ENVIRONMENT": "development",
        "AMQP_URI": backing.amqp_uri,
        # One URL is both: no service of the platform, the toy owns what it uses.
        "DATABASE_URL": backing.owner_urls["cards"],
        "METRICS_PORT": str(free_port()),
        "EVENTS_PER_MESSAGE": str(EVENTS_MAX),
        "TOKEN_PUBLIC_KEYS": secrets.token_public_keys,
        "SERVICE_SIGNING_KEY": signing_keys["toy"],
        "SERVICE_PUBLIC_KEYS": service_public_keys,
        "PUBLIC_URL": "http://127.0.0.1",
        "PROGRAMMES_DIR": str(HERE.parent.parent / "programmes"),
        "TOY_MENDED": str(folder / "mended"),
    }
    client = RpcClient(backing.amqp_uri)
    toy = Toy(environment, database, client, folder / "mended", signing_keys, secrets.token_signing_key)
    toy.run("prepare")
    _purge(backing.amqp_uri)
    toy.start()
    try:
        yield toy
    finally:
        toy.stop()
        toy.client.close()
        with database.transaction() as session:
            session.execute(text("DROP TABLE heard"))


def _purge(uri: str) -> None:
    connection = connect(uri)
    channel = connection.channel()
    for queue in ("toy.parked", "toy.toy.toy_happened", "toy.toy.toys_happened", "rpc-toy", "delay.1s"):
        channel.queue_purge(queue)
    connection.close()
