"""A provider's devices: where each is, and whether it is still in use."""

from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from chassis.clock import rfc3339
from contracts.identity import DevicePage, DeviceView
from identity.models import Device
from identity.provider_accounts.paging import newest_first


def find_devices(session: Session, *, provider_id: str, cursor: str | None, limit: int) -> DevicePage:
    """Return a page of the provider's devices (after `check_own_provider`)."""
    devices, next_cursor = newest_first(session, Device, provider_id, cursor, limit)
    return {"devices": [_view(device) for device in devices], "next_cursor": next_cursor}


def _view(device: Device) -> DeviceView:
    state = _state(device)
    return {
        "id": device.id,
        "site_id": device.site_id,
        "label": device.label,
        "state": state,
        "created_at": rfc3339(device.created_at),
        "code_expires_at": rfc3339(device.enrolment_expires_at) if state == "waiting" else None,
        "enrolled_at": _maybe(device.enrolled_at),
        "last_seen_at": _maybe(device.last_seen_at),
        "revoked_at": _maybe(device.revoked_at),
    }


def _state(device: Device) -> Literal["waiting", "enrolled", "revoked"]:
    if device.revoked_at is not None:
        return "revoked"
    return "waiting" if device.enrolled_at is None else "enrolled"


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
