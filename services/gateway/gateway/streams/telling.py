"""What a stream says: server-sent events as bytes (WHATWG HTML, section 9.2)."""

import json
from functools import partial
from random import randint
from typing import Any, NamedTuple

from contracts.base import Text
from contracts.cards import RedemptionCancelled, RedemptionRecorded, RedemptionView, VisitChange
from gateway.schemas.redemptions import RedemptionAnswer
from gateway.streams.place import Place, mark_of

# When a page comes again after its stream has ended; after a stop each at another time.
RETRY_MS = 2_000
RETRY_SPREAD_MS = 15_000
BEAT = b":\n\n"

# Why a stream ends, and what the page is told of it; ``dropped`` has an event of its own.
ENDINGS: dict[str, Text] = {
    "expired": {
        "fr": "Votre connexion a expiré. Identifiez-vous à nouveau.",
        "en": "Your session has ended. Sign in again.",
    },
    "stopping": {"fr": "La page va se reconnecter.", "en": "The page will connect again."},
    "dropped": {
        "fr": "La page n’a pas suivi. Elle va se reconnecter.",
        "en": "The page did not keep up. It will connect again.",
    },
    "gap": {
        "fr": "Des passages ont pu manquer : relisez la liste.",
        "en": "Visits may be missing: read the list again.",
    },
}

_as_json = partial(json.dumps, separators=(",", ":"))
_answer = RedemptionAnswer()


class Change(NamedTuple):
    """A change of a visit, made ready once for all who follow it; ``told`` is its moment and its mark."""

    told: tuple[str, str]
    event: bytes


def change_of(event: RedemptionRecorded) -> Change:
    """Of an event, as it comes by the bus."""
    cancelled_at = event.cancelled_at if isinstance(event, RedemptionCancelled) else None
    visit: RedemptionView = {
        "id": event.redemption_id,
        "card_id": event.card_id,
        "offer_id": event.offer_id,
        "provider_id": event.provider_id,
        "site_id": event.site_id,
        "gross_cents": event.gross_cents,
        "reduction_cents": event.reduction_cents,
        "net_cents": event.net_cents,
        "paid_from_pot_cents": event.paid_from_pot_cents,
        "due_cents": event.due_cents,
        "occurred_at": event.moment,
        "recorded_at": event.redeemed_at,
        "revoked_meanwhile": event.revoked_meanwhile,
        "cancelled_at": cancelled_at,
    }
    return change_from(
        {
            "change": "cancelled" if cancelled_at else "recorded",
            "at": cancelled_at or event.redeemed_at,
            "visit": visit,
        }
    )


def change_from(listed: VisitChange) -> Change:
    """Of the list that `cards` answers."""
    told = (listed["at"], mark_of(listed["change"], listed["visit"]["id"]))
    return Change(told, _event(listed["change"], _answer.dump(listed["visit"])))


def opening(place: Place) -> bytes:
    """Where the page stands before it has heard anything."""
    return b"retry: %d\nid: %b\n\n" % (RETRY_MS, place.written().encode())


def telling(change: Change, place: Place) -> bytes:
    """A change, and where the page stands once it has heard of it."""
    return b"id: %b\n%b" % (place.written().encode(), change.event)


def gap() -> bytes:
    """Something was missed; where the page stands is as before."""
    return _event("gap", {"message": ENDINGS["gap"]})


def ending(why: str, place: Place) -> bytes:
    """The last event of a stream."""
    last = _event(
        "dropped" if why == "dropped" else "ended",
        {"reason": why, "last_id": place.written(), "message": ENDINGS[why]},
    )
    spread = randint(RETRY_MS, RETRY_SPREAD_MS) if why == "stopping" else RETRY_MS  # noqa: S311 - no secret
    return b"retry: %d\n%b" % (spread, last)


def _event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {_as_json(data)}\n\n".encode()
