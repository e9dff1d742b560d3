"""Whose orders and cards they are: what a caller may not see does not exist for them."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from cards.models import Card, Order
from cards.scan.models import Redemption
from cards.sealing import Keys, is_order_secret
from chassis.calls.caller import Caller
from chassis.clock import now
from contracts.programmes.days import local_day, start_of_day
from contracts.refusals import Refusal

# A partner has orders; a card is its holder's.
SCOPES_OF_PARTNERS = ("orders:read", "orders:correct")
# Staff of a provider who receive visitors: what was yesterday is not theirs.
DESK = "provider_desk"


def get_visible_order(
    session: Session,
    caller: Caller,
    keys: Keys,
    order_id: str,
    order_secret: str | None,
    scope: str = "orders:read",
) -> Order:
    """Return an order for whoever placed it or has its secret, its holder, an officer, or a service.

    Whoever has no secret must have ``scope``.
    """
    order = session.get(Order, order_id)
    if order is None:
        raise Refusal("not_found")
    has_secret = order_secret is not None and is_order_secret(keys, order.id, order_secret)
    if not has_secret and not _sees(caller, order, scope):
        raise Refusal("not_found")
    return order


def get_visible_card(
    session: Session, caller: Caller, card_id: str, *, lock: bool = False
) -> tuple[Card, Order]:
    """Return a card and its order, for its holder, an officer, or a service."""
    locking = {"key_share": True} if lock else None
    card = session.get(Card, card_id, with_for_update=locking)
    order = None if card is None else session.get(Order, card.order_id)
    if card is None or order is None or not _sees(caller, order, "cards:read"):
        raise Refusal("not_found")
    return card, order


def newest_card(session: Session, order: Order) -> Card | None:
    """Return the card that stands for the order now, if one was made; ids sort by time."""
    return session.scalar(select(Card).where(Card.order_id == order.id).order_by(Card.id.desc()).limit(1))


def own_orders(caller: Caller) -> ColumnElement[bool]:
    """Which orders are the calling holder's; refuses anybody else."""
    if caller.kind != "holder":
        raise Refusal("not_allowed")
    return Order.account_id == caller.subject


def own_visits(caller: Caller) -> ColumnElement[bool]:
    """Which visits are the calling holder's; refuses anybody else."""
    cards = select(Card.id).join(Order, Order.id == Card.order_id).where(own_orders(caller))
    return Redemption.card_id.in_(cards)


def visits_at(caller: Caller, provider_id: str) -> ColumnElement[bool]:
    """Which visits at a provider the caller may see: to staff of another it does not exist, who works for
    some programmes sees theirs, and a desk those recorded today."""
    if caller.provider_id not in (None, provider_id):
        raise Refusal("not_found")
    wanted = Redemption.provider_id == provider_id
    if caller.role == DESK:
        wanted &= Redemption.redeemed_at >= start_of_day(local_day(now()))
    return wanted & Redemption.programme.in_(caller.programmes) if caller.programmes else wanted


def _sees(caller: Caller, order: Order, scope: str) -> bool:
    if not caller.may(scope):
        return False
    if caller.kind == "holder":
        return order.account_id == caller.subject
    if caller.kind == "partner":
        return scope in SCOPES_OF_PARTNERS and order.placed_by == caller.subject
    if caller.kind == "staff":
        return caller.works_for(order.programme)
    return caller.kind == "service"
