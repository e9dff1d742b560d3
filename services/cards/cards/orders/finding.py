"""A holder's own orders, with the card that stands for each."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cards.input_rules import check_limit, unknown_cursor
from cards.models import Card, Order
from cards.owning import own_orders
from cards.views import view_card, view_order
from chassis.calls.caller import Caller
from chassis.clock import now
from contracts.cards import OwnOrder, OwnOrderPage
from contracts.programmes import Programme
from contracts.programmes.days import local_day


def find_own_orders(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    cursor: str | None,
    limit: int,
) -> OwnOrderPage:
    """Return the calling holder's orders, newest first; the last one of a page is where the next begins."""
    check_limit(limit)
    wanted = own_orders(caller)
    # Ids sort by time.
    query = select(Order).where(wanted).order_by(Order.id.desc())
    if cursor is not None:
        if session.scalar(select(Order.id).where(wanted, Order.id == cursor)) is None:
            raise unknown_cursor()
        query = query.where(Order.id < cursor)
    found = session.scalars(query.limit(limit + 1)).all()
    orders = found[:limit]
    cards = _newest_cards(session, orders)
    return {
        "orders": [_view(order, programmes[order.programme], cards.get(order.id)) for order in orders],
        "next_cursor": orders[-1].id if len(found) > limit else None,
    }


def _newest_cards(session: Session, orders: Sequence[Order]) -> dict[str, Card]:
    """The card that stands for each order now; ids sort by time."""
    newest = select(func.max(Card.id)).where(Card.order_id.in_([order.id for order in orders]))
    found = session.scalars(select(Card).where(Card.id.in_(newest.group_by(Card.order_id))))
    return {card.order_id: card for card in found}


def _view(order: Order, programme: Programme, card: Card | None) -> OwnOrder:
    today = local_day(now(), programme.timezone)
    return {
        **view_order(order, programme.card_types[order.card_type], card.id if card else None),
        "card": view_card(card, order, today, None) if card else None,
    }
