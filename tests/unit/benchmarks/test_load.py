"""The load generator knows when an answer is whole and stops at a wrong one."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import repeat

import pytest

from benchmarks.load import Address, Ask, WrongAnswer, closed_loop, exchange, is_whole, open_loop

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"


@pytest.fixture
def server() -> Iterator[Address]:
    """Answers every connection's requests with the same text, in pieces."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threading.Thread(target=_accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (b"", False),
        (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        (GOOD[:-1], False),
        (GOOD, True),
        (GOOD.replace(b"Content-Length", b"content-length"), True),
        (b"HTTP/1.1 204 NO CONTENT\r\n\r\n", True),
    ],
)
def test_an_answer_is_whole_when_its_length_has_come(answer: bytes, whole: bool) -> None:
    assert is_whole(answer) is whole


def test_a_closed_loop_counts_what_was_answered_within_its_time(server: Address) -> None:
    measured = closed_loop([server], repeat(Ask(b"go", b"200", b"good", "here")), clients=3, seconds=0.2)
    assert set(measured.latencies_s) == {"here"}
    assert measured.answered >= len(measured.all_s) > 3
    assert measured.per_s == pytest.approx(len(measured.all_s) / 0.2)


def test_an_open_loop_begins_as_many_requests_as_its_rate_says(server: Address) -> None:
    measured = open_loop([server], repeat(Ask(b"go", b"200", b"good")), per_s=100.0, seconds=0.5)
    assert 20 < len(measured.all_s) < 100


def test_an_answer_that_was_not_expected_ends_the_run_and_is_shown(server: Address) -> None:
    with pytest.raises(WrongAnswer, match=r"wanted 201 with good, got:\s+HTTP/1.1 200 OK"):
        closed_loop([server], repeat(Ask(b"go", b"201", b"good")), clients=1, seconds=0.1)


def test_a_body_that_was_not_expected_is_a_wrong_answer(server: Address) -> None:
    with pytest.raises(WrongAnswer, match="already_counted"):
        exchange(server, Ask(b"go", b"200", b"already_counted"))


def _accept(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with connection:
        while connection.recv(100):
            connection.sendall(GOOD[:20])
            connection.sendall(GOOD[20:])
