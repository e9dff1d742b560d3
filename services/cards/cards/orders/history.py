"""What was done to an order and its cards, from the audit, for officers."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from cards.models import Card, Order
from cards.owning import get_visible_card
from chassis.audit import history_of
from chassis.calls.caller import Caller
from contracts.base import HistoryEntry
from contracts.cards import OrderHistory
from contracts.refusals import Refusal


def get_order_history(session: Session, caller: Caller, *, order_id: str) -> OrderHistory:
    """Return the last acts, newest first, and the ids of the order's cards."""
    order = session.get(Order, order_id)
    if order is None or not caller.works_for(order.programme):
        raise Refusal("not_found")
    cards = session.scalars(select(Card.id).where(Card.order_id == order_id).order_by(Card.id)).all()
    return {"entries": history_of(session, [order_id, *cards]), "card_ids": list(cards)}


def get_card_history(session: Session, caller: Caller, *, card_id: str) -> list[HistoryEntry]:
    """Return the last acts, newest first."""
    card, _ = get_visible_card(session, caller, card_id)
    return history_of(session, [card.id])
