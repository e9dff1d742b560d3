"""What every message between services has: an event's envelope, and the caller of an RPC."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal, Protocol, Self, TypedDict, cast


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, said by the service that owns it; past tense, JSON primitives only.

    ``event_id`` is unique for ever (the inbox relies on it); ``occurred_at`` is RFC 3339 in UTC.
    Fields are added, never renamed or removed: a reader ignores those that it does not know.
    """

    source: ClassVar[str]
    name: ClassVar[str]

    event_id: str
    occurred_at: str

    def payload(self) -> dict[str, Any]:
        """The event as a JSON object, which shares lists and objects with the event."""
        return dict(vars(self))

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Read a JSON object; a missing field raises TypeError, an unknown one is ignored."""
        known = _field_names(cast(Any, cls))
        return cls(**{key: value for key, value in payload.items() if key in known})


@cache
def _field_names(event: type[Event]) -> frozenset[str]:
    return frozenset(field.name for field in fields(event))


class Address(TypedDict):
    """A postal address; ``insee`` is the commune's INSEE code, which decides residence."""

    street: str
    postal_code: str
    insee: str


class Text(TypedDict):
    """A sentence for people, French first."""

    fr: str
    en: str


Season = TypedDict("Season", {"from": str, "to": str})
Season.__doc__ = "Days of any year, both inclusive, as ``MM-DD``; ``from`` after ``to`` spans the new year."


class HistoryEntry(TypedDict):
    """One act of the audit, as officers read it: what was done, and what kind of caller did it, never who.

    ``at`` RFC 3339; ``object_id`` is what it was done to. Of an act's details only codes are told: the ``kind``
    of a check, the ``outcome`` of a decision and its ``reason``.
    """

    at: str
    by: Literal["holder", "staff", "partner", "device", "service", "bank", "anonymous"]
    act: str
    object_id: str
    kind: str | None
    outcome: str | None
    reason: str | None


class BookPage(TypedDict):
    """Rows of one of a service's books: JSON primitives, the key first; ``next_after`` is null at the end."""

    rows: list[list[Any]]
    next_after: str | None


class BooksRpc(Protocol):
    """What every service answers besides its own RPC: its books, for the nightly reconciliation only."""

    def get_books(self, *, book: str, after: str, until: str | None) -> BookPage:
        """A page of a book: rows with keys beyond ``after`` (first: ''), up to ``until`` inclusive."""
