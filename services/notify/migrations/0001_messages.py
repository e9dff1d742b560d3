"""Messages and orders."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0001"
down_revision = None
branch_labels = None
depends_on = None

KINDS = "kind IN ('voucher', 'receipt', 'cancellation', 'refusal', 'revocation', 'sign_in_code')"
STATES = "state IN ('due', 'sent', 'failed', 'void')"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "messages",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text),
        sa.Column("holder_id", sa.Text),
        sa.Column("programme", sa.Text),
        sa.Column("card_type", sa.Text),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("call_id", sa.Text),
        sa.Column("priority", sa.SmallInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("lease_id", sa.Text),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("sent_at", moment),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_messages_kind_subject_id")),
        sa.CheckConstraint(KINDS, name=op.f("ck_messages_kind")),
        sa.CheckConstraint(STATES, name=op.f("ck_messages_state")),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_messages_sent_at")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_messages_attempts")),
    )
    op.create_index(
        "ix_messages_due", "messages", ["priority", "due_at"], postgresql_where=sa.text("state = 'due'")
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("holder_id", sa.Text, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("card_type", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
    )


def downgrade() -> None:
    op.drop_table("orders")
    op.drop_table("messages")
