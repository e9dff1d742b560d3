"""Accounts, transfers, pots, debits; orders, payments, refunds, anomalies."""

import sqlalchemy as sa
from alembic import op

revision = "wallet_0001"
down_revision = None
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)

# A mistake in the ledger is corrected by another transfer, never by changing what was written.
REFUSE_CHANGES = """
CREATE FUNCTION refuse_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY_TABLES = ("accounts", "transfers")

DIRECTION_RULE = " OR ".join(
    f"(kind = '{kind}' AND starts_with(debit_account_id, '{debit}')"
    f" AND starts_with(credit_account_id, '{credit}'))"
    for kind, debit, credit in (
        ("payment", "bank", "card_sales:"),
        ("refund", "card_sales:", "bank"),
        ("pot_credit", "funder:", "pot:"),
        ("pot_return", "pot:", "funder:"),
        ("debit", "pot:", "provider_payable:"),
        ("debit_reversal", "provider_payable:", "pot:"),
    )
)


def upgrade() -> None:
    _create_ledger()
    _create_pots()
    _create_payments()
    op.execute(REFUSE_CHANGES)
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_changes()"
        )


def downgrade() -> None:
    for table in (
        *("payment_anomalies", "refunds", "payments", "orders"),
        *("debits", "pots", "transfers", "accounts"),
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_changes()")


def _create_ledger() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Text),
        sa.Column("normal_side", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.CheckConstraint(
            "kind IN ('bank', 'card_sales', 'funder', 'pot', 'provider_payable')",
            name=op.f("ck_accounts_kind"),
        ),
        sa.CheckConstraint("normal_side IN ('debit', 'credit')", name=op.f("ck_accounts_normal_side")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("debit_account_id", sa.Text, nullable=False),
        sa.Column("credit_account_id", sa.Text, nullable=False),
        sa.Column("amount_cents", sa.BigInteger, nullable=False),
        sa.Column("event_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint(
            "kind",
            "source_id",
            "debit_account_id",
            "credit_account_id",
            name=op.f("uq_transfers_kind_source_id_debit_account_id_credit_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["debit_account_id"], ["accounts.id"], name=op.f("fk_transfers_debit_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["credit_account_id"], ["accounts.id"], name=op.f("fk_transfers_credit_account_id")
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_transfers_amount_positive")),
        sa.CheckConstraint("debit_account_id <> credit_account_id", name=op.f("ck_transfers_two_accounts")),
        sa.CheckConstraint(DIRECTION_RULE, name=op.f("ck_transfers_direction")),
    )
    # The amount stands in the index, so that a balance is read without touching the table.
    for column in ("debit_account_id", "credit_account_id", "kind"):
        op.create_index(
            op.f(f"ix_transfers_{column}"), "transfers", [column], postgresql_include=["amount_cents"]
        )


def _create_pots() -> None:
    op.create_table(
        "pots",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("household_id", sa.Text, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("pot_code", sa.Text, nullable=False),
        sa.Column("balance_cents", sa.BigInteger, nullable=False),
        sa.Column("spend_from", sa.Date, nullable=False),
        sa.Column("spend_until", sa.Date, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("closed_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pots")),
        sa.UniqueConstraint(
            "household_id", "programme", "pot_code", name=op.f("uq_pots_household_id_programme_pot_code")
        ),
        sa.UniqueConstraint("account_id", name=op.f("uq_pots_account_id")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_pots_account_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("balance_cents >= 0", name=op.f("ck_pots_balance_not_negative")),
        sa.CheckConstraint("account_id = 'pot:' || id", name=op.f("ck_pots_account_of_pot")),
    )
    op.create_table(
        "debits",
        sa.Column("redemption_id", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("amount_cents", sa.BigInteger, nullable=False),
        sa.Column("voided", sa.Boolean, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("redemption_id", name=op.f("pk_debits")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_debits_amount_positive")),
    )
    op.create_index(op.f("ix_debits_voided"), "debits", ["redemption_id"], postgresql_where=sa.text("voided"))


def _create_payments() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("refused_at", TIME),
        sa.Column("paid_payment_id", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("amount_cents", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("bank_session_id", sa.Text),
        sa.Column("redirect_url", sa.Text),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("paid_at", TIME),
        sa.Column("ask_at", TIME, nullable=False),
        sa.Column("asked_at", TIME),
        sa.Column("times_asked", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id")),
        sa.UniqueConstraint("bank_session_id", name=op.f("uq_payments_bank_session_id")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payments_amount_positive")),
        sa.CheckConstraint(
            "state IN ('pending', 'paid', 'refused', 'expired', 'refunded')", name=op.f("ck_payments_state")
        ),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        op.f("uq_payments_order_id_open"), "payments", ["order_id"], unique=True, postgresql_where=pending
    )
    op.create_index(op.f("ix_payments_order_id"), "payments", ["order_id"])
    op.create_index(op.f("ix_payments_ask_at"), "payments", ["ask_at"], postgresql_where=pending)
    _create_refunds()


def _create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text, nullable=False),
        sa.Column("amount_cents", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("requested_at", TIME, nullable=False),
        sa.Column("done_at", TIME),
        sa.Column("try_at", TIME, nullable=False),
        sa.Column("times_tried", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_refunds_payment_id")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_refunds_amount_positive")),
        sa.CheckConstraint("reason IN ('order_refused', 'paid_twice')", name=op.f("ck_refunds_reason")),
    )
    op.create_index(
        op.f("ix_refunds_try_at"), "refunds", ["try_at"], postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "payment_anomalies",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("bank_session_id", sa.Text, nullable=False),
        sa.Column("payment_id", sa.Text),
        sa.Column("expected_cents", sa.BigInteger),
        sa.Column("amount_cents", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("noted_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_anomalies")),
        sa.UniqueConstraint(
            "bank_session_id", "reason", name=op.f("uq_payment_anomalies_bank_session_id_reason")
        ),
    )
