"""Making a card: number, QR text and code are drawn, sealed and hashed; the card is announced."""

from datetime import date

from sqlalchemy.orm import Session

from cards.models import Card, Order
from cards.numbering import draw_printed
from cards.sealing import Keys, hash_number, hash_qr_text, seal
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.base import Event
from contracts.cards import CardValidated

log = get_logger()


def make_card(
    session: Session,
    by: Caller | Event,
    keys: Keys,
    order: Order,
    *,
    valid_from: date,
    valid_until: date,
    replaces: str | None = None,
) -> Card:
    """Return the new card, valid on both days given, announced in the same transaction.

    A number or QR text that exists already (some 1 in 10^9 for a million cards) breaks a unique key: the
    caller's transaction fails and is tried again with others.
    """
    printed = draw_printed()
    card_id = new_id("card")
    card = Card(
        id=card_id,
        order_id=order.id,
        household_id=order.household_id,
        programme=order.programme,
        card_type=order.card_type,
        qr_hash=hash_qr_text(printed.qr_text),
        number_hash=hash_number(keys, printed.number),
        number_ends=printed.number[-4:],
        sealed=seal(keys, card_id, printed),
        valid_from=valid_from,
        valid_until=valid_until,
        made_at=now(),
        replaces=replaces,
    )
    session.add(card)
    session.flush()
    audit.record(session, by, "card_validated", card.id, order_id=order.id, replaces=replaces)
    announce(session, _validated(card, order))
    log.info("card_validated", card_id=card.id, order_id=order.id, replaces=replaces)
    return card


def _validated(card: Card, order: Order) -> CardValidated:
    return CardValidated(
        **stamp(),
        card_id=card.id,
        order_id=order.id,
        programme=order.programme,
        card_type=order.card_type,
        household_id=order.household_id,
        holder_id=order.holder_id,
        persons=order.persons,
        valid_from=card.valid_from.isoformat(),
        valid_until=card.valid_until.isoformat(),
        replaces=card.replaces,
    )
