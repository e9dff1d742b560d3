"""Whoever says nothing, or says it slowly, does not keep others waiting; a real server."""

import socket
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest

from gateway.throttling import LIMITS
from tests.e2e.conformance.inside import inside_told
from tests.unit.gateway.real_gateway import REQUEST, Gateway, serving

SILENT = 40
IMPATIENT = """
from gateway import protocol
from gateway.app import create_app
from gateway.serving import run
protocol.REQUEST_TIMEOUT_S = 0.2
run(create_app)
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, public_keys: str) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with serving(folder, public_keys, program=("-c", IMPATIENT), PROXIES_IN_FRONT="1") as made:
        yield made


def status_of(link: socket.socket, asked: bytes = REQUEST) -> int:
    """The answer's status, once all of the answer has come: head and body may come apart."""
    link.sendall(asked)
    answer = HTTPResponse(link)
    answer.begin()
    answer.read()
    return answer.status


def test_connections_that_say_nothing_take_no_thread(gateway: Gateway) -> None:
    silent = [gateway.connected() for _ in range(SILENT)]
    with gateway.connected() as link:
        assert status_of(link) == 404
    assert status_of(silent[0]) == 404, "it may still speak"
    for link in silent:
        link.close()


@pytest.mark.parametrize(
    "half", [b"P", b"GET /v1/nowhere HTTP/1.1\r\nHost: he", REQUEST[:-2] + b"Content-Length: 9\r\n\r\nhalf"]
)
def test_a_request_that_stops_in_the_middle_lets_the_thread_go(gateway: Gateway, half: bytes) -> None:
    with gateway.connected() as stopped, gateway.connected() as link:
        stopped.sendall(half)
        assert status_of(link) == 404
        while stopped.recv(65_536):
            pass


def test_a_connection_is_used_again(gateway: Gateway) -> None:
    with gateway.connected() as link:
        assert status_of(link) == status_of(link) == 404


def test_a_running_process_holds_back_who_sends_too_much(gateway: Gateway) -> None:
    stranger = REQUEST[:-2] + b"X-Forwarded-For: 192.0.2.%d, 198.51.100.7\r\n\r\n"
    other = REQUEST[:-2] + b"X-Forwarded-For: 198.51.100.7, 203.0.113.9\r\n\r\n"
    with gateway.connected() as link:
        found = [status_of(link, stranger % (number % 250)) for number in range(2 * LIMITS["page"].calls)]
        assert status_of(link, other) == 404
    assert set(found[: LIMITS["page"].calls]) == {404}
    assert 429 in found


@pytest.mark.parametrize(
    ("request_head", "status", "code"),
    [
        (b"GET /v1/" + b"a" * 4_100 + b" HTTP/1.1\r\n\r\n", b"414", b"address_too_long"),
        (b"GET /v1/nowhere?a=" + b"a" * 4_100 + b" HTTP/1.1\r\n\r\n", b"414", b"address_too_long"),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 9_000 + b"\r\n\r\n", b"431", b"headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"X-One: 1\r\n" * 51 + b"\r\n", b"431", b"headers_too_large"),
        (b"GET / HTTP/1.1\r\nX-Nul: a\0b\r\n\r\n", b"400", b"bad_request"),
    ],
)
def test_what_the_server_itself_refuses_is_a_problem_that_repeats_nothing(
    gateway: Gateway, request_head: bytes, status: bytes, code: bytes
) -> None:
    with gateway.connected() as link:
        link.sendall(request_head)
        answer = b"".join(iter(lambda: link.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"application/problem+json" in head
    assert b'"code": "' + code + b'"' in body
    assert inside_told({"head": head.decode()}, body) == set()
    assert b"aaaa" not in answer
