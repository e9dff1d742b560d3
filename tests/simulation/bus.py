"""A bus in memory that does what buses do: it waits, reorders, brings twice, takes without saying so."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chassis.broker.confirms import NotPublished, Outgoing
from chassis.events.bundles import is_bundle, read

MOODS = ("well", "well", "well", "well", "away", "silent", "half")


@dataclass(frozen=True)
class Message:
    """An event, or a bundle of them, on its way to one of the services."""

    service: str
    name: str
    body: Mapping[str, Any]
    redelivered: bool = False

    @property
    def payloads(self) -> list[Mapping[str, Any]]:
        """Its events."""
        return [carried.payload for carried in read(self.body, {})]

    @property
    def event_ids(self) -> list[str]:
        """What makes a second delivery a duplicate."""
        return [str(payload["event_id"]) for payload in self.payloads]


class Bus:
    """``waiting`` is what was published and not acknowledged, oldest first; ``heard`` is what was.

    ``mood`` is how it takes the next batch: well; away; silent (takes all, confirms nothing); half (takes
    and confirms only the first half). It stands for `ConfirmedPublisher` with the relay.
    """

    def __init__(self, hearers: Mapping[str, Sequence[str]]) -> None:
        self._hearers = hearers
        self.waiting: list[Message] = []
        self.heard: list[Message] = []
        self.mood = "well"
        # A bus that acknowledges what failed loses it; a test plants this.
        self.acknowledges_failures = False
        self.counts: Counter[str] = Counter()

    def publish(self, batch: Sequence[Outgoing]) -> set[str]:
        """The ids that are confirmed."""
        if self.mood == "away":
            raise NotPublished("away")
        taken = batch[: (len(batch) + 1) // 2] if self.mood == "half" else batch
        for outgoing in taken:
            self.put(outgoing.routing_key, json.loads(outgoing.body))
        return set() if self.mood == "silent" else {outgoing.message_id for outgoing in taken}

    def put(self, name: str, body: Mapping[str, Any]) -> None:
        """One more message for each service that hears it."""
        self.counts["bundles"] += is_bundle(body)
        for service in self._hearers.get(name, ()):
            self.put_back(Message(service, name, body))

    def put_back(self, message: Message) -> None:
        """One more message for one service."""
        self.waiting.append(message)

    def note_delivery(self, message: Message) -> None:
        """Count what is unusual about it: it overtook an older one, or it was heard before."""
        older = self.waiting[: self.waiting.index(message)] if message in self.waiting else []
        self.counts["reorders"] += any(other.service == message.service for other in older)
        self.counts["duplicates"] += message in self.heard

    def acknowledge(self, message: Message) -> None:
        """It took effect: it may come once more, but need not."""
        # Of one that was published twice, the other copy is still on its way.
        if message in self.waiting:
            self.waiting.remove(message)
        first = replace(message, redelivered=False)
        if first not in self.heard:
            self.heard.append(first)

    def fail(self, message: Message) -> None:
        """Its process died or said no: it comes again."""
        if message not in self.waiting:
            return
        if self.acknowledges_failures:
            self.waiting.remove(message)
        else:
            self.waiting[self.waiting.index(message)] = replace(message, redelivered=True)
