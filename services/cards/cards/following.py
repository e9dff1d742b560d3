"""Following visits: what became of them since a moment, for whoever has lost sight of them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cards.input_rules import read_instant
from cards.models import Card, Order
from cards.scan.models import Redemption
from cards.views import view_redemption
from chassis.caller import Caller
from chassis.clock import now, rfc3339
from contracts.cards import VisitChange, VisitChanges
from contracts.refusals import Refusal

# More than these are better read as a list.
CHANGES_MAX = 250
# From the moment that a change says to its commit, and on its way to those who hear of it.
ON_THE_WAY = timedelta(seconds=60)


def find_own_visit_changes(session: Session, caller: Caller, *, since: str | None) -> VisitChanges:
    """Return what became of the calling holder's visits."""
    if caller.kind != "holder":
        raise Refusal("not_allowed")
    own = select(Card.id).join(Order, Order.id == Card.order_id).where(Order.account_id == caller.subject)
    return _changes(session, Redemption.card_id.in_(own), since)


def find_provider_visit_changes(
    session: Session, caller: Caller, *, provider_id: str, since: str | None
) -> VisitChanges:
    """Return what became of the visits at a provider; to staff of another it does not exist, and who works
    for some programmes is told of theirs."""
    if caller.provider_id not in (None, provider_id):
        raise Refusal("not_found")
    wanted = Redemption.provider_id == provider_id
    if caller.programmes:
        wanted &= Redemption.programme.in_(caller.programmes)
    return _changes(session, wanted, since)


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
