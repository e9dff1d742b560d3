"""A provider's desks; when staff were revoked, and when a device was last seen."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0006"
down_revision = "identity_0005"
branch_labels = None
depends_on = None

_MANAGER = "'provider_manager'"
_ROLES = f"{_MANAGER}, 'provider_desk'"


def upgrade() -> None:
    # Nullable and without defaults: no row is rewritten. The code that still serves lets in who was revoked
    # until the last of its processes has ended.
    moment = sa.DateTime(timezone=True)
    op.add_column("devices", sa.Column("last_seen_at", moment))
    op.add_column("staff", sa.Column("revoked_at", moment))
    op.add_column("staff", sa.Column("revoked_by", sa.Text))
    _constrain(_ROLES)


def downgrade() -> None:
    # Whom the code of before does not know, or would let in again.
    op.execute("DELETE FROM staff WHERE role = 'provider_desk' OR revoked_at IS NOT NULL")
    _constrain(_MANAGER)
    op.drop_column("staff", "revoked_by")
    op.drop_column("staff", "revoked_at")
    op.drop_column("devices", "last_seen_at")


def _constrain(roles: str) -> None:
    """A provider has managers only, or desks too."""
    rules = {
        "role": f"role IN ('officer', 'office_officer', {roles})",
        "provider": f"(role IN ({roles})) = (provider_id IS NOT NULL)",
    }
    for name, rule in rules.items():
        op.drop_constraint(op.f(f"ck_staff_{name}"), "staff", type_="check")
        op.create_check_constraint(op.f(f"ck_staff_{name}"), "staff", rule)
