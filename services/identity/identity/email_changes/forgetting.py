"""Forgetting addresses: the old one once it was told, a new one that nobody confirmed, rows after days."""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from chassis.clock import now
from contracts.notify import OldAddressNotified
from identity.email_changes.models import EmailChange
from identity.people.accounts import drop_account_of_nobody

# `notify` tries for three days to reach the old address. Longer than requests are counted.
KEPT_FOR = timedelta(days=3)


def forget_old_address(session: Session, event: OldAddressNotified) -> None:
    """The old address was told, or cannot be: keep neither it nor an account that no order names."""
    change = session.get(EmailChange, event.email_change_id, with_for_update=True)
    if change is not None:
        _forget(session, change)


def drop_old_changes(session: Session) -> None:
    """Keep no address longer than it serves, and no row longer than it takes to look into a complaint."""
    at = now()
    unused = (EmailChange.confirmed_at.is_(None), EmailChange.new_email.is_not(None))
    session.execute(update(EmailChange).where(*unused, EmailChange.expires_at < at).values(new_email=None))
    over = EmailChange.expires_at < at - KEPT_FOR
    kept = select(EmailChange).where(over, EmailChange.old_email.is_not(None))
    for change in session.scalars(kept.with_for_update(skip_locked=True)):
        _forget(session, change)
    session.execute(delete(EmailChange).where(over))


def _forget(session: Session, change: EmailChange) -> None:
    account_id = change.old_account_id
    change.old_email = change.new_email = change.old_account_id = None
    session.flush()
    if account_id is not None:
        drop_account_of_nobody(session, account_id)
