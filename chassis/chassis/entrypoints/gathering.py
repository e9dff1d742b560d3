"""Gathering: messages of one queue are handed to a worker in batches, one batch at a time in a process."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from eventlet.event import Event as Signal
from kombu.connection import Connection
from kombu.messaging import Consumer as KombuConsumer
from nameko.exceptions import ContainerBeingKilled
from nameko.messaging import Consumer

from chassis.broker.connection import CONNECTION_ERRORS, acknowledge
from chassis.events.bundles import Carried

# From the first message to its batch. Half of it cost nearly twice the CPU of an event at 200 a second, and
# nobody waits for what happens here: the scan has been answered (ADR 0021).
GATHER_S = 0.1


class Batch:
    """Messages of one queue and channel; a worker settles each once, or leaves it to the broker."""

    def __init__(
        self,
        messages: Sequence[Any],
        put_aside: Callable[[Any, Carried | None, BaseException], None],
        take_apart: Callable[[Sequence[Carried]], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        self.messages = messages
        self.is_stopping = is_stopping
        self.put_aside = put_aside
        self.take_apart = take_apart
        self._unsettled = {message.delivery_tag: message for message in messages}

    def acknowledge(self, messages: Sequence[Any]) -> None:
        """The broker may forget these; with one word where they are all that is left of the batch."""
        if not messages:
            return
        if len(messages) == len(self._unsettled):
            # Earlier batches are settled and later messages have higher tags: "up to this tag" means these.
            acknowledge(self._unsettled[max(self._unsettled)], multiple=True)
        else:
            for message in messages:
                acknowledge(message)
        for message in messages:
            del self._unsettled[message.delivery_tag]

    def give_back(self) -> None:
        """What the worker did not settle goes back to its queue."""
        while self._unsettled:
            _requeue(self._unsettled.popitem()[1])


class GatheringConsumer(Consumer):
    """A nameko entrypoint whose method gets a `Batch` instead of a body."""

    def __init__(self, batch_max: int, **kwargs: Any) -> None:
        self.batch_max = batch_max
        super().__init__(queue=None, **kwargs)

    def setup(self) -> None:
        """Nothing has arrived yet."""
        self._waiting: list[Any] = []
        self._full = Signal()
        self._gathering: Any = None
        self._stopping = False
        super().setup()

    def stop(self) -> None:
        """Take no more, finish the batch in work, and give back at once what was only gathered."""
        self._stopping = True
        super().stop()
        if self._gathering is not None:
            self._gathering.wait()
        self._batch().give_back()

    def consumer(self, connection: Connection, accept: Any) -> KombuConsumer:
        """Called after each (re)connection: a channel of its own, so that many messages are acknowledged with
        one word and none of another queue's; the broker sends a batch ahead and not more."""
        # What an earlier connection brought is delivered again.
        self._waiting.clear()
        return KombuConsumer(
            connection.channel(),
            queues=[self.queue],
            on_message=self._take,
            # An unreadable message is its batch's business, as its neighbours' tags depend on it.
            on_decode_error=lambda message, _error: self._take(message),
            accept=accept,
            prefetch_count=self.batch_max,
        )

    def put_aside(self, message: Any, carried: Carried | None, error: BaseException) -> None:
        """What becomes of an event that could not be handled, or of a message that could not be read; for
        subclasses. Raises NotPublished."""
        raise NotImplementedError

    def take_apart(self, events: Sequence[Carried]) -> None:
        """Put the events back one by one; for subclasses. Raises NotPublished."""
        raise NotImplementedError

    def _take(self, message: Any) -> None:
        self._waiting.append(message)
        if len(self._waiting) == self.batch_max and not self._full.ready():
            self._full.send()
        if self._gathering is None and not self._stopping:
            self._gathering = self.container.spawn_managed_thread(self._gather)

    def _gather(self) -> None:
        """Hand over one batch after the other until nothing waits."""
        while self._waiting and not self._stopping:
            self._full.wait(timeout=GATHER_S)
            self._full = Signal()
            # A reconnection or the stop may have come meanwhile.
            if self._waiting and not self._stopping:
                self._hand_over(self._batch())
        self._gathering = None

    def _batch(self) -> Batch:
        messages, self._waiting = self._waiting, []
        return Batch(messages, self.put_aside, self.take_apart, lambda: self._stopping)

    def _hand_over(self, batch: Batch) -> None:
        done = Signal()
        try:
            self.container.spawn_worker(
                self, (batch,), {}, context_data={}, handle_result=partial(_finish, batch, done)
            )
        except ContainerBeingKilled:
            batch.give_back()
        else:
            done.wait()


def _finish(batch: Batch, done: Signal, _context: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
    if exc_info is not None:
        batch.give_back()
    done.send()
    return result, exc_info


def _requeue(message: Any) -> None:
    """Unless its channel is gone: then the broker has taken the message back already."""
    if message.channel.connection:
        with suppress(*CONNECTION_ERRORS):
            message.requeue()
