"""Confirming another address: the newest code gives the order's holder that address and its account.

Only this order's holder changes: other orders of the old address may be somebody else's, or rightly there.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import find_answer, once
from chassis.events.outbox import announce, stamp
from chassis.log import get_logger
from contracts.cards import OrderHolder
from contracts.identity import HolderAccountChanged
from contracts.refusals import Refusal
from identity.email_changes.codes import MAX_TRIES, PURPOSE
from identity.email_changes.models import EmailChange
from identity.email_changes.requesting import lock_holder
from identity.mailed_digits import digits_fit
from identity.models import Holder
from identity.people.accounts import account_of

Transaction = Callable[[], AbstractContextManager[Session]]

log = get_logger()


def confirm_email_change(
    transaction: Transaction,
    caller: Caller,
    key: bytes,
    order: OrderHolder,
    *,
    idempotency_key: str,
    code: str,
) -> None:
    """Change the holder's address if the code is that of the order's newest request, else refuse.

    The right code sent again, with whatever key, is answered as the first time and changes nothing. One
    refusal, ``email_code_refused``, for a wrong code, one that expired, was tried too often or replaced.
    """
    asked: dict[str, Any] = {
        "caller": caller.subject,
        "operation": "confirm_email_change",
        "key": idempotency_key,
        "request": {"order_id": order["order_id"], "code": code.strip()},
    }
    with transaction() as session:
        # What was confirmed stays confirmed under its key, though other changes may have come since.
        if find_answer(session, **asked) is not None:
            return
        holder = lock_holder(session, order)
        change = _newest(session, holder)
        fits = change is not None and _try(key, change, code)
        if change is not None and fits:
            once(session, **asked, act=lambda: _confirm(session, caller, holder, change))
    # Outside of the transaction, so that the try stays counted.
    if not fits:
        raise Refusal("email_code_refused", field="code")


def _newest(session: Session, holder: Holder) -> EmailChange | None:
    return session.scalars(
        select(EmailChange)
        .where(EmailChange.holder_id == holder.person_id)
        .order_by(EmailChange.seq.desc())
        .limit(1)
    ).one_or_none()


def _try(key: bytes, change: EmailChange, code: str) -> bool:
    if change.attempts >= MAX_TRIES or change.expires_at <= now():
        return False
    # Forgotten unused, and the clock was moved back since: nothing is left that the code could confirm.
    if change.confirmed_at is None and change.new_email is None:
        return False
    if digits_fit(key, PURPOSE, change.id, code):
        return True
    change.attempts += 1
    return False


def _confirm(session: Session, caller: Caller, holder: Holder, change: EmailChange) -> dict[str, str]:
    if change.confirmed_at is None and change.new_email is not None:
        change.old_email, change.old_account_id = holder.email, holder.account_id
        change.confirmed_at = now()
        holder.email, holder.account_id = change.new_email, account_of(session, change.new_email)
        session.flush()
        ids = {"email_change_id": change.id, "holder_id": holder.person_id}
        audit.record(session, caller, "email_changed", change.order_id, **ids, account_id=holder.account_id)
        announce(session, _changed(holder, change))
        log.info("email_changed", order_id=change.order_id, **ids)
    return {"email_change_id": change.id}


def _changed(holder: Holder, change: EmailChange) -> HolderAccountChanged:
    return HolderAccountChanged(
        **stamp(),
        email_change_id=change.id,
        order_id=change.order_id,
        holder_id=holder.person_id,
        account_id=holder.account_id,
        change=change.seq,
    )
