"""The wallet's tables; money is `bigint` cents, and what must hold is written here as constraints too."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database.engine import metadata_for

# Which way each kind of transfer may go: debit account, credit account (`bank` is the one without owner).
DIRECTIONS = {
    "payment": ("bank", "card_sales:"),
    "refund": ("card_sales:", "bank"),
    "pot_credit": ("funder:", "pot:"),
    "pot_return": ("pot:", "funder:"),
    "debit": ("pot:", "provider_payable:"),
    "debit_reversal": ("provider_payable:", "pot:"),
}
DIRECTION_RULE = " OR ".join(
    f"(kind = '{kind}' AND starts_with(debit_account_id, '{debit}')"
    f" AND starts_with(credit_account_id, '{credit}'))"
    for kind, (debit, credit) in DIRECTIONS.items()
)
IS_PENDING = text("state = 'pending'")
PAYMENT_STATES = "state IN ('pending', 'paid', 'refused', 'expired', 'refunded')"


class Base(DeclarativeBase):
    """Every table of the service."""

    metadata = metadata_for()
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as it is
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        date: Date,
        list[str]: ARRAY(Text),
        dict[str, int]: JSONB(none_as_null=True),
    }


class Account(Base):
    """An account of the ledger; never changed, so that no transfer waits for another's."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("kind IN ('bank', 'card_sales', 'funder', 'pot', 'provider_payable')", name="kind"),
        CheckConstraint("normal_side IN ('debit', 'credit')", name="normal_side"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    owner_id: Mapped[str | None]
    normal_side: Mapped[str]


class Transfer(Base):
    """Money that moved between two accounts; one row is both sides, so it cannot be unbalanced.

    ``event_at`` is when the thing happened, ``created_at`` when the ledger heard of it. A trigger refuses
    UPDATE and DELETE: a mistake is corrected by another transfer.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        # The one proof that nothing is moved twice, whatever the bus delivers.
        UniqueConstraint("kind", "source_id", "debit_account_id", "credit_account_id"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        CheckConstraint(DIRECTION_RULE, name="direction"),
        Index("ix_transfers_debit_account_id", "debit_account_id", postgresql_include=["amount_cents"]),
        Index("ix_transfers_credit_account_id", "credit_account_id", postgresql_include=["amount_cents"]),
        Index("ix_transfers_kind", "kind", postgresql_include=["amount_cents"]),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    source_id: Mapped[str]
    debit_account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    credit_account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    amount_cents: Mapped[int]
    event_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Pot(Base):
    """A household's pot; ``balance_cents`` is the fold of its transfers and is never below zero."""

    __tablename__ = "pots"
    __table_args__ = (
        # A second card of the household, or a reissued one, opens no second pot.
        UniqueConstraint("household_id", "programme", "pot_code"),
        UniqueConstraint("account_id"),
        CheckConstraint("balance_cents >= 0", name="balance_not_negative"),
        CheckConstraint("account_id = 'pot:' || id", name="account_of_pot"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    # Checked at commit: the pot comes first, so that a pot that exists already leaves no account behind.
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id", deferrable=True, initially="DEFERRED"))
    household_id: Mapped[str]
    programme: Mapped[str]
    pot_code: Mapped[str]
    balance_cents: Mapped[int]
    spend_from: Mapped[date]
    spend_until: Mapped[date]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Debit(Base):
    """What became of a redemption's draws: debited, or void because its cancellation came first."""

    __tablename__ = "debits"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        Index("ix_debits_voided", "redemption_id", postgresql_where=text("voided")),
    )

    redemption_id: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str]
    amount_cents: Mapped[int]
    voided: Mapped[bool]
    created_at: Mapped[datetime]


class Order(Base):
    """What the wallet must know of an order; its row is the lock under which payments change state."""

    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(primary_key=True)
    refused_at: Mapped[datetime | None]
    paid_payment_id: Mapped[str | None]


class Payment(Base):
    """One attempt to pay an order at the bank; its id is the bank's ``merchant_reference``."""

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint(PAYMENT_STATES, name="state"),
        UniqueConstraint("bank_session_id"),
        Index("uq_payments_order_id_open", "order_id", unique=True, postgresql_where=IS_PENDING),
        Index("ix_payments_order_id", "order_id"),
        Index("ix_payments_ask_at", "ask_at", postgresql_where=IS_PENDING),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
    programme: Mapped[str]
    amount_cents: Mapped[int]
    state: Mapped[str]
    bank_session_id: Mapped[str | None]
    redirect_url: Mapped[str | None]
    opened_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    # Real time, unlike the others: when the bank is to be asked again, and when it last was.
    ask_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    times_asked: Mapped[int]


class Refund(Base):
    """Money to be given back through the bank: a work row, done when the bank has said so."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("payment_id"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("reason IN ('order_refused', 'paid_twice')", name="reason"),
        Index("ix_refunds_try_at", "try_at", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id"))
    amount_cents: Mapped[int]
    reason: Mapped[str]
    requested_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    # Real time: when the bank call is to be tried next.
    try_at: Mapped[datetime]
    times_tried: Mapped[int]


class PaymentAnomaly(Base):
    """Something the bank said that does not fit what was asked: kept for an officer, moves no money."""

    __tablename__ = "payment_anomalies"
    __table_args__ = (UniqueConstraint("bank_session_id", "reason"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    bank_session_id: Mapped[str]
    payment_id: Mapped[str | None]
    expected_cents: Mapped[int | None]
    amount_cents: Mapped[int]
    status: Mapped[str]
    noted_at: Mapped[datetime]


class Reconciliation(Base):
    """A night's reconciliation: leased by one process, and in the end how many of each kind it found."""

    __tablename__ = "reconciliations"
    __table_args__ = (CheckConstraint("(finished_at IS NULL) = (findings IS NULL)", name="finished"),)

    # The civil day in Paris on which the night began to be due.
    day: Mapped[date] = mapped_column(primary_key=True)
    lease_id: Mapped[str]
    # Real time, like the end: who holds the lease is a matter of processes.
    lease_until: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    findings: Mapped[dict[str, int] | None]
