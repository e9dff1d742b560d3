"""What the wallet remembers of an order, and the lock under which the order's payments change state."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from wallet.models import Order


def lock_order(session: Session, order_id: str) -> Order:
    """The order's row, locked until the transaction ends; made when it is the first time we hear of it.

    A payment and a refusal of one order may arrive at the same moment: here one waits for the other.
    """
    row = insert(Order).values(id=order_id)
    locked = row.on_conflict_do_update(index_elements=[Order.id], set_={"id": row.excluded.id})
    return session.execute(locked.returning(Order).execution_options(populate_existing=True)).scalar_one()


def note_refused(session: Session, order: Order, at: datetime) -> None:
    """No card will be made for the order."""
    session.execute(update(Order).where(Order.id == order.id).values(refused_at=at))


def note_paid(session: Session, order: Order, payment_id: str) -> None:
    """The order is paid, by the first payment that the bank reports."""
    session.execute(update(Order).where(Order.id == order.id).values(paid_payment_id=payment_id))
