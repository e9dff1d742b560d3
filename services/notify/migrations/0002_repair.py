"""Messages of a change of address, and vouchers sent again."""

from alembic import op

revision = "notify_0002"
down_revision = "notify_0001"
branch_labels = None
depends_on = None

BEFORE = "kind IN ('voucher', 'receipt', 'cancellation', 'refusal', 'revocation', 'sign_in_code')"
KINDS = (
    "kind IN ('voucher', 'receipt', 'cancellation', 'refusal', 'revocation', 'sign_in_code', "
    "'email_change_code', 'email_changed', 'voucher_again')"
)
NAME = "ck_messages_kind"


def upgrade() -> None:
    # Wider than before: what the code that still serves writes fits both.
    op.drop_constraint(op.f(NAME), "messages")
    op.create_check_constraint(op.f(NAME), "messages", KINDS)


def downgrade() -> None:
    op.drop_constraint(op.f(NAME), "messages")
    op.create_check_constraint(op.f(NAME), "messages", BEFORE)
