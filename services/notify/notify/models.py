"""The tables of `notify`: ids and numbers only; names and addresses are asked for when a message is sent."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Index, Integer, SmallInteger, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database.engine import metadata_for

KINDS = (
    *("voucher", "receipt", "cancellation", "refusal", "revocation", "sign_in_code"),
    *("email_change_code", "email_changed", "voucher_again"),
)
# `void`: there is nothing left to say (an expired code, a card revoked before its voucher left).
STATES = ("due", "sent", "failed", "void")


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The SQL condition that the column holds one of the values."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Base(DeclarativeBase):
    """Every table of the service."""

    metadata = metadata_for()
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), dict[str, Any]: JSON}  # noqa: RUF012


class Message(Base):
    """One message to one person, and what became of it.

    `subject_id` is what it is about: a card, redemption, order, login code or change of address; of a
    voucher sent again, the card with the number of the mail, or the change that it follows. `facts` holds
    the numbers and ids of the event that the mail will say. `last_error` is a code: an SMTP reply code, a
    refusal's code.
    """

    __tablename__ = "messages"
    __table_args__ = (
        # One voucher a card, one receipt a redemption, for ever, whatever is announced again.
        UniqueConstraint("kind", "subject_id"),
        CheckConstraint(one_of("kind", KINDS), name="kind"),
        CheckConstraint(one_of("state", STATES), name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_at"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_messages_due", "priority", "due_at", postgresql_where="state = 'due'"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[str]
    # Some events name the order only: the rest is then read from the order when the message is sent.
    order_id: Mapped[str | None]
    holder_id: Mapped[str | None]
    programme: Mapped[str | None]
    card_type: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    call_id: Mapped[str | None]
    priority: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None]
    # Real time: not to be touched before. A lease is this moment moved ahead, under a new `lease_id`.
    due_at: Mapped[datetime]
    lease_id: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Order(Base):
    """Who ordered what: for the events that name the order and not its holder."""

    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(primary_key=True)
    holder_id: Mapped[str]
    programme: Mapped[str]
    card_type: Mapped[str]
