"""Who is connected when the gateway is told to stop gets an answer; who comes later is refused at once."""

import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.unit.gateway.real_gateway import PATIENCE_S, REQUEST, Gateway, serving

ANSWERED = b"HTTP/1.1 404 Not Found"


@pytest.fixture
def gateway(tmp_path: Path, public_keys: str) -> Iterator[Gateway]:
    with serving(tmp_path, public_keys) as made:
        yield made


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
