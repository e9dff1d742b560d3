"""A provider's devices and staff, as its manager sees and keeps them."""

from typing import Any

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.base import PageQuery
from gateway.schemas.credentials import StaffAnswer
from gateway.schemas.provider_accounts import DevicesAnswer, ProviderStaffAnswer, ProviderStaffRequest

provider_accounts = Resource("provider_accounts", "A provider's devices and staff.")


@provider_accounts.get(
    "/providers/<id:provider_id>/devices",
    access=access_of("identity.find_devices"),
    query=PageQuery,
    answer=DevicesAnswer,
)
async def find_devices(call: Call, provider_id: str) -> Any:
    """The provider's devices, newest first; those that were revoked too."""
    return await ask(call.services.identity.find_devices, provider_id=provider_id, **call.query)


@provider_accounts.get(
    "/providers/<id:provider_id>/staff",
    access=access_of("identity.find_provider_staff"),
    query=PageQuery,
    answer=ProviderStaffAnswer,
)
async def find_provider_staff(call: Call, provider_id: str) -> Any:
    """Who works for the provider, and who did, newest first."""
    return await ask(call.services.identity.find_provider_staff, provider_id=provider_id, **call.query)


@provider_accounts.post(
    "/providers/<id:provider_id>/staff",
    access=access_of("identity.create_provider_staff"),
    body=ProviderStaffRequest,
    answer=StaffAnswer,
    status=201,
)
async def create_provider_staff(call: Call, provider_id: str) -> Any:
    """A staff account with a one-time password; one that the provider revoked is opened again."""
    return await ask(
        call.services.identity.create_provider_staff,
        idempotency_key=call.key,
        provider_id=provider_id,
        **call.body,
    )


@provider_accounts.post(
    "/providers/<id:provider_id>/staff/<id:staff_id>/revocation",
    access=access_of("identity.revoke_provider_staff"),
    status=204,
)
async def revoke_provider_staff(call: Call, provider_id: str, staff_id: str) -> None:
    """No further token for this member of staff; nobody revokes themselves."""
    await ask(
        call.services.identity.revoke_provider_staff,
        idempotency_key=call.key,
        provider_id=provider_id,
        staff_id=staff_id,
    )
