"""What a scan costs on the bus and in the logs: every message, counted on the broker, and every line."""

import json
from collections import Counter
from typing import Any
from uuid import uuid4

from chassis.broker.amqp import connect
from chassis.broker.topology import RPC_EXCHANGE, event_exchange
from chassis.events.bundles import CALL_ID_HEADER, read
from demo.api import Visitor
from devstack.host.ports import wait_until
from devstack.secrets import DATABASE_SERVICES
from devstack.stack import Stack
from tests.costs import COSTS, WHAT_TO_DO
from tests.e2e.logs import lines_about
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import mails_about
from tests.e2e.world import Card, World

DESK = "Ferme aux Ânes"
LOG_TIMEOUT_S = 20.0

# What the receipts need is asked for once a batch, under the batch's own call id (test_batches.py counts).
ASKED_FOR_RECEIPTS = ("identity.find_contacts", "offers.find_providers_by_id")


class Tap:
    """A queue of ours beside the platform's: a copy of every request and every event."""

    def __init__(self, uri: str) -> None:
        self._connection = connect(uri)
        self._channel = self._connection.channel()
        self._queue = self._channel.queue_declare(exclusive=True).queue
        for exchange in (RPC_EXCHANGE, *map(event_exchange, DATABASE_SERVICES)):
            self._channel.queue_bind(self._queue, exchange, "#")
        self._taken: dict[str, Counter[str]] = {}

    def messages_of(self, call_id: str) -> dict[str, int]:
        """The routing keys of what one call has published so far; of a bundle each event counts."""
        while message := self._channel.basic_get(self._queue, no_ack=True):
            for carried in read(json.loads(message.body), message.headers or {}):
                made_by = carried.headers.get(CALL_ID_HEADER, "")
                self._taken.setdefault(made_by, Counter())[message.delivery_info["routing_key"]] += 1
        return dict(self._taken.get(call_id, {}))

    def total_of(self, routing_key: str) -> int:
        """How often this was published, under whatever call id."""
        return sum(taken[routing_key] for taken in self._taken.values())

    def close(self) -> None:
        """The queue goes with its connection."""
        self._connection.close()


def test_a_scan_publishes_exactly_these_messages_and_writes_these_lines(
    world: World, platform: Stack
) -> None:
    world.at(2020, 7, 28, 11, 0)
    world.desk(DESK)
    device, card = world.device(DESK), world.bonus_card("Famille comptée")
    tap = Tap(platform.amqp_uri)

    calls = {what: send(device, *request) for what, request in requests(world, card).items()}
    mails_about(platform, card.email, "Votre reçu", 2)
    wait_until_quiet(platform)

    counted = {what: tap.messages_of(call_id) for what, call_id in calls.items()}
    asked_for_receipts = {name: tap.total_of(name) for name in ASKED_FOR_RECEIPTS}
    tap.close()
    for what, messages in counted.items():
        asked = sum("." in name for name in messages)
        print(f"{what:24} {sum(messages.values()) + asked} messages, {asked} of them replies: {messages}")
    assert counted == {what: COSTS[what].published for what in counted}, WHAT_TO_DO
    lines = {what: Counter(COSTS[what].logged) for what in counted}
    # The last line may be written just after the last row.
    wait_until(lambda: logged(platform, calls) == lines, LOG_TIMEOUT_S, 0.1)
    assert logged(platform, calls) == lines, WHAT_TO_DO
    assert all(asked_for_receipts.values()), asked_for_receipts


def logged(platform: Stack, calls: dict[str, str]) -> dict[str, Counter[str]]:
    """The lines about each call."""
    return {what: lines_about(platform, call_id) for what, call_id in calls.items()}


def requests(world: World, card: Card) -> dict[str, tuple[str, dict[str, Any], str, int]]:
    """Path, body, key and the status to expect of each kind of call."""
    key = uuid4().hex
    with_pot = world.bonus_scan(DESK, card, 1_000)
    without = {**with_pot, "pay_cents": 0}
    too_much = world.bonus_scan(DESK, card, 1_000, gross_cents=2_900)
    return {
        "a quote": ("/v1/quotes", with_pot, uuid4().hex, 200),
        "a scan with the pot": ("/v1/redemptions", with_pot, key, 201),
        "the same key again": ("/v1/redemptions", with_pot, key, 201),
        "a second read": ("/v1/redemptions", with_pot, uuid4().hex, 201),
        "a refused scan": ("/v1/redemptions", too_much, uuid4().hex, 409),
        "a scan without the pot": ("/v1/redemptions", without, uuid4().hex, 201),
    }


def send(device: Visitor, path: str, body: dict[str, Any], key: str, status: int) -> str:
    """The call's id."""
    answer = device.send("POST", path, key=key, json=body)
    assert answer.status_code == status, answer.text
    call_id: str = answer.headers["X-Request-Id"]
    return call_id
