"""What a message carries: one event alone, or a bundle of events of one name (ADR 0040)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from chassis.broker.amqp import Json

# The version of a bundle's form, which a bundle says itself; no event has a field of this name.
VERSION_FIELD = "bundle"
VERSION = 1
EVENTS_MAX = 25
# Characters of its events, a few frames on the wire. One that is larger travels alone.
CHARS_MAX = 32 * 1024
CALL_ID_HEADER = "nameko.call_id"


class UnreadableBundle(Exception):
    """A bundle of a form that this release does not know: a later one will."""


@dataclass(frozen=True)
class Carried:
    """One event as it came or would travel alone: its payload (any JSON) and its message's headers."""

    payload: Any
    headers: dict[str, Any]


class Announced(Protocol):
    """A row of the outbox; ``body`` is the payload as JSON."""

    source: str
    name: str
    body: str
    call_id: str | None


AnnouncedT = TypeVar("AnnouncedT", bound=Announced)


def packed(events: Iterable[AnnouncedT], events_per_message: int) -> list[list[AnnouncedT]]:
    """The events of each message, in the order in which they came; a message has events of one name."""
    packs: list[list[AnnouncedT]] = []
    filling: dict[tuple[str, str], list[AnnouncedT]] = {}
    for event in events:
        kind = (event.source, event.name)
        pack = filling.get(kind, [])
        chars = sum(len(other.body) for other in pack) + len(event.body)
        if not pack or len(pack) >= events_per_message or chars > CHARS_MAX:
            pack = filling[kind] = []
            packs.append(pack)
        pack.append(event)
    return packs


def written(pack: Sequence[Announced]) -> tuple[Json, dict[str, Any]]:
    """Body and headers of a message: of one event the form that every release reads."""
    if len(pack) == 1:
        return Json(pack[0].body), _headers(pack[0].call_id)
    # As text, as the database has it: reading it to write it again cost more than publishing it.
    events = ",".join(f'{{"call_id":{json.dumps(event.call_id)},"event":{event.body}}}' for event in pack)
    return Json(f'{{"{VERSION_FIELD}":{VERSION},"events":[{events}]}}'), {}


def is_bundle(body: Any) -> bool:
    """Whether a message's body is a bundle, of whatever version."""
    return isinstance(body, dict) and VERSION_FIELD in body


def read(body: Any, headers: Mapping[str, Any]) -> list[Carried]:
    """What a message carries, at least one; what is no bundle is one event, or garbage in its place.

    Raises UnreadableBundle.
    """
    if not is_bundle(body):
        return [Carried(body, dict(headers))]
    if body[VERSION_FIELD] != VERSION:
        raise UnreadableBundle(str(body[VERSION_FIELD]))
    try:
        carried = [Carried(each["event"], _headers(each["call_id"])) for each in body["events"]]
    except (KeyError, TypeError) as error:
        raise UnreadableBundle(type(error).__name__) from error
    if not carried:
        raise UnreadableBundle("empty")
    return carried


def _headers(call_id: str | None) -> dict[str, Any]:
    return {CALL_ID_HEADER: call_id} if call_id else {}
