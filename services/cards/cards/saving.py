"""What a card has saved so far, beside what it cost: for whoever wonders whether it was worth it."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cards.models import Card
from cards.owning import get_visible_card
from cards.reading import VISITED
from cards.scan.models import Redemption
from chassis.calls.caller import Caller
from contracts.cards import CardSavings
from contracts.programmes import Programme
from contracts.programmes.days import local_day


def get_savings(
    session: Session, caller: Caller, programmes: Mapping[str, Programme], *, card_id: str
) -> CardSavings:
    """Return the reductions of a card's visits and of those that it replaced, without cancelled ones."""
    card, order = get_visible_card(session, caller, card_id)
    price_cents = order.amount_due_cents
    of_order = select(Card.id).where(Card.order_id == order.id)
    running = (
        select(
            VISITED.label("visited_at"),
            func.sum(Redemption.reduction_cents).over(order_by=(VISITED, Redemption.id)).label("saved"),
        )
        .where(Redemption.card_id.in_(of_order), Redemption.cancelled_at.is_(None))
        .subquery()
    )
    visits, saved, regained_at = session.execute(
        select(
            func.count(),
            func.coalesce(func.max(running.c.saved), 0),
            func.min(running.c.visited_at).filter(running.c.saved >= price_cents),
        )
    ).one()
    is_regained = price_cents > 0 and regained_at is not None
    timezone = programmes[card.programme].timezone
    return {
        "price_cents": price_cents,
        "visits": visits,
        "saved_cents": int(saved),
        "regained_on": local_day(regained_at, timezone).isoformat() if is_regained else None,
    }
