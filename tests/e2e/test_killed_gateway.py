"""A gateway is killed with a thousand calls under way: whoever sends a scan again has it done once."""

import json
import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from socket import create_connection, socket
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from chassis.broker.amqp import connect
from chassis.broker.topology import rpc_queue
from devstack.host.ports import wait_until
from devstack.stack import Stack
from tests.e2e.following import PATIENCE_S, gateway_of_its_own, token_of
from tests.e2e.persisting import redeem_surely
from tests.e2e.world import World, all_redemptions

DESK = "Base sans passerelle"
SCANS = 1_000
# The gateway dies when so many wait at the broker; the others are in it, or have not been read by it.
WAITING = SCANS // 2
PHONES = 4


@pytest.mark.stops
def test_a_gateway_killed_with_a_thousand_calls_under_way_leaves_each_scan_to_be_done_once(
    world: World, platform: Stack, tmp_path: Path
) -> None:
    world.at(2020, 8, 18, 14, 0)
    world.desk(DESK)
    card = world.bonus_card("Famille sans passerelle")
    device = world.device(DESK)
    token = token_of(device)
    # Other prices, or they would repeat each other.
    bodies = {
        uuid4().hex: world.bonus_scan(DESK, card, 0, gross_cents=3_000 + number) for number in range(SCANS)
    }

    with (
        gateway_of_its_own(platform, tmp_path, THROTTLE_SCALE="100") as (url, process),
        stopped(platform, "cards"),
        ExitStack() as links,
    ):
        phones = [links.enter_context(link) for link in connected(url, SCANS)]
        for phone, (key, body) in zip(phones, bodies.items(), strict=True):
            phone.sendall(scan(url, token, key, body))
        assert wait_until(lambda: requests_waiting(platform, "cards") >= WAITING, PATIENCE_S, 0.02)
        process.kill()
        process.wait(PATIENCE_S)

    with ThreadPoolExecutor(PHONES) as threads:
        answers = list(threads.map(lambda key: redeem_surely(device, bodies[key], key), bodies))
    assert {answer.status_code for answer in answers} == {201}
    assert not any(answer.json()["already_counted"] for answer in answers)
    kept = all_redemptions(world.officer, card.id)
    assert sorted(one["id"] for one in kept) == sorted(answer.json()["id"] for answer in answers)
    assert sorted(one["gross_cents"] for one in kept) == [3_000 + number for number in range(SCANS)]


def connected(url: str, number: int) -> Iterator[socket]:
    """Connections to a gateway, each of which needs a file here."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    parts = urlsplit(url)
    for _ in range(number):
        yield create_connection((parts.hostname, parts.port), PATIENCE_S)


def scan(url: str, token: str, key: str, body: dict[str, Any]) -> bytes:
    """The request as it goes over the wire."""
    content = json.dumps(body)
    lines = [
        "POST /v1/redemptions HTTP/1.1",
        f"Host: {urlsplit(url).netloc}",
        f"Authorization: Bearer {token}",
        f"Idempotency-Key: {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join([*lines, "", content]).encode()


def requests_waiting(platform: Stack, service: str) -> int:
    """Requests that no process of a service has taken."""
    connection = connect(platform.amqp_uri)
    count: int = connection.channel().queue_declare(rpc_queue(service), passive=True).message_count
    connection.close()
    return count


@contextmanager
def stopped(platform: Stack, service: str) -> Iterator[None]:
    """While the block runs it takes nothing."""
    platform.kill(service, SIGSTOP)
    try:
        yield
    finally:
        platform.kill(service, SIGCONT)
