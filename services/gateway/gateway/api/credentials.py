"""Credentials of partner sites, staff and scanning devices. Secrets are answered once."""

from typing import Any

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.credentials import (
    DeviceAnswer,
    DeviceRequest,
    EnrolmentCodeAnswer,
    EnrolmentRequest,
    PartnerAnswer,
    PartnerRequest,
    StaffAnswer,
    StaffRequest,
)

credentials = Resource("credentials", "Partner sites, staff and devices.")


@credentials.post(
    "/partners",
    access=access_of("identity.create_partner"),
    body=PartnerRequest,
    answer=PartnerAnswer,
    status=201,
)
async def create_partner(call: Call) -> Any:
    """A partner site that may place orders."""
    return await ask(call.services.identity.create_partner, idempotency_key=call.key, **call.body)


@credentials.post(
    "/staff", access=access_of("identity.create_staff"), body=StaffRequest, answer=StaffAnswer, status=201
)
async def create_staff(call: Call) -> Any:
    """A staff account with a one-time password."""
    return await ask(call.services.identity.create_staff, idempotency_key=call.key, **call.body)


@credentials.post(
    "/providers/<id:provider_id>/devices",
    access=access_of("identity.create_device"),
    body=DeviceRequest,
    answer=EnrolmentCodeAnswer,
    status=201,
)
async def create_device(call: Call, provider_id: str) -> Any:
    """A one-time code with which a device is enrolled at a site."""
    return await ask(
        call.services.identity.create_device, idempotency_key=call.key, provider_id=provider_id, **call.body
    )


@credentials.post(
    "/devices/enrolment",
    access=access_of("identity.enrol_device"),
    body=EnrolmentRequest,
    answer=DeviceAnswer,
    status=201,
    key="none",
)
async def enrol_device(call: Call) -> Any:
    """Exchange the one-time code for the device's credential."""
    return await ask(call.services.identity.enrol_device, enrolment_code=call.body["enrolment_code"])


@credentials.post(
    "/devices/<id:device_id>/revocation", access=access_of("identity.revoke_device"), status=204
)
async def revoke_device(call: Call, device_id: str) -> None:
    """No further token for this device."""
    await ask(call.services.identity.revoke_device, idempotency_key=call.key, device_id=device_id)
