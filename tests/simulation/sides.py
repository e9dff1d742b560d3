"""One service as the simulation knows it: its database, event handlers and relay, all the real ones."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from cards.service import CardsService
from chassis.events.bundles import Carried, is_bundle
from chassis.events.hearing import Listener, hear
from chassis.events.relay import relay_once
from contracts.base import Event
from contracts.programmes import Programme
from offers.service import OffersService
from tests.simulation.bus import Bus, Message
from tests.simulation.dying import Died, MortalDatabase, commits_so_far
from wallet.service import WalletService

SERVICES = {service.name: service for service in (CardsService, WalletService, OffersService)}


# Fewer than a service takes, so that a process can die between two transactions of one message.
AT_ONCE = 2


class Stumbled(Exception):
    """A handler that could not, this once."""


@dataclass
class Hearing:
    """What came of a delivery: the messages that were acknowledged, and the events that took effect."""

    acknowledged: list[Message] = field(default_factory=list)
    effects: list[Mapping[str, Any]] = field(default_factory=list)


class Side:
    """What the bus and the sweeper see of a service; the desk's side of it is in `acts`."""

    def __init__(self, name: str, db: MortalDatabase, programmes: Mapping[str, Programme], keys: Any) -> None:
        self.name = name
        self.db = db
        # What the entrypoints' methods use of their service.
        self._service = SimpleNamespace(
            name=name, db=db, programmes=programmes, settings=SimpleNamespace(keys=keys)
        )
        self._handlers = {method.event.name: method for method in handlers_of(name)}

    def hear(self, messages: Sequence[Message], bus: Bus, stumbles: str | None = None) -> Hearing:
        """Handle a batch of one event's messages as the service does, and stumble over one event."""
        method, batch = self._handlers[messages[0].name], SimulatedBatch(messages, bus)
        tried: list[tuple[int, Event]] = []

        def apply(session: Any, events: Sequence[Event]) -> None:
            if stumbles in [event.event_id for event in events]:
                raise Stumbled
            tried.extend((commits_so_far(), event) for event in events)
            method.apply(self._service, session, events)

        listener = Listener(
            event=method.event, consumer=f"{self.name}.{method.event.name}", at_once=AT_ONCE, apply=apply
        )
        with suppress(Died):
            hear(batch, self.db, listener)
        effects = [event.payload() for commits, event in tried if commits < commits_so_far()]
        return Hearing(batch.acknowledged, effects)

    def relay(self, bus: Bus, events_per_message: int) -> None:
        """Publish a batch of the outbox, and mark what the bus confirmed."""
        # The bus stands for its publisher.
        relay_once(self.db, bus, events_per_message)  # type: ignore[arg-type]


class Delivery:
    """A message as kombu shows it."""

    def __init__(self, message: Message, tag: int) -> None:
        self.message = message
        self.delivery_tag = tag
        self.headers: dict[str, Any] = {}
        # Of events alone it makes no difference to the rules; a bundle is taken apart.
        self.delivery_info = {"redelivered": message.redelivered and is_bundle(message.body)}

    def decode(self) -> Any:
        """The body."""
        return self.message.body


class SimulatedBatch:
    """Stands for `chassis.entrypoints.gathering.Batch`; what is put aside comes back at any time."""

    def __init__(self, messages: Sequence[Message], bus: Bus) -> None:
        self.messages = [Delivery(message, tag) for tag, message in enumerate(messages)]
        self.acknowledged: list[Message] = []
        self._bus = bus

    def acknowledge(self, messages: Sequence[Delivery]) -> None:
        """They took effect, or lie elsewhere."""
        self.acknowledged += [delivery.message for delivery in messages]

    def put_aside(self, delivery: Delivery, carried: Carried | None, error: BaseException) -> None:
        """The dead put nothing aside, and nothing but a stumble may fail."""
        if not isinstance(error, Stumbled):
            raise error
        assert carried is not None
        self._bus.counts["half failed"] += is_bundle(delivery.message.body)
        self._put_back(carried)

    def take_apart(self, events: Sequence[Carried]) -> None:
        """Each comes alone."""
        self._bus.counts["taken apart"] += 1
        for carried in events:
            self._put_back(carried)

    def is_stopping(self) -> bool:
        """Only ever by dying."""
        return False

    def _put_back(self, carried: Carried) -> None:
        like = self.messages[0].message
        self._bus.put_back(Message(like.service, like.name, carried.payload))


def handlers_of(name: str) -> list[Any]:
    """The methods of a service that hear events."""
    return [method for method in vars(SERVICES[name]).values() if hasattr(method, "event")]


def hearers() -> dict[str, list[str]]:
    """By event: the services that hear it here."""
    heard: dict[str, list[str]] = {}
    for name in SERVICES:
        for method in handlers_of(name):
            heard.setdefault(method.event.name, []).append(name)
    return heard
