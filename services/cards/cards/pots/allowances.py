"""Allowances: what `cards` may still spend of each pot (design §3).

Sign convention: amounts are positive cents; raises go up, draws and releases go down, and
``allowance = raises - draws - releases``. An allowance is raised only after the wallet has committed the
money, and lowered before the wallet takes any back: it is never more than the wallet holds.
"""

from datetime import date

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cards.disputes.locking import locked_since, share_turn
from cards.pots.models import Allowance, AllowanceRaise, AllowanceRelease
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from contracts.base import Event
from contracts.cards import AllowanceReleased, AllowanceTotals
from contracts.wallet import DebitReversed, PotCredited

# One statement, so that the four sums are of one moment.
_TOTALS = text("""
    SELECT (SELECT coalesce(sum(amount_cents), 0)::bigint FROM allowances) AS allowance_cents,
           (SELECT coalesce(sum(amount_cents), 0)::bigint FROM allowance_raises) AS raised_cents,
           (SELECT coalesce(sum(amount_cents), 0)::bigint FROM redemption_draws) AS drawn_cents,
           (SELECT coalesce(sum(amount_cents), 0)::bigint FROM allowance_releases) AS released_cents,
           (SELECT count(*) FROM allowances WHERE amount_cents < 0) AS negative_allowances
""")


class PotNotKnown(LookupError):
    """Money came back for a pot whose credit was not heard yet: the event is retried after the credit."""


def raise_by_credit(session: Session, event: PotCredited) -> None:
    """The wallet committed a credit: the household may spend it."""
    opened = insert(Allowance).values(
        pot_id=event.pot_id,
        household_id=event.household_id,
        programme=event.programme,
        pot_code=event.pot_code,
        categories=event.categories,
        amount_cents=0,
        credited_cents=0,
        spend_from=date.fromisoformat(event.spend_from),
        spend_until=date.fromisoformat(event.spend_until),
    )
    share_turn(session, event.household_id)
    session.execute(opened.on_conflict_do_nothing())
    pot = _lock_pot(session, event.pot_id)
    # A pot that comes while a dispute is open waits with the others.
    pot.locked_at = locked_since(session, event.household_id, event.programme)
    if not _raise(session, event, pot, event.credit_id, event.amount_cents):
        return
    pot.credited_cents += event.amount_cents


def raise_by_reversal(session: Session, event: DebitReversed) -> None:
    """The wallet took a cancelled redemption's debit back: its draws may be spent again.

    Raises PotNotKnown for a pot whose credit is still on its way; the whole event is then retried, so
    that nothing is raised twice and nothing forgotten.
    """
    for draw in sorted(event.draws, key=lambda draw: draw["pot_id"]):
        pot = _lock_pot(session, draw["pot_id"])
        _raise(session, event, pot, f"{event.redemption_id}:{pot.pot_id}", draw["amount_cents"])


def close_pot(session: Session, by: Caller | Event, pot: Allowance, reason: str) -> None:
    """Take all that is left off an allowance, for good; said even when nothing is left."""
    amount_cents, pot.amount_cents = pot.amount_cents, 0
    pot.closed_at = now()
    _release(session, by, pot, amount_cents, reason, closes_pot=True)


def get_allowance_totals(session: Session) -> AllowanceTotals:
    """The cards' side of the money equation, in cents."""
    row = session.execute(_TOTALS).one()
    return {
        "allowance_cents": row.allowance_cents,
        "raised_cents": row.raised_cents,
        "drawn_cents": row.drawn_cents,
        "released_cents": row.released_cents,
        "negative_allowances": row.negative_allowances,
    }


def _lock_pot(session: Session, pot_id: str) -> Allowance:
    pot = session.get(Allowance, pot_id, with_for_update={"key_share": True}, populate_existing=True)
    if pot is None:
        raise PotNotKnown(pot_id)
    return pot


def _raise(session: Session, by: Event, pot: Allowance, source_id: str, amount_cents: int) -> bool:
    """Raise once for each source; what reaches a closed pot goes back to the funder at once."""
    row = insert(AllowanceRaise).values(
        source_id=source_id, pot_id=pot.pot_id, amount_cents=amount_cents, raised_at=now()
    )
    if session.execute(row.on_conflict_do_nothing().returning(AllowanceRaise.source_id)).first() is None:
        return False
    audit.record(session, by, "allowance_raised", pot.pot_id, source_id=source_id, amount_cents=amount_cents)
    if pot.closed_at is None:
        pot.amount_cents += amount_cents
    else:
        _release(session, by, pot, amount_cents, "reached_closed_pot", closes_pot=False)
    return True


def _release(
    session: Session, by: Caller | Event, pot: Allowance, amount_cents: int, reason: str, *, closes_pot: bool
) -> None:
    release = AllowanceRelease(
        release_id=new_id("rel"),
        pot_id=pot.pot_id,
        amount_cents=amount_cents,
        reason=reason,
        released_at=now(),
    )
    session.add(release)
    session.flush()
    audit.record(
        session,
        by,
        "allowance_released",
        pot.pot_id,
        release_id=release.release_id,
        amount_cents=amount_cents,
        reason=reason,
        closes_pot=closes_pot,
    )
    announce(
        session,
        AllowanceReleased(
            **stamp(),
            release_id=release.release_id,
            pot_id=pot.pot_id,
            amount_cents=amount_cents,
            reason=reason,  # type: ignore[arg-type]
            closes_pot=closes_pot,
        ),
    )
