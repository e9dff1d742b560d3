"""The tables of `identity`: the one place where personal data lives."""

from datetime import date, datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Identity, Index, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.database.engine import metadata_for

PROVIDER_ROLES = "'provider_manager', 'provider_desk'"


class Base(DeclarativeBase):
    """What all tables share: the naming convention, text without length, times with zone."""

    metadata = metadata_for()
    type_annotation_map = {str: Text, datetime: DateTime(timezone=True), date: Date, list[str]: ARRAY(Text)}  # noqa: RUF012


class Account(Base):
    """One per normalised e-mail address: what a holder signs in to."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Household(Base):
    """The people of one order."""

    __tablename__ = "households"

    id: Mapped[str] = mapped_column(primary_key=True)
    programme: Mapped[str]
    card_type: Mapped[str]
    created_at: Mapped[datetime]


class Person(Base):
    """Somebody of a household; `position` 0 is the holder. Fingerprints: see `fingerprints.py`."""

    __tablename__ = "people"
    __table_args__ = (Index("ix_people_household_id", "household_id", "position", unique=True),)

    id: Mapped[str] = mapped_column(primary_key=True)
    household_id: Mapped[str] = mapped_column(ForeignKey("households.id"))
    position: Mapped[int]
    given_name: Mapped[str]
    family_name: Mapped[str]
    birth_date: Mapped[date]
    fingerprint: Mapped[str] = mapped_column(index=True)
    birth_fingerprint: Mapped[str | None] = mapped_column(index=True)


class CountedPerson(Base):
    """Whom a person's visits count for in a programme: see `counting.py`."""

    __tablename__ = "counted_people"
    __table_args__ = (CheckConstraint("way IN ('holder', 'household')", name="way"),)

    programme: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    way: Mapped[str] = mapped_column(primary_key=True)
    counted_as: Mapped[str]


class Holder(Base):
    """What is known of a household's holder beyond name and birth date."""

    __tablename__ = "holders"
    __table_args__ = (CheckConstraint("sex IN ('F', 'M')", name="sex"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    email: Mapped[str]
    phone: Mapped[str | None]
    street: Mapped[str]
    postal_code: Mapped[str]
    insee: Mapped[str]
    birth_name: Mapped[str | None]
    sex: Mapped[str | None]
    birth_country: Mapped[str | None]
    birth_insee: Mapped[str | None]
    organisation: Mapped[str | None]
    organisation_key: Mapped[str | None]
    contract_end: Mapped[date | None]


class Application(Base):
    """What must be verified for one order."""

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'approved', 'refused')", name="state"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(unique=True)
    programme: Mapped[str]
    card_type: Mapped[str]
    channel: Mapped[str]
    household_id: Mapped[str] = mapped_column(ForeignKey("households.id"), index=True)
    holder_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    state: Mapped[str]
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class Check(Base):
    """One thing to verify; `decider` is who decides it by the programme, `waiting_for` who must act now.

    While pending, `reason_code` says why the service handed it to an officer.
    """

    __tablename__ = "checks"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'accepted', 'refused')", name="state"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'pending') = (waiting_for IS NOT NULL)", name="waiting"),
        CheckConstraint("decider IN ('officer', 'office_officer', 'service')", name="decider"),
        CheckConstraint("waiting_for IN (decider, 'officer')", name="waiting_for"),
        CheckConstraint("state <> 'refused' OR reason_code IS NOT NULL", name="reason"),
        Index("ix_checks_application_id", "application_id", "kind", unique=True),
        Index("ix_checks_state", "state", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    application_id: Mapped[str] = mapped_column(ForeignKey("applications.id"))
    position: Mapped[int]
    kind: Mapped[str]
    decider: Mapped[str]
    state: Mapped[str]
    waiting_for: Mapped[str | None]
    reason_code: Mapped[str | None]
    note: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    month_read: Mapped[str | None]


class QuotientRead(Base):
    """A family quotient still to be read; the row goes when its check is decided or handed over."""

    __tablename__ = "quotient_reads"

    check_id: Mapped[str] = mapped_column(ForeignKey("checks.id"), primary_key=True)
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(index=True)
    lease_id: Mapped[str | None]
    leased_until: Mapped[datetime | None]


class ApiPause(Base):
    """Until when no worker may call an API that asked for patience (429)."""

    __tablename__ = "api_pauses"

    api: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]


class Partner(Base):
    """A partner site; its id is its client id."""

    __tablename__ = "partners"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    channel: Mapped[str]
    secret_hash: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class Device(Base):
    """A scanning device; its id is its client id. It has no secret until it was enrolled."""

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(index=True)
    site_id: Mapped[str]
    label: Mapped[str]
    enrolment_hash: Mapped[str | None] = mapped_column(unique=True)
    enrolment_expires_at: Mapped[datetime]
    secret_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    enrolled_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    last_seen_at: Mapped[datetime | None]


class Staff(Base):
    """Somebody who works for the scheme, an office or a provider."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint(f"role IN ('officer', 'office_officer', {PROVIDER_ROLES})", name="role"),
        CheckConstraint(f"(role IN ({PROVIDER_ROLES})) = (provider_id IS NOT NULL)", name="provider"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    programmes: Mapped[list[str]]
    provider_id: Mapped[str | None]
    organisation: Mapped[str | None]
    password_hash: Mapped[str]
    password_is_one_time: Mapped[bool]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]


class SignInAttempt(Base):
    """One try to sign in; `key` is a keyed hash, so that mistyped addresses are not kept."""

    __tablename__ = "sign_in_attempts"
    __table_args__ = (Index("ix_sign_in_attempts_key", "key", "tried_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str]
    tried_at: Mapped[datetime]


class LoginCode(Base):
    """A code sent by e-mail. Its digits are derived from the id (`login_codes.py`), never stored."""

    __tablename__ = "login_codes"
    __table_args__ = (
        Index("ix_login_codes_account_id", "account_id", "created_at"),
        CheckConstraint("attempts BETWEEN 0 AND 5", name="attempts"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"))
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
