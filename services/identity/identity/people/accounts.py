"""Accounts: one for each normalised e-mail address that an order names, as long as one does."""

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import now
from chassis.ids import new_id
from identity.input_rules import normalise_email
from identity.models import Account, Holder, LoginCode


def account_of(session: Session, email: str) -> str:
    """Return the address's account, a new one if it has none; it is locked until the transaction ends.

    Two orders with one new address at once: the second waits here and then finds the first one's row. An
    account that is deleted at this moment is made anew.
    """
    fresh = insert(Account).values(id=new_id("acc"), email=normalise_email(email), created_at=now())
    kept = fresh.on_conflict_do_update(
        index_elements=[Account.email], set_={"created_at": Account.created_at}
    ).returning(Account.id)
    return session.execute(kept).scalar_one()


def drop_account_of_nobody(session: Session, account_id: str) -> None:
    """Forget an address that no order names any more, with the codes that were mailed to it."""
    # Locked first: an order that names the address at this moment is waited for, and then seen below.
    session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    if session.scalar(select(exists().where(Holder.account_id == account_id))):
        return
    session.execute(delete(LoginCode).where(LoginCode.account_id == account_id))
    session.execute(delete(Account).where(Account.id == account_id))
