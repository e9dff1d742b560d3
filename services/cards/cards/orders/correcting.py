"""Correcting an order: who may have it corrected, and whose it is once its holder has another account."""

from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from cards.models import Order
from cards.owning import get_visible_order, newest_card
from cards.sealing import Keys
from chassis import audit
from chassis.calls.caller import Caller
from contracts.cards import OrderHolder
from contracts.identity import HolderAccountChanged


def get_order_holder(
    session: Session, caller: Caller, keys: Keys, *, order_id: str, order_secret: str | None
) -> OrderHolder:
    """Return whose order it is and its newest card, for whoever may correct it. Refusals: ``not_found``."""
    order = get_visible_order(session, caller, keys, order_id, order_secret, scope="orders:correct")
    card = newest_card(session, order)
    return {
        "order_id": order.id,
        "programme": order.programme,
        "card_type": order.card_type,
        "holder_id": order.holder_id,
        "card_id": card.id if card else None,
        "card_revoked": card is not None and card.revoked_at is not None,
    }


def follow_holder(session: Session, event: HolderAccountChanged) -> None:
    """The order is its new account's from now on; tokens of the account of before see it no more.

    A change that comes after a later one changes nothing, whatever the order in which they arrive.
    """
    followed = session.execute(
        update(Order)
        .where(
            Order.id == event.order_id,
            Order.holder_id == event.holder_id,
            Order.account_change < event.change,
        )
        .values(account_id=event.account_id, account_change=event.change)
    )
    if cast("CursorResult[Any]", followed).rowcount:
        change = {"account_id": event.account_id, "email_change_id": event.email_change_id}
        audit.record(session, event, "order_account_changed", event.order_id, **change)
