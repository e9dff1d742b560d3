"""From order to card: approval, refusal and payment are remembered in any order; all there makes the card."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from cards.making import make_card
from cards.models import Order
from cards.sealing import Keys
from chassis import audit
from chassis.clock import now
from contracts.base import Event
from contracts.identity import ApplicationApproved, ApplicationRefused
from contracts.programmes import Programme
from contracts.programmes.days import local_day, valid_from, valid_until
from contracts.wallet import PaymentReceived


class OrderNotKnown(LookupError):
    """An event about an order that is not here (yet): the event is retried, then parked."""


class PaymentMismatch(ValueError):
    """A payment of another amount than is due: the event is parked for somebody to look at."""


def note_approval(
    session: Session, event: ApplicationApproved, programmes: Mapping[str, Programme], keys: Keys
) -> None:
    """Every check was accepted."""
    order = _lock_order(session, event.order_id)
    order.approved_at = order.approved_at or now()
    audit.record(session, event, "order_approved", order.id, application_id=event.application_id)
    _validate_when_complete(session, event, order, programmes, keys)


def note_refusal(session: Session, event: ApplicationRefused) -> None:
    """A check was refused: no card. What was paid is given back by `wallet`, which hears this too."""
    order = _lock_order(session, event.order_id)
    order.refused_at = order.refused_at or now()
    order.reason_code = order.reason_code or event.reason_code
    audit.record(session, event, "order_refused", order.id, reason=event.reason_code)


def note_payment(
    session: Session, event: PaymentReceived, programmes: Mapping[str, Programme], keys: Keys
) -> None:
    """The card's price was paid."""
    order = _lock_order(session, event.order_id)
    if event.amount_cents != order.amount_due_cents:
        raise PaymentMismatch(event.payment_id)
    order.paid_at = order.paid_at or now()
    audit.record(session, event, "order_paid", order.id, payment_id=event.payment_id)
    _validate_when_complete(session, event, order, programmes, keys)


def _lock_order(session: Session, order_id: str) -> Order:
    # Approval and payment arrive on two queues at once: the lock makes the later one see the earlier.
    order = session.get(Order, order_id, with_for_update=True)
    if order is None:
        raise OrderNotKnown(order_id)
    return order


def _validate_when_complete(
    session: Session, event: Event, order: Order, programmes: Mapping[str, Programme], keys: Keys
) -> None:
    is_complete = order.approved_at is not None and order.paid
    if not is_complete or order.validated_at is not None or order.refused_at is not None:
        return
    programme = programmes[order.programme]
    card_type = programme.card_types[order.card_type]
    at = now()
    today = local_day(at, programme.timezone)
    last = valid_until(card_type, today, order.contract_end)
    # A check that took longer than the contract still makes a card, expired from the start: it is shown
    # as such, and an officer can explain it.
    first = min(valid_from(card_type, today), last)
    order.validated_at = at
    make_card(session, event, keys, order, valid_from=first, valid_until=last)
