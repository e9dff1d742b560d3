"""The harness's side of the proxy: a link from each service to the broker and to its database."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from chassis.broker.url import Host, with_hosts

ROOT = Path(__file__).resolve().parents[2]
END_TIMEOUT_S = 10.0


@dataclass
class Links:
    """``turn`` a link by its name, ``cards.amqp-1`` or ``cards.sql``; ``uri`` leads through it."""

    ports: dict[str, int]
    _process: subprocess.Popen[str] = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def names(self) -> list[str]:
        """Every link."""
        return sorted(self.ports)

    def uri(self, name: str, uri: str) -> str:
        """The same address, reached through the link."""
        parts = urlsplit(uri)
        login, _, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{login}@127.0.0.1:{self.ports[name]}").geturl()

    def broker_uri(self, service: str, uri: str) -> str:
        """The same broker, each of its nodes reached through the service's own link to it."""
        names = [name for name in self.names if name.startswith(f"{service}.amqp")]
        return with_hosts(uri, [Host("127.0.0.1", self.ports[name]) for name in names])

    def turn(self, names: Iterable[str], mode: str) -> None:
        """Let these links behave so from now on."""
        with self._lock:
            for name in names:
                self._say(f"{name} {mode}\n")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer == "ok\n", f"the proxy said {answer!r}"


@contextmanager
def linked(targets: dict[str, int]) -> Iterator[Links]:
    """A running proxy; ``targets`` are the ports behind the links, by name."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.proxy", json.dumps(targets)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ports = process.stdout.readline()
        assert ports, "the proxy did not start"
        yield Links(json.loads(ports), process)
    finally:
        process.stdin.close()
        process.wait(END_TIMEOUT_S)
        process.stdout.close()
