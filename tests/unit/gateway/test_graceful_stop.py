"""Who is connected when the gateway is told to stop gets an answer; who comes later is refused at once."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import pytest

from devstack.ports import LOOPBACK, answers, free_port, wait_until
from devstack.secrets import make_service_keys

PATIENCE_S = 30.0
REQUEST = b"GET /v1/nowhere HTTP/1.1\r\nHost: here\r\n\r\n"
ANSWERED = b"HTTP/1.1 404 NOT FOUND"


@dataclass(frozen=True)
class Gateway:
    """A real gunicorn."""

    port: int
    process: subprocess.Popen[bytes]

    def connected(self) -> socket.socket:
        return socket.create_connection((LOOPBACK, self.port), PATIENCE_S)

    def begin_to_stop(self) -> None:
        """Told, and heard: it takes in nobody any more."""
        self.process.terminate()
        assert wait_until(lambda: not answers(self.port), PATIENCE_S)


@pytest.fixture
def gateway(tmp_path: Path, public_keys: str) -> Iterator[Gateway]:
    port = free_port()
    environment = os.environ | {
        "ENVIRONMENT": "development",
        "AMQP_URI": "amqp://nobody@127.0.0.1:1/",
        "TOKEN_PUBLIC_KEYS": public_keys,
        "SERVICE_SIGNING_KEY": make_service_keys()[0]["gateway"],
        "PUBLIC_URL": "http://here",
        "PROGRAMMES_DIR": str(tmp_path),
        "METRICS_PORT": str(free_port()),
        "HTTP_PORT": str(port),
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "python:gateway.gunicorn_conf",
        "gateway.app:create_app()",
    ]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        assert wait_until(lambda: answers(port), PATIENCE_S), (tmp_path / "log").read_text()
        yield Gateway(port, process)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def answer_to(link: socket.socket, request: bytes) -> bytes:
    """The whole answer; the server then ends the connection."""
    link.sendall(request)
    said = b""
    while chunk := link.recv(65_536):
        said += chunk
    return said


def check_is_the_last(answer: bytes) -> None:
    head = answer.partition(b"\r\n\r\n")[0]
    assert head.startswith(ANSWERED)
    assert b"connection: close" in head.lower()


def test_a_request_that_is_half_sent_is_answered(gateway: Gateway) -> None:
    with gateway.connected() as link:
        link.sendall(REQUEST[:20])
        gateway.begin_to_stop()
        check_is_the_last(answer_to(link, REQUEST[20:]))
    assert gateway.process.wait(PATIENCE_S) == 0


def test_a_kept_connection_is_answered_once_more_and_told_that_this_is_the_last(gateway: Gateway) -> None:
    with gateway.connected() as link:
        link.sendall(REQUEST)
        first = HTTPResponse(link)
        first.begin()
        assert (first.status, bool(first.read())) == (404, True)
        gateway.begin_to_stop()
        check_is_the_last(answer_to(link, REQUEST))
    assert gateway.process.wait(PATIENCE_S) == 0


def test_a_new_connection_that_has_said_nothing_yet_is_answered(gateway: Gateway) -> None:
    with gateway.connected() as link:
        gateway.begin_to_stop()
        check_is_the_last(answer_to(link, REQUEST))


def test_those_who_say_nothing_do_not_keep_it(gateway: Gateway) -> None:
    silent = [gateway.connected() for _ in range(20)]
    gateway.process.terminate()
    assert gateway.process.wait(PATIENCE_S) == 0
    assert [link.recv(1) for link in silent] == [b""] * len(silent)
    for link in silent:
        link.close()
