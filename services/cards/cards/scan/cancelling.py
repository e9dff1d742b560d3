"""Undoing a redemption: a device of the provider within minutes, an officer later.

Nothing is given back here: the allowance is raised when the wallet has reversed the debit
(`debit_reversed`), whichever of the two events about the redemption it heard first.
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.models import Card, Order
from cards.scan.answering import SAID_OF_REDEMPTION
from cards.scan.models import Redemption, RedemptionDraw
from cards.views import view_redemption
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from chassis.database.idempotency import once
from chassis.events.outbox import announce, stamp
from contracts.cards import RedemptionCancelled, RedemptionView
from contracts.programmes import Programme
from contracts.refusals import Refusal


def cancel_redemption(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    redemption_id: str,
) -> RedemptionView:
    """Return the cancelled redemption; cancelling it again, with any key, changes nothing."""
    answer: RedemptionView = once(
        session,
        caller=caller.subject,
        operation="cancel_redemption",
        key=idempotency_key,
        request={"redemption_id": redemption_id},
        act=lambda: undo(session, caller, programmes, redemption_id),
    )
    return answer


def undo(
    session: Session, caller: Caller, programmes: Mapping[str, Programme], redemption_id: str
) -> RedemptionView:
    """The same within a transaction of somebody else's; refuses before anything is written."""
    redemption = session.get(Redemption, redemption_id, with_for_update={"key_share": True})
    if redemption is None or not _sees(caller, redemption):
        raise Refusal("not_found")
    if redemption.cancelled_at is None:
        _check_in_time(caller, redemption, programmes)
        redemption.cancelled_at = now()
        redemption.cancelled_by = caller.subject
        session.flush()
        paid_cents = redemption.paid_from_pot_cents
        audit.record(session, caller, "redemption_cancelled", redemption.id, paid_from_pot_cents=paid_cents)
        announce(session, _cancelled(session, redemption))
    card = session.get_one(Card, redemption.card_id)
    return view_redemption(redemption, card.revoked_at)


def _sees(caller: Caller, redemption: Redemption) -> bool:
    if caller.kind == "device":
        return caller.provider_id == redemption.provider_id
    if caller.kind == "staff":
        return caller.works_for(redemption.programme)
    return caller.kind == "service"


def _check_in_time(caller: Caller, redemption: Redemption, programmes: Mapping[str, Programme]) -> None:
    # From when it was recorded: a device that was without a network must still be able to undo what it sent.
    # An officer may cancel until the redemption is settled: settlement will say so here.
    window = timedelta(seconds=programmes[redemption.programme].undo_window_s)
    if caller.kind == "device" and now() > redemption.redeemed_at + window:
        raise Refusal("cancellation_too_late")


def _cancelled(session: Session, redemption: Redemption) -> RedemptionCancelled:
    draws = session.scalars(
        select(RedemptionDraw)
        .where(RedemptionDraw.redemption_id == redemption.id)
        .order_by(RedemptionDraw.pot_id)
    )
    card, order = session.get_one(Card, redemption.card_id), session.get_one(Order, redemption.order_id)
    seen = view_redemption(redemption, card.revoked_at)
    assert seen["cancelled_at"] is not None, "it was cancelled before it is announced"
    return RedemptionCancelled(
        **stamp(),
        **{name: getattr(redemption, name) for name in SAID_OF_REDEMPTION},
        redemption_id=redemption.id,
        draws=[{"pot_id": draw.pot_id, "amount_cents": draw.amount_cents} for draw in draws],
        redeemed_at=seen["recorded_at"],
        visited_at=rfc3339(redemption.said_at),
        account_id=order.account_id,
        revoked_meanwhile=seen["revoked_meanwhile"],
        cancelled_at=seen["cancelled_at"],
    )
