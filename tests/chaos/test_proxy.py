"""The proxy does what its modes say, on real sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from devstack.host.ports import LOOPBACK
from tests.chaos.links import Links, linked

PATIENCE_S = 5.0
# Longer than the delay of a slow link, short enough to be waited for in vain.
IN_VAIN_S = 0.5


def echo(listener: socket.socket) -> None:
    """Every caller hears what it says."""
    while True:
        try:
            link, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_echo_one, args=(link,), daemon=True).start()


def _echo_one(link: socket.socket) -> None:
    with closing(link):
        try:
            while heard := link.recv(1024):
                link.sendall(heard)
        except ConnectionError:
            return


@pytest.fixture
def links() -> Iterator[Links]:
    """One link, ``echo``, to a server that says everything again."""
    with closing(socket.create_server((LOOPBACK, 0))) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        with linked({"echo": listener.getsockname()[1]}) as made:
            yield made
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def call(links: Links) -> Iterator[socket.socket]:
    """A connection through the link that works."""
    with socket.create_connection((LOOPBACK, links.ports["echo"]), PATIENCE_S) as link:
        assert said_and_heard(link, b"hello") == b"hello"
        yield link


def said_and_heard(link: socket.socket, said: bytes) -> bytes:
    """Say it, and what comes back; nothing where the connection ended."""
    link.sendall(said)
    return heard(link, len(said))


def heard(link: socket.socket, length: int) -> bytes:
    """So many bytes, or as many as came before the end."""
    found = b""
    while len(found) < length and (more := link.recv(length - len(found))):
        found += more
    return found


def test_an_address_leads_through_its_link(links: Links) -> None:
    port = links.ports["echo"]
    assert links.uri("echo", "amqp://a:b%2F@127.0.0.1:1/") == f"amqp://a:b%2F@127.0.0.1:{port}/"


def test_a_slow_link_keeps_every_byte_and_their_order(links: Links, call: socket.socket) -> None:
    links.turn(["echo"], "slow")
    call.sendall(b"first ")
    links.turn(["echo"], "open")
    assert said_and_heard(call, b"then") == b"first then"[:4]
    assert heard(call, 6) == b"t then"


def test_a_stalled_link_holds_back_and_loses_nothing(links: Links, call: socket.socket) -> None:
    links.turn(["echo"], "stall")
    call.settimeout(IN_VAIN_S)
    with pytest.raises(TimeoutError):
        said_and_heard(call, b"held")
    links.turn(["echo"], "open")
    call.settimeout(PATIENCE_S)
    assert heard(call, 4) == b"held"


def test_a_half_open_link_swallows_and_tells_nobody_until_it_is_over(
    links: Links, call: socket.socket
) -> None:
    links.turn(["echo"], "half_open")
    call.settimeout(IN_VAIN_S)
    with pytest.raises(TimeoutError):
        said_and_heard(call, b"lost")
    call.settimeout(PATIENCE_S)
    links.turn(["echo"], "open")
    with pytest.raises(ConnectionError):
        assert heard(call, 1) or _ended()


def test_a_cut_link_ends_all_and_takes_nobody_in(links: Links, call: socket.socket) -> None:
    links.turn(["echo"], "cut")
    with pytest.raises(ConnectionError):
        assert said_and_heard(call, b"x") or _ended()
    with pytest.raises(ConnectionError), socket.create_connection((LOOPBACK, links.ports["echo"])) as other:
        other.settimeout(PATIENCE_S)
        assert said_and_heard(other, b"x") or _ended()
    links.turn(["echo"], "open")
    with socket.create_connection((LOOPBACK, links.ports["echo"]), PATIENCE_S) as again:
        assert said_and_heard(again, b"back") == b"back"


def _ended() -> bytes:
    """A connection may end with a reset or without one."""
    raise ConnectionError("ended")
