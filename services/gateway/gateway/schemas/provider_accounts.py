"""A provider's devices and staff, without their secrets."""

from gateway.schemas.base import Answer, Request, instant, maybe_instant, maybe_text, parts, text
from gateway.schemas.credentials import PROVIDER_ROLES
from gateway.schemas.fields import Choice, Email


class DeviceViewAnswer(Answer):
    """A device. `code_expires_at` while it waits to be enrolled; `last_seen_at`: when it last asked for a
    token, which it does every quarter of an hour while it is used."""

    id = text()
    site_id = text()
    label = text()
    state = text(metadata={"enum": ["waiting", "enrolled", "revoked"]})
    created_at = instant()
    code_expires_at = maybe_instant()
    enrolled_at = maybe_instant()
    last_seen_at = maybe_instant()
    revoked_at = maybe_instant()


class DevicesAnswer(Answer):
    """A page of devices, newest first; `next_cursor` is null on the last page."""

    devices = parts(DeviceViewAnswer)
    next_cursor = maybe_text()


class ProviderStaffRequest(Request):
    """`provider_manager` keeps offers, devices, staff and sales; `provider_desk` reads the visits of the day."""

    email = Email(required=True)
    role = Choice(*PROVIDER_ROLES, required=True)


class ProviderStaffMemberAnswer(Answer):
    """Somebody of the staff; `waiting`: the one-time password was not used yet."""

    id = text()
    email = text()
    role = text(metadata={"enum": [*PROVIDER_ROLES]})
    state = text(metadata={"enum": ["waiting", "active", "revoked"]})
    created_at = instant()
    revoked_at = maybe_instant()


class ProviderStaffAnswer(Answer):
    """A page of staff, newest first; `next_cursor` is null on the last page."""

    staff = parts(ProviderStaffMemberAnswer)
    next_cursor = maybe_text()
