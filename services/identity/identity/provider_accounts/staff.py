"""A provider's staff: managers, and desks who follow the visits of the day."""

from dataclasses import asdict
from typing import Literal, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from chassis.database.idempotency import once
from chassis.database.turns import wait_for_turn
from chassis.log import get_logger
from contracts.identity import ProviderRole, ProviderStaffPage, ProviderStaffView, StaffCredential
from contracts.refusals import Refusal
from identity.credentials.staff import PROVIDER_ROLES, NewStaff, add_staff
from identity.input_rules import check_choice, check_email, normalise_email, refuse
from identity.models import Staff
from identity.provider_accounts.paging import newest_first

# Of those who may sign in. Anybody's application may become a provider; none of them fills the table.
MAX_STAFF_PER_PROVIDER = 200

log = get_logger()


def find_provider_staff(
    session: Session, *, provider_id: str, cursor: str | None, limit: int
) -> ProviderStaffPage:
    """Return a page of the provider's staff (after `check_own_provider`)."""
    staff, next_cursor = newest_first(session, Staff, provider_id, cursor, limit)
    return {"staff": [_view(member) for member in staff], "next_cursor": next_cursor}


def create_provider_staff(
    session: Session,
    caller: Caller,
    *,
    idempotency_key: str,
    provider_id: str,
    email: str,
    role: ProviderRole,
) -> StaffCredential:
    """Create an account (after `check_own_provider`); its one-time password is answered this once.

    Refusals: ``invalid_field``, ``already_exists``.
    """
    check_choice("role", role, PROVIDER_ROLES)
    address = normalise_email(check_email("email", email))
    wanted = NewStaff(email=address, role=role, provider_id=provider_id)
    answer = once(
        session,
        caller=caller.subject,
        operation="create_provider_staff",
        key=idempotency_key,
        request=asdict(wanted),
        act=lambda: _create(session, caller, wanted),
        redact=("one_time_password",),
    )
    return cast(StaffCredential, answer)


def _create(session: Session, caller: Caller, wanted: NewStaff) -> StaffCredential:
    # One after the other, so that two at once cannot both be the last that fits.
    wait_for_turn(session, f"staff:{wanted.provider_id}")
    count = select(func.count()).where(Staff.provider_id == wanted.provider_id, Staff.revoked_at.is_(None))
    if (session.scalar(count) or 0) >= MAX_STAFF_PER_PROVIDER:
        raise refuse("body", f"≤ {MAX_STAFF_PER_PROVIDER} comptes / accounts")
    return add_staff(session, wanted, created_by=caller.subject)


def revoke_provider_staff(
    session: Session, caller: Caller, *, idempotency_key: str, provider_id: str, staff_id: str
) -> None:
    """No further token for the member of staff (after `check_own_provider`); one that is out runs at most
    `tokens.TOKEN_LIFETIME_S`. Refusals: ``not_found``, ``own_account``."""
    once(
        session,
        caller=caller.subject,
        operation="revoke_provider_staff",
        key=idempotency_key,
        request={"provider_id": provider_id, "staff_id": staff_id},
        act=lambda: _revoke(session, caller, provider_id, staff_id),
    )


def _revoke(session: Session, caller: Caller, provider_id: str, staff_id: str) -> None:
    member = session.get(Staff, staff_id, with_for_update=True)
    if member is None or member.provider_id != provider_id:
        raise Refusal("not_found")
    # Or a provider would be left without anybody who could let others in again.
    if member.id == caller.subject:
        raise Refusal("own_account")
    if member.revoked_at is None:
        member.revoked_at, member.revoked_by = now(), caller.subject
        audit.record(session, caller, "staff_revoked", member.id, provider_id=provider_id)
        log.info("staff_revoked", staff_id=member.id, provider_id=provider_id)


def _view(member: Staff) -> ProviderStaffView:
    return {
        "id": member.id,
        "email": member.email,
        "role": cast(ProviderRole, member.role),
        "state": _state(member),
        "created_at": rfc3339(member.created_at),
        "revoked_at": None if member.revoked_at is None else rfc3339(member.revoked_at),
    }


def _state(member: Staff) -> Literal["waiting", "active", "revoked"]:
    if member.revoked_at is not None:
        return "revoked"
    return "waiting" if member.password_is_one_time else "active"
