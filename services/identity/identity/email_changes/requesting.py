"""Naming another address for an order: nothing changes yet, a code is mailed to the new address.

Whose order it is was judged by `cards`, which was asked in the caller's name before.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from chassis.database.idempotency import once
from chassis.database.turns import wait_for_turn
from chassis.events.outbox import announce, stamp
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.cards import OrderHolder
from contracts.identity import EmailChange as EmailChangeView
from contracts.identity import EmailChangeRequested
from contracts.refusals import Refusal
from contracts.writing import waits
from identity.email_changes.codes import LIFETIME
from identity.email_changes.models import EmailChange
from identity.hashing import keyed_hash
from identity.input_rules import check_email, normalise_email
from identity.models import Holder

# Enough for whoever mistypes twice; nobody mails a stranger much, from one order or from many.
MAX_REQUESTS = 5
MAX_MAILS_TO_ADDRESS = 5
WINDOW = timedelta(days=1)

log = get_logger()


def request_email_change(
    session: Session, caller: Caller, key: bytes, order: OrderHolder, *, idempotency_key: str, email: str
) -> EmailChangeView:
    """Have a code mailed to the new address; the answer says until when it counts, and tells nothing else.

    Refusals: ``invalid_field``, ``email_unchanged``, ``too_many_mails``.
    """
    checked = check_email("email", email)
    answer = once(
        session,
        caller=caller.subject,
        operation="request_email_change",
        key=idempotency_key,
        request={"order_id": order["order_id"], "email": email},
        act=lambda: _request(session, caller, key, order, checked),
    )
    return cast(EmailChangeView, answer)


def lock_holder(session: Session, order: OrderHolder) -> Holder:
    """Return the order's holder; requests and confirmations of one order come one after the other."""
    holder = session.get(Holder, order["holder_id"], with_for_update={"key_share": True})
    if holder is None:
        raise Refusal("not_found")
    return holder


def _request(session: Session, caller: Caller, key: bytes, order: OrderHolder, email: str) -> EmailChangeView:
    holder, at = lock_holder(session, order), now()
    if normalise_email(email) == normalise_email(holder.email):
        raise Refusal("email_unchanged", field="email")
    address_key = keyed_hash(key, "email_change_address", normalise_email(email))
    # Orders are many, and each may name the same stranger: their requests come one after the other too.
    wait_for_turn(session, address_key)
    _check_count(session, EmailChange.holder_id == holder.person_id, MAX_REQUESTS, at)
    _check_count(session, EmailChange.address_key == address_key, MAX_MAILS_TO_ADDRESS, at)
    change = EmailChange(
        id=new_id("emc"),
        order_id=order["order_id"],
        holder_id=holder.person_id,
        address_key=address_key,
        new_email=email,
        attempts=0,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    session.add(change)
    session.flush()
    ids = {"email_change_id": change.id, "holder_id": holder.person_id}
    audit.record(session, caller, "email_change_requested", order["order_id"], **ids)
    announce(session, EmailChangeRequested(**stamp(), email_change_id=change.id))
    log.info("email_change_requested", order_id=order["order_id"], **ids)
    return {"expires_at": rfc3339(change.expires_at)}


def _check_count(session: Session, of: ColumnElement[bool], most: int, at: datetime) -> None:
    recent = session.scalars(
        select(EmailChange.created_at)
        .where(of, EmailChange.created_at > at - WINDOW)
        .order_by(EmailChange.created_at.desc())
        .limit(most)
    ).all()
    if len(recent) >= most:
        wait_s = (recent[-1] + WINDOW - at).total_seconds()
        raise Refusal("too_many_mails", **waits(wait_s))
