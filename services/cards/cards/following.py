"""Following visits: what became of them since a moment, for whoever has lost sight of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cards.input_rules import read_instant
from cards.models import Card
from cards.owning import own_visits, visits_at
from cards.scan.models import Redemption
from cards.views import view_redemption
from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from contracts.cards import VisitChange, VisitChanges

# More than these are better read as a list.
CHANGES_MAX = 250
# From the moment that a change says to its commit, and on its way to those who hear of it.
ON_THE_WAY = timedelta(seconds=60)


def find_own_visit_changes(session: Session, caller: Caller, *, since: str | None) -> VisitChanges:
    """Return what became of the calling holder's visits."""
    return _changes(session, own_visits(caller), since)


def find_provider_visit_changes(
    session: Session, caller: Caller, provider_id: str, since: str | None
) -> VisitChanges:
    """Return what became of the visits at a provider."""
    return _changes(session, visits_at(caller, provider_id), since)


def _changes(session: Session, wanted: ColumnElement[bool], since: str | None) -> VisitChanges:
    first = now() - ON_THE_WAY if since is None else read_instant(since, "since")
    found = [
        *_at(session, wanted, Redemption.redeemed_at, first),
        *_at(session, wanted, Redemption.cancelled_at, first),
    ]
    found.sort(key=lambda change: (change["at"], change["visit"]["id"]))
    kept = found[-CHANGES_MAX:]
    complete = len(kept) == len(found)
    return {"since": rfc3339(first) if complete else kept[0]["at"], "changes": kept, "complete": complete}


def _at(
    session: Session, wanted: ColumnElement[bool], moment: InstrumentedAttribute[Any], first: datetime
) -> Iterator[VisitChange]:
    query = select(Redemption, Card.revoked_at).join(Card, Card.id == Redemption.card_id)
    newest = query.where(wanted, moment >= first).order_by(moment.desc()).limit(CHANGES_MAX + 1)
    for redemption, revoked_at in session.execute(newest):
        visit = view_redemption(redemption, revoked_at)
        if moment is Redemption.redeemed_at:
            yield {"change": "recorded", "at": visit["recorded_at"], "visit": {**visit, "cancelled_at": None}}
        elif visit["cancelled_at"] is not None:
            yield {"change": "cancelled", "at": visit["cancelled_at"], "visit": visit}
