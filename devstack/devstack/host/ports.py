"""Free TCP ports on the loopback interface, and waiting for somebody to listen on one."""

import random
import socket
import time
from collections.abc import Callable
from pathlib import Path

LOOPBACK = "127.0.0.1"
LOWEST_PORT = 20_000
MAX_TRIES = 200


def free_port() -> int:
    """A port nobody listens on.

    It lies below the range from which the kernel takes outgoing ports, so that a node which is stopped
    and started again finds its port still free.
    """
    for _ in range(MAX_TRIES):
        port = random.randint(LOWEST_PORT, _first_outgoing_port() - 1)  # noqa: S311 - not a secret
        if is_free(port):
            return port
    raise OSError("no free port found on 127.0.0.1")


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int, timeout_s: float = 0.5) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    return connects(LOOPBACK, port, timeout_s)


def connects(host: str, port: int, timeout_s: float = 3.0) -> bool:
    """Whether somebody accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=timeout_s):
            return True
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], timeout_s: float, interval_s: float = 0.05) -> bool:
    """Ask again and again; False when the condition did not become true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval_s)
    return True


def _first_outgoing_port() -> int:
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError):
        return 32_768
    return first if first > LOWEST_PORT + 1_000 else 65_000


def speaks_amqp(port: int, timeout_s: float = 1.0) -> bool:
    """Whether the broker answers the protocol header with its first method frame (AMQP 0-9-1, §4.2.2)."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout_s) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        time.sleep(0.05)
        return False
