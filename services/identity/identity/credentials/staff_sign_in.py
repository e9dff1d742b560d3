"""Staff sign in with e-mail and password; a one-time password must be changed on the way in."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import audit
from contracts.identity import Token
from contracts.refusals import Refusal
from identity.credentials.sign_in import Gate, refused
from identity.credentials.throttling import count_attempt, forget_attempts, note_last_attempt
from identity.credentials.tokens import Principal
from identity.hashing import hash_password, password_fits
from identity.input_rules import normalise_email, refuse
from identity.models import Staff

MIN_PASSWORD_CHARS = 12
MAX_PASSWORD_CHARS = 200
# An officer who takes an order does so at the phone desk.
CHANNEL_BY_ROLE = {"officer": "phone_desk"}


def issue_password_token(gate: Gate, *, username: str, password: str, new_password: str | None) -> Token:
    """Return a token; `new_password` replaces the password, and must when that was a one-time one.

    The password is judged between two transactions: its slow hash would hold a connection for long.
    """
    email = normalise_email(username)
    attempts_of = gate.attempts_of("staff", email)
    with gate.transaction() as session:
        is_last = count_attempt(session, attempts_of)
        staff = _find_staff(session, email)
        if is_last:
            note_last_attempt(session, "staff", staff.id if staff else None)
    acceptable = len(password) <= MAX_PASSWORD_CHARS and password.isprintable()
    if not password_fits(password if acceptable else "", staff.password_hash if staff else None) or not staff:
        raise refused("staff")
    fresh_hash = _fresh_hash(staff, password, new_password)
    with gate.transaction() as session:
        forget_attempts(session, attempts_of)
        audit.record(session, staff.id, "signed_in", staff.id, way="staff")
        if fresh_hash is not None:
            _replace_password(session, staff, fresh_hash)
    return gate.admit("staff", principal_of(staff))


def _find_staff(session: Session, email: str) -> Staff | None:
    if not email.isprintable():
        return None
    known = select(Staff).where(Staff.email == email, Staff.revoked_at.is_(None))
    return session.execute(known).scalar_one_or_none()


def _fresh_hash(staff: Staff, password: str, new_password: str | None) -> str | None:
    if new_password is None:
        if staff.password_is_one_time:
            raise Refusal("new_password_required", field="new_password")
        return None
    if not MIN_PASSWORD_CHARS <= len(new_password) <= MAX_PASSWORD_CHARS or not new_password.isprintable():
        raise refuse("new_password", f"{MIN_PASSWORD_CHARS}–{MAX_PASSWORD_CHARS} caractères / characters")
    if new_password == password:
        raise refuse("new_password", "différent / different")
    return hash_password(new_password)


def _replace_password(session: Session, staff: Staff, fresh_hash: str) -> None:
    stored = session.execute(select(Staff).where(Staff.id == staff.id).with_for_update()).scalar_one()
    # Of two sign-ins with one one-time password, only the first may choose the new one.
    if stored.password_hash != staff.password_hash or stored.revoked_at is not None:
        raise refused("staff")
    stored.password_hash, stored.password_is_one_time = fresh_hash, False
    audit.record(session, staff.id, "password_changed", staff.id)


def principal_of(staff: Staff) -> Principal:
    """Return what the token of a staff account says."""
    return Principal(
        kind="staff",
        subject=staff.id,
        role=staff.role,
        provider_id=staff.provider_id,
        programmes=tuple(staff.programmes),
        organisation=staff.organisation,
        channel=CHANNEL_BY_ROLE.get(staff.role),
    )
