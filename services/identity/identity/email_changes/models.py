"""The table of requested changes of an order's e-mail address."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from identity.models import Base


class EmailChange(Base):
    """One request; the digits of its code are derived from the id (`codes.py`), never stored.

    ``seq`` is the order of requests, whatever a clock says. ``new_email`` goes when the code has expired
    unused; both addresses go when the old one was notified (`forgetting.py`).
    """

    __tablename__ = "email_changes"
    __table_args__ = (
        Index("ix_email_changes_holder_id", "holder_id", "seq"),
        Index("ix_email_changes_address_key", "address_key", "created_at"),
        CheckConstraint("attempts BETWEEN 0 AND 5", name="attempts"),
        CheckConstraint("old_email IS NULL OR confirmed_at IS NOT NULL", name="old_email"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    order_id: Mapped[str]
    holder_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    # A keyed hash of the new address, under which its mails are counted once the address itself is gone.
    address_key: Mapped[str]
    new_email: Mapped[str | None]
    old_email: Mapped[str | None]
    old_account_id: Mapped[str | None]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
