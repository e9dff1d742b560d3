"""People, applications and their checks."""

import sqlalchemy as sa
from alembic import op

revision = "identity_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_accounts()
    _create_api_pauses()
    _create_households()
    _create_people()
    _create_applications()
    _create_holders()
    _create_checks()
    _create_quotient_reads()


def downgrade() -> None:
    for table in (
        "quotient_reads",
        "checks",
        "holders",
        "applications",
        "people",
        "households",
        "api_pauses",
        "accounts",
    ):
        op.drop_table(table)


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )


def _create_api_pauses() -> None:
    op.create_table(
        "api_pauses",
        sa.Column("api", sa.Text, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("api", name=op.f("pk_api_pauses")),
    )


def _create_households() -> None:
    op.create_table(
        "households",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("card_type", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
    )


def _create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("household_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("given_name", sa.Text, nullable=False),
        sa.Column("family_name", sa.Text, nullable=False),
        sa.Column("birth_date", sa.Date, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_people_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index(op.f("ix_people_fingerprint"), "people", ["fingerprint"])
    op.create_index("ix_people_household_id", "people", ["household_id", "position"], unique=True)


def _create_applications() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("programme", sa.Text, nullable=False),
        sa.Column("card_type", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("household_id", sa.Text, nullable=False),
        sa.Column("holder_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_applications_decided")
        ),
        sa.CheckConstraint("state IN ('pending', 'approved', 'refused')", name=op.f("ck_applications_state")),
        sa.ForeignKeyConstraint(["holder_id"], ["people.id"], name=op.f("fk_applications_holder_id")),
        sa.ForeignKeyConstraint(
            ["household_id"], ["households.id"], name=op.f("fk_applications_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("order_id", name=op.f("uq_applications_order_id")),
    )
    op.create_index(op.f("ix_applications_holder_id"), "applications", ["holder_id"])


def _create_holders() -> None:
    op.create_table(
        "holders",
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("phone", sa.Text),
        sa.Column("street", sa.Text, nullable=False),
        sa.Column("postal_code", sa.Text, nullable=False),
        sa.Column("insee", sa.Text, nullable=False),
        sa.Column("birth_name", sa.Text),
        sa.Column("sex", sa.Text),
        sa.Column("birth_country", sa.Text),
        sa.Column("birth_insee", sa.Text),
        sa.Column("organisation", sa.Text),
        sa.Column("organisation_key", sa.Text),
        sa.Column("contract_end", sa.Date),
        sa.CheckConstraint("sex IN ('F', 'M')", name=op.f("ck_holders_sex")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_holders_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_holders_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_holders")),
    )
    op.create_index(op.f("ix_holders_account_id"), "holders", ["account_id"])


def _create_checks() -> None:
    op.create_table(
        "checks",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("application_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("decider", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("waiting_for", sa.Text),
        sa.Column("reason_code", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("month_read", sa.Text),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_checks_decided")),
        sa.CheckConstraint("(state = 'pending') = (waiting_for IS NOT NULL)", name=op.f("ck_checks_waiting")),
        sa.CheckConstraint(
            "decider IN ('officer', 'office_officer', 'service')", name=op.f("ck_checks_decider")
        ),
        sa.CheckConstraint("state <> 'refused' OR reason_code IS NOT NULL", name=op.f("ck_checks_reason")),
        sa.CheckConstraint("state IN ('pending', 'accepted', 'refused')", name=op.f("ck_checks_state")),
        sa.CheckConstraint("waiting_for IN (decider, 'officer')", name=op.f("ck_checks_waiting_for")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_checks_application_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
    )
    op.create_index("ix_checks_application_id", "checks", ["application_id", "kind"], unique=True)
    op.create_index("ix_checks_state", "checks", ["state", "id"])


def _create_quotient_reads() -> None:
    op.create_table(
        "quotient_reads",
        sa.Column("check_id", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_id", sa.Text),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["check_id"], ["checks.id"], name=op.f("fk_quotient_reads_check_id")),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_quotient_reads")),
    )
    op.create_index(op.f("ix_quotient_reads_due_at"), "quotient_reads", ["due_at"])
