"""What is parked at rest: all of the poison that was confirmed, and nothing else."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from chassis.broker.amqp import connect
from chassis.broker.topology import parked_queue
from chassis.events.parking import QUEUE_HEADER, REASON_HEADER
from tests.chaos.strokes_messages import mark_of

# Parking drops the body of a request: it may hold personal data. Nothing else has this reason.
NO_REQUEST = "not a request"
SHOWN_CHARS = 200


@dataclass(frozen=True, kw_only=True)
class Parked:
    """One parked message; ``queue`` is where it came from."""

    service: str
    queue: str
    reason: str
    mark: str
    shown: str


def read_parked(amqp_uri: str, services: Iterable[str]) -> list[Parked]:
    """Look at every parked message; the connection's end puts them all back."""
    with closing(connect(amqp_uri)) as link:
        channel = link.channel()
        return [parked for service in services for parked in _of(channel, service)]


def _of(channel: object, service: str) -> Iterator[Parked]:
    while (message := channel.basic_get(parked_queue(service))) is not None:  # type: ignore[attr-defined]
        headers = message.headers
        text = message.body if isinstance(message.body, str) else message.body.decode("utf-8", "replace")
        yield Parked(
            service=service,
            queue=str(headers.get(QUEUE_HEADER, _dead_letter_queue(headers))),
            reason=str(headers.get(REASON_HEADER, "delivered too often")),
            mark=mark_of(text),
            shown=json.dumps(text[:SHOWN_CHARS], ensure_ascii=False),
        )


def unexpected(parked: Iterable[Parked]) -> Iterator[str]:
    """Parked, though it was no poison of ours."""
    for one in parked:
        if not one.mark and one.reason != NO_REQUEST:
            yield f"{one.queue} → {one.service}.parked, {one.reason}: {one.shown}"


def poison_lost(parked: Iterable[Parked], sent: Iterable[dict[str, str]]) -> Iterator[str]:
    """Poison that was confirmed, and is not parked; requests are counted, as they are parked without body."""
    marks = {one.mark for one in parked}
    requests = Counter(one.queue for one in parked if one.reason == NO_REQUEST)
    for poison in sent:
        if poison["mark"] in marks - {""}:
            continue
        if requests[poison["queue"]] <= 0:
            yield f"{poison['queue']}: {poison['mark'] or 'a request without reply_to'}"
        requests[poison["queue"]] -= 1


def _dead_letter_queue(headers: dict[str, object]) -> object:
    return headers.get("x-first-death-queue", "?")
