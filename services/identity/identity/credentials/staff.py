"""Staff accounts: officers of the scheme, officers of an office, managers and desks of a provider."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import cast, get_args

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.ids import new_id
from chassis.log import get_logger
from contracts.identity import ProviderRole, StaffCredential, StaffRole
from contracts.offers import OffersRpc
from contracts.refusals import Refusal
from identity.hashing import hash_password, new_one_time_password
from identity.input_rules import (
    MAX_NAME_CHARS,
    check_choice,
    check_email,
    check_optional_text,
    normalise_email,
    refuse,
)
from identity.models import Staff

MAX_ID_CHARS = 60
PROVIDER_ROLES = get_args(ProviderRole)
log = get_logger()


@dataclass(frozen=True, kw_only=True)
class NewStaff:
    """An account to be made, its fields checked."""

    email: str
    role: StaffRole
    programmes: tuple[str, ...] = ()
    provider_id: str | None = None
    organisation: str | None = None


def check_provider(caller: Caller, offers: OffersRpc, provider_id: str | None) -> None:
    """Refuse staff of a provider that does not exist, or is not the caller's business.

    Asks `offers`, so it must be called outside of any transaction.
    """
    if provider_id is None:
        return
    try:
        provider = offers.get_provider(provider_id=provider_id)
    except Refusal as refusal:
        raise Refusal(refusal.code, field="provider_id") from None
    if not caller.works_for(*provider["programmes"]):
        raise Refusal("not_found", field="provider_id")


def create_staff(
    session: Session,
    caller: Caller,
    known_programmes: Collection[str],
    *,
    idempotency_key: str,
    email: str,
    role: StaffRole,
    programmes: Sequence[str],
    provider_id: str | None,
    organisation: str | None,
) -> StaffCredential:
    """Create an account; its one-time password is answered this once and kept only as a hash."""
    _check_role(role, programmes, provider_id, known_programmes)
    _check_reach(caller, role, programmes)
    wanted = NewStaff(
        email=normalise_email(check_email("email", email)),
        role=role,
        programmes=tuple(programmes),
        provider_id=check_optional_text("provider_id", provider_id, MAX_ID_CHARS),
        organisation=check_optional_text("organisation", organisation, MAX_NAME_CHARS),
    )
    answer = once(
        session,
        caller=caller.subject,
        operation="create_staff",
        key=idempotency_key,
        request=asdict(wanted),
        act=lambda: add_staff(session, wanted, created_by=caller.subject),
        redact=("one_time_password",),
    )
    return cast(StaffCredential, answer)


def _check_role(
    role: str, programmes: Sequence[str], provider_id: str | None, known_programmes: Collection[str]
) -> None:
    check_choice("role", role, get_args(StaffRole))
    if any(code not in known_programmes for code in programmes):
        raise Refusal("programme_unknown", field="programmes")
    if role == "office_officer" and not programmes:
        raise refuse("programmes", "office_officer")
    if (role in PROVIDER_ROLES) != (provider_id is not None):
        raise refuse("provider_id", ", ".join(PROVIDER_ROLES))


def _check_reach(caller: Caller, role: str, programmes: Sequence[str]) -> None:
    # The reach of a provider's staff is the provider, which `check_provider` has judged.
    reaches_all = not programmes and role not in PROVIDER_ROLES
    if caller.programmes and (reaches_all or not set(programmes) <= set(caller.programmes)):
        raise Refusal("not_allowed", field="programmes")


def add_staff(session: Session, wanted: NewStaff, *, created_by: str) -> StaffCredential:
    """Add the account with a fresh one-time password; an address has one account only.

    One that its provider had revoked is opened again: whoever comes back has the address of before.
    """
    password = new_one_time_password()
    fresh = insert(Staff).values(
        id=new_id("stf"),
        **asdict(wanted) | {"programmes": list(wanted.programmes)},
        password_hash=hash_password(password),
        password_is_one_time=True,
        created_at=now(),
        created_by=created_by,
    )
    # Not left to the unique key's error, whose text would quote the address.
    again = fresh.on_conflict_do_update(
        index_elements=[Staff.email],
        set_={name: fresh.excluded[name] for name in ("role", "password_hash", "password_is_one_time")}
        | {"revoked_at": None, "revoked_by": None},
        where=Staff.revoked_at.is_not(None) & (Staff.provider_id == fresh.excluded.provider_id),
    )
    staff_id = session.scalar(again.returning(Staff.id))
    if staff_id is None:
        raise Refusal("already_exists", field="email")
    audit.record(
        session, created_by, "staff_created", staff_id, role=wanted.role, provider_id=wanted.provider_id
    )
    log.info("staff_created", staff_id=staff_id, role=wanted.role)
    return {
        "staff_id": staff_id,
        "email": wanted.email,
        "role": wanted.role,
        "one_time_password": password,
    }
