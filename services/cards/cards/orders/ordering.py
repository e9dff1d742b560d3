"""Placing an order: the rules answer at once, `identity` keeps the people, the order is announced."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from cards.models import Order
from cards.orders import order_rules
from cards.sealing import Keys, order_secret
from cards.transactions import Transaction
from cards.views import view_order
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import find_answer, once
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from contracts.cards import OrderPlaced, OrderRequest, OrderView
from contracts.identity import Household, IdentityRpc
from contracts.programmes import CardType, Programme
from contracts.programmes.days import local_day
from contracts.programmes.shape import People
from contracts.refusals import Refusal

# What an order keeps of what `identity` answers; an earlier release of it does not say whom limits count.
IDS_OF_HOUSEHOLD = ("household_id", "holder_id", "account_id", "counted_as")


def place_order(
    transaction: Transaction,
    caller: Caller,
    programmes: Mapping[str, Programme],
    keys: Keys,
    identity: IdentityRpc,
    *,
    idempotency_key: str,
    order: OrderRequest,
) -> OrderView:
    """Return the order with its secret; refused at once where a rule says no.

    The people are registered before the transaction: an RPC inside one would hold its locks. Registering
    is idempotent too, so a call that dies between the two is repeated with the same key.
    """
    asked: dict[str, Any] = {
        "caller": caller.subject,
        "operation": "place_order",
        "key": idempotency_key,
        "request": dict(order),
    }
    with transaction() as session:
        # An order that was placed stays placed, though its day or an age may have passed meanwhile.
        placed: OrderView | None = find_answer(session, **asked)
    if placed is None:
        placed = _place(transaction, caller, programmes, identity, order, asked)
    # The stored answer must not hold the secret; it is derived anew each time.
    return {**placed, "order_secret": order_secret(keys, placed["id"])}


def _place(
    transaction: Transaction,
    caller: Caller,
    programmes: Mapping[str, Programme],
    identity: IdentityRpc,
    order: OrderRequest,
    asked: dict[str, Any],
) -> OrderView:
    programme = order_rules.find_programme(programmes, order["programme"])
    # To staff, a programme that their account does not name is as unknown as none.
    if not caller.works_for(programme.code):
        raise Refusal("programme_unknown", field="programme")
    card_type = order_rules.find_card_type(programme, order["card_type"])
    at = now()
    draft = _draft(programme, card_type, caller, order, at)
    household = identity.register_household(
        idempotency_key=_key_for_identity(caller, asked["key"]),
        programme=programme.code,
        card_type=card_type.code,
        holder=order["holder"],
        members=order["members"],
    )
    with transaction() as session:
        answer: OrderView = once(
            session, **asked, act=lambda: _keep(session, caller, card_type, draft, household)
        )
    return answer


def _draft(
    programme: Programme, card_type: CardType, caller: Caller, order: OrderRequest, at: datetime
) -> dict[str, Any]:
    """Check every rule; return the order's own columns, all but the household's ids."""
    day = local_day(at, programme.timezone)
    order_rules.check_dates(programme, day)
    channel = order_rules.choose_channel(programme, caller)
    order_rules.check_texts(order)
    people = order_rules.check_people(card_type, order, day)
    order_rules.check_residence(programme, card_type, order["holder"])
    order_rules.check_holder_fields(card_type, order["holder"])
    return {
        "programme": programme.code,
        "card_type": card_type.code,
        "channel": channel,
        "channel_note": order.get("channel_note"),
        "placed_by": caller.subject,
        "amount_due_cents": card_type.price_cents,
        "contract_end": order_rules.read_contract_end(card_type, order["holder"], day),
        "placed_at": at,
        **_shown_at_desk(card_type, order, people, day),
    }


def _shown_at_desk(card_type: CardType, order: OrderRequest, people: People, day: date) -> dict[str, Any]:
    holder = order["holder"]
    return {
        "adults": people.adults,
        "children": people.children,
        "holder_first_name": holder["given_name"].strip(),
        "age_band": order_rules.age_band(card_type, date.fromisoformat(holder["birth_date"]), day),
    }


def _key_for_identity(caller: Caller, key: str) -> str:
    # `identity` sees one caller, this service: two partners' equal keys must stay two keys.
    return hashlib.sha256(f"place_order {caller.subject} {key}".encode()).hexdigest()


def _keep(
    session: Session, caller: Caller, card_type: CardType, draft: dict[str, Any], household: Household
) -> OrderView:
    # By name: a release of `identity` that answers more takes no order from the one that asks.
    known = {name: household.get(name) for name in IDS_OF_HOUSEHOLD}
    order = Order(id=new_id("ord"), **known, **draft)
    session.add(order)
    session.flush()
    audit.record(session, caller, "order_placed", order.id, household_id=order.household_id)
    announce(
        session,
        OrderPlaced(
            **stamp(),
            order_id=order.id,
            programme=order.programme,
            card_type=order.card_type,
            household_id=order.household_id,
            holder_id=order.holder_id,
            channel=order.channel,
            amount_due_cents=order.amount_due_cents,
        ),
    )
    return view_order(order, card_type, card_id=None)
