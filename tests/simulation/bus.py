"""A bus in memory that does what buses do: it waits, reorders, brings twice, takes without saying so."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.confirms import NotPublished, Outgoing

MOODS = ("well", "well", "well", "well", "away", "silent", "half")


@dataclass(frozen=True)
class Message:
    """An event on its way to one of the services."""

    service: str
    name: str
    payload: Mapping[str, Any]

    @property
    def event_id(self) -> str:
        """What makes a second delivery a duplicate."""
        return str(self.payload["event_id"])


class Bus:
    """``waiting`` is what was published and not acknowledged, oldest first; ``heard`` is what was.

    ``mood`` is how it takes the next batch: well; away; silent (takes all, confirms nothing); half (takes
    and confirms only the first half). It stands for `chassis.confirms.ConfirmedPublisher` with the relay.
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

    def put(self, name: str, payload: Mapping[str, Any]) -> None:
        """One more message for each service that hears it."""
        for service in self._hearers.get(name, ()):
            self.waiting.append(Message(service, name, payload))

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
        if message not in self.heard:
            self.heard.append(message)

    def fail(self, message: Message) -> None:
        """Its process died or said no: it comes again."""
        if self.acknowledges_failures and message in self.waiting:
            self.waiting.remove(message)
