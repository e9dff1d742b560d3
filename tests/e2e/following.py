"""Pages that follow visits, and gateways of their own for them to come from."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET, socket
from typing import Any, Self
from urllib.parse import urlsplit

from demo.api import Visitor
from devstack.host.ports import LOOPBACK, free_port, wait_until
from devstack.services import http_status
from devstack.stack import Stack
from tests.server_sent import Told, told_by

PATIENCE_S = 30.0


class Page:
    """One stream, read event by event; ``last_id`` is what a browser would send when it comes again."""

    def __init__(
        self, gateway_url: str, path: str, token: str, last_id: str | None = None, *, narrow: bool = False
    ) -> None:
        parts = urlsplit(gateway_url)
        assert parts.port
        self.link = socket()
        if narrow:
            self.link.setsockopt(SOL_SOCKET, SO_RCVBUF, 1)
        self.link.settimeout(PATIENCE_S)
        self.link.connect((parts.hostname, parts.port))
        head = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: Bearer {token}"]
        if last_id:
            head.append(f"Last-Event-ID: {last_id}")
        self.link.sendall("\r\n".join([*head, "", ""]).encode())
        self.last_id = last_id or ""
        self._answer = HTTPResponse(self.link)

    def opened(self) -> Self:
        """Once it is answered; what is announced from here on comes."""
        self._answer.begin()
        assert self._answer.status == 200, self._answer.read()
        assert self._answer.headers["Content-Type"].startswith("text/event-stream")
        self.next()
        return self

    def refused(self) -> dict[str, Any]:
        """The problem that it is answered with."""
        self._answer.begin()
        problem: dict[str, Any] = json.loads(self._answer.read())
        assert problem["status"] == self._answer.status
        return problem

    def next(self) -> Told | None:
        """What comes next, comments apart; None at the end."""
        while lines := list(iter(lambda: self._answer.readline().decode().rstrip("\n"), "")):
            if told := told_by(lines):
                self.last_id = told.id or self.last_id
                return told
        return None

    def visit(self) -> tuple[str, str]:
        """What became of which visit, next."""
        told = self.next()
        assert told
        assert told.id, told
        return told.name, told.data["id"]

    def rest(self) -> list[Told]:
        """All that comes until the end."""
        found = []
        while told := self.next():
            found.append(told)
        return found

    def close(self) -> None:
        """Leave."""
        self._answer.close()
        self.link.close()


def token_of(visitor: Visitor) -> str:
    """The visitor's token, signed in if need be."""
    assert visitor.sign_in
    visitor._token = visitor._token or visitor.sign_in()
    return visitor._token


@contextmanager
def gateway_of_its_own(
    platform: Stack, folder: Path, **variables: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Another gateway of the platform, on a port of its own: its address and its process."""
    port = free_port()
    environment = platform.environment("gateway") | {"HTTP_PORT": str(port), **variables}
    with (folder / "gateway.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway"], env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        assert wait_until(lambda: http_status(port, "/readyz") == 200, PATIENCE_S)
        yield f"http://{LOOPBACK}:{port}", process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
