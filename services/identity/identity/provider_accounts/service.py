"""The entrypoints of `identity` for a provider's devices and staff; `IdentityService` has them with all others."""

from typing import Any

from chassis.calls.caller import Caller
from chassis.database.engine import Database
from chassis.service import rpc
from contracts import identity as shapes
from identity.provider_accounts import devices, staff
from identity.provider_accounts.owning import check_own_provider


class ProviderAccountCalls:
    """What a provider's manager sees and keeps."""

    db: Database
    services: Any
    caller: Caller

    @rpc
    def find_devices(self, *, provider_id: str, cursor: str | None, limit: int) -> shapes.DevicePage:
        """The devices."""
        check_own_provider(self.caller, self.services.offers, provider_id)
        with self.db.transaction() as session:
            return devices.find_devices(session, provider_id=provider_id, cursor=cursor, limit=limit)

    @rpc
    def find_provider_staff(
        self, *, provider_id: str, cursor: str | None, limit: int
    ) -> shapes.ProviderStaffPage:
        """The staff."""
        check_own_provider(self.caller, self.services.offers, provider_id)
        with self.db.transaction() as session:
            return staff.find_provider_staff(session, provider_id=provider_id, cursor=cursor, limit=limit)

    @rpc
    def create_provider_staff(
        self, *, idempotency_key: str, provider_id: str, email: str, role: shapes.ProviderRole
    ) -> shapes.StaffCredential:
        """Somebody more."""
        check_own_provider(self.caller, self.services.offers, provider_id)
        with self.db.transaction() as session:
            return staff.create_provider_staff(
                session,
                self.caller,
                idempotency_key=idempotency_key,
                provider_id=provider_id,
                email=email,
                role=role,
            )

    @rpc
    def revoke_provider_staff(self, *, idempotency_key: str, provider_id: str, staff_id: str) -> None:
        """Somebody less."""
        check_own_provider(self.caller, self.services.offers, provider_id)
        with self.db.transaction() as session:
            staff.revoke_provider_staff(
                session,
                self.caller,
                idempotency_key=idempotency_key,
                provider_id=provider_id,
                staff_id=staff_id,
            )
