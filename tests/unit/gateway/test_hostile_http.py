"""Requests that are cut, doubled, hidden in one another or no HTTP at all; a real server."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socket import SHUT_WR

import pytest

from tests.e2e.conformance.inside import inside_told
from tests.unit.gateway.real_gateway import REQUEST, Gateway, serving

GET = b"GET /v1/nowhere HTTP/1.1\r\nHost: here\r\n"
POST = b"POST /v1/oauth/token HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
HIDDEN = b"GET /v1/hidden HTTP/1.1\r\nHost: here\r\n\r\n"

# What is sent, and the codes of all that is answered before the server hangs up.
REFUSED: dict[str, tuple[bytes, list[str]]] = {
    "length and chunks": (
        POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        ["bad_request"],
    ),
    "chunks and length": (
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + HIDDEN,
        ["bad_request"],
    ),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}" + HIDDEN, ["bad_request"]),
    "a list of lengths": (POST + b"Content-Length: 2, 2\r\n\r\n{}" + HIDDEN, ["bad_request"]),
    "a signed length": (POST + b"Content-Length: +2\r\n\r\n{}" + HIDDEN, ["bad_request"]),
    "a length below zero": (POST + b"Content-Length: -2\r\n\r\n{}" + HIDDEN, ["bad_request"]),
    "a length beyond all": (POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n{}", ["bad_request"]),
    "another coding last": (
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + HIDDEN,
        ["bad_request"],
    ),
    "an unknown coding": (
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        ["malformed_body"],
    ),
    "a space before the colon": (
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
        ["bad_request"],
    ),
    "a bare line feed": (b"GET /v1/nowhere HTTP/1.1\nHost: here\n\n", ["bad_request"]),
    "a bare line feed in a header": (GET + b"X: a\nY: b\r\n\r\n", ["bad_request"]),
    "a bare carriage return": (GET + b"X: a\rY: b\r\n\r\n", ["bad_request"]),
    "a folded header": (GET + b"X: a\r\n b\r\n\r\n", ["bad_request"]),
    "a zero byte": (GET + b"X: a\0b\r\n\r\n", ["bad_request"]),
    "no colon": (GET + b"nonsense\r\n\r\n", ["bad_request"]),
    "a header without a name": (GET + b": a\r\n\r\n", ["bad_request"]),
    "another version": (b"GET /v1/nowhere HTTP/9.9\r\n\r\n", ["bad_request"]),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ["bad_request"]),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ["bad_request"]),
    "a tunnel": (b"CONNECT here:80 HTTP/1.1\r\nHost: here\r\n\r\n", ["bad_request"]),
    "an invented method behind a request": (
        GET + b"\r\nBREW /v1/nowhere HTTP/1.1\r\nHost: here\r\n\r\n",
        ["not_found"],
    ),
    "no method at all": (b"BR(W) /v1/nowhere HTTP/1.1\r\nHost: here\r\n\r\n", ["bad_request"]),
    "HTTP/0.9": (b"GET /v1/nowhere\r\nHost: here\r\n\r\n", ["bad_request"]),
    "HTTP/2 in words": (b"GET /v1/nowhere HTTP/2.0\r\nHost: here\r\n\r\n", ["bad_request"]),
    "a chunk without a size": (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", ["malformed_body"]),
    "a chunk with a prefix": (CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n", ["malformed_body"]),
    "a chunk longer than it says": (CHUNKED + b"2\r\n{}xx\r\n0\r\n\r\n" + HIDDEN, ["malformed_body"]),
    "chunks that end in line feeds": (CHUNKED + b"2\n{}\n0\n\n" + HIDDEN, ["malformed_body"]),
    "a chunk beyond all": (CHUNKED + b"f" * 17 + b"\r\n{}", ["malformed_body"]),
    "a body cut in the middle of a chunk": (CHUNKED + b"4\r\n{}", ["malformed_body"]),
    "a body cut between two chunks": (CHUNKED + b"2\r\n{}\r\n", ["malformed_body"]),
    "a body shorter than its length": (POST + b"Content-Length: 9\r\n\r\n{}", ["malformed_body"]),
    "garbage behind a request": (REQUEST + b"\x00\x01garbage\r\n\r\n", ["not_found"]),
    "garbage behind two requests": (2 * REQUEST + b"\x00\x01garbage\r\n\r\n", ["not_found", "not_found"]),
    "many headers": (GET + b"X-One: 1\r\n" * 1_000 + b"\r\n", ["headers_too_large"]),
    "many headers behind a body": (
        CHUNKED + b"0\r\n" + b"X-One: 1\r\n" * 1_000 + b"\r\n",
        ["malformed_body"],
    ),
    "a header without an end": (GET + b"X: " + b"a" * 1_000_000, ["headers_too_large"]),
    "an address without an end": (b"GET /" + b"a" * 1_000_000, ["address_too_long"]),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def gateway(folder: Path, public_keys: str) -> Iterator[Gateway]:
    with serving(folder, public_keys, THROTTLE_SCALE="1000") as made:
        yield made


def said_to(gateway: Gateway, sent: bytes) -> bytes:
    """All that is answered to who sends this and no more."""
    with gateway.connected() as link:
        # Who is refused in the middle of a megabyte may be cut off while sending the rest.
        with suppress(ConnectionError):
            link.sendall(sent)
            link.shutdown(SHUT_WR)
        return b"".join(iter(lambda: link.recv(65_536), b""))


def answers_in(said: bytes) -> list[tuple[bytes, dict[str, str]]]:
    """Heads and bodies, one after the other."""
    found = []
    while said:
        head, _, rest = said.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        found.append((head, json.loads(rest[:length])))
        said = rest[length:]
    return found


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_request_is_refused_and_nothing_behind_it_is_read(gateway: Gateway, name: str) -> None:
    sent, codes = REFUSED[name]
    answers = answers_in(said_to(gateway, sent))
    assert [body["code"] for _, body in answers] == codes
    for head, body in answers:
        assert b"application/problem+json" in head
        assert inside_told({"head": head.decode()}, json.dumps(body).encode()) == set()
    assert b"\r\nconnection: close" in answers[-1][0].lower()
    assert [body["code"] for _, body in answers_in(said_to(gateway, REQUEST))] == ["not_found"], "it lives"


def test_requests_sent_together_are_answered_in_their_order(gateway: Gateway) -> None:
    numbered = [GET + b"X-Request-Id: call-%d\r\n\r\n" % number for number in range(100)]
    heads = [head.lower() + b"\r" for head, _ in answers_in(said_to(gateway, b"".join(numbered)))]
    assert [b"x-request-id: call-%d\r" % number in head for number, head in enumerate(heads)] == [True] * 100


def test_a_method_that_nobody_has_heard_of_is_a_request_all_the_same(gateway: Gateway) -> None:
    line = b" /v1/programmes HTTP/1.1\r\nHost: here\r\n"
    length = b"Content-Length: 2\r\n\r\n{}"
    sent = b"BREW" + line + length + b"GET" + line.replace(b"programmes", b"nowhere") + b"\r\n"
    (head, brewed), (_, behind) = answers_in(said_to(gateway, sent))
    assert (brewed["code"], behind["code"]) == ("method_not_allowed", "not_found")
    assert b"\r\nallow: get" in head.lower()


def test_an_offer_of_another_protocol_is_not_taken(gateway: Gateway) -> None:
    """As of clients that offer HTTP/2 with each first request, bodies and all."""
    offer = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
    sent = [POST + offer + b"Content-Length: 2\r\n\r\n{}", GET + offer + b"\r\n", REQUEST]
    found = [body["code"] for _, body in answers_in(said_to(gateway, b"".join(sent)))]
    assert found == ["invalid_field", "not_found", "not_found"]
    both = offer + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert [body["code"] for _, body in answers_in(said_to(gateway, POST + both + HIDDEN))] == ["bad_request"]


def test_what_stands_behind_a_body_is_no_header(gateway: Gateway) -> None:
    [(head, _)] = answers_in(said_to(gateway, CHUNKED + b"0\r\nX-Request-Id: call-hidden\r\n\r\n"))
    assert b"call-hidden" not in head


def test_a_header_that_stands_twice_is_none_of_the_two(gateway: Gateway) -> None:
    twice = GET + b"X-Request-Id: call-one\r\nX-Request-Id: call-two\r\n\r\n"
    [(head, _)] = answers_in(said_to(gateway, twice))
    assert b"call-one" not in head
    assert b"call-two" not in head


def test_a_refused_sender_may_send_all_before_it_reads_why(gateway: Gateway) -> None:
    large = b" " * 4_000_000
    head = POST.replace(b"oauth/token", b"partners") + b"Content-Length: %d\r\n\r\n" % len(large)
    with gateway.connected() as link:
        link.sendall(head + large + REQUEST)
        link.shutdown(SHUT_WR)
        said = b"".join(iter(lambda: link.recv(65_536), b""))
    assert [body["code"] for _, body in answers_in(said)] == ["not_authenticated", "not_found"]


def test_more_than_anybody_sends_by_mistake_is_not_taken_in(gateway: Gateway) -> None:
    head = POST + b"Content-Length: 1000000000\r\n\r\n"
    with gateway.connected() as link:
        with suppress(ConnectionError):
            link.sendall(head)
            for _ in range(1_000):
                link.sendall(b" " * 1_000_000)
        said = b""
        with suppress(ConnectionError):
            said = b"".join(iter(lambda: link.recv(65_536), b""))
    assert said == b"" or answers_in(said)[0][1]["code"] == "body_too_large"


def test_the_log_has_only_lines_of_ours(gateway: Gateway, folder: Path) -> None:
    said_to(gateway, b"garbage\r\n\r\n")
    lines = (folder / "log").read_text().splitlines()
    assert lines
    assert [line for line in lines if not line.startswith("{")] == []
