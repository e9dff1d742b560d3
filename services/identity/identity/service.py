"""The entrypoints of `identity`: what comes in, and the rule that answers it."""

from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy.orm import Session

from chassis.calls.caller import Caller
from chassis.service import CurrentCaller, Database, Loaded, Services, SettingsOf, every, handles, rpc
from contracts import identity as shapes
from contracts.access import calls_of
from contracts.cards import OrderPlaced
from contracts.programmes import Programme
from identity import watching
from identity.checking import applications, check_queue, deciding, quotient_reading
from identity.checking.family_quotient import FamilyQuotientApi, family_quotient_api
from identity.credentials import (
    client_sign_in,
    devices,
    login_codes,
    partners,
    staff,
    staff_sign_in,
    throttling,
)
from identity.credentials.sign_in import Gate
from identity.email_changes.service import EmailChangeCalls
from identity.people import contacts, households
from identity.people.service import PeopleCalls
from identity.settings import Settings, load_programmes


class IdentityService(EmailChangeCalls, PeopleCalls):
    """People, applications and their checks, credentials and tokens."""

    name = "identity"
    access = calls_of("identity")
    settings: Settings = SettingsOf(Settings)
    db = Database()
    services: Any = Services()
    caller: Caller = CurrentCaller()
    programmes: Mapping[str, Programme] = Loaded(load_programmes)
    quotient_api: FamilyQuotientApi = Loaded(family_quotient_api)

    @rpc
    def register_household(
        self,
        *,
        idempotency_key: str,
        programme: str,
        card_type: str,
        holder: shapes.Holder,
        members: list[shapes.Person],
    ) -> shapes.Household:
        """Keep the people of an order."""
        with self.db.transaction() as session:
            return households.register_household(
                session,
                self.caller,
                self.settings.fingerprint_key,
                self.programmes,
                idempotency_key=idempotency_key,
                programme=programme,
                card_type=card_type,
                holder=holder,
                members=members,
            )

    @rpc
    def get_contact(self, *, holder_id: str) -> shapes.Contact:
        """Name and address of a holder, for services."""
        with self.db.transaction() as session:
            return contacts.get_contact(session, holder_id=holder_id)

    @rpc
    def find_contacts(self, *, holder_ids: list[str]) -> dict[str, shapes.Contact]:
        """Names and addresses of several holders, for services."""
        with self.db.transaction() as session:
            return contacts.find_contacts(session, holder_ids=holder_ids)

    # --- applications and checks ----------------------------------------------------------------------

    @handles(OrderPlaced)
    def open_application(self, session: Session, event: OrderPlaced) -> None:
        """Open the application with its checks."""
        applications.open_application(session, self.programmes, event)

    @rpc
    def get_application(self, *, order_id: str) -> shapes.ApplicationView:
        """The order's checks."""
        with self.db.transaction() as session:
            return applications.get_application(session, order_id=order_id)

    @rpc
    def find_checks(self, *, state: shapes.CheckState, cursor: str | None, limit: int) -> shapes.CheckPage:
        """The officer's queue."""
        with self.db.transaction() as session:
            return check_queue.find_checks(session, self.caller, state=state, cursor=cursor, limit=limit)

    @rpc
    def decide_check(
        self,
        *,
        idempotency_key: str,
        check_id: str,
        outcome: Literal["accepted", "refused"],
        reason_code: str | None,
        note: str | None,
    ) -> shapes.CheckView:
        """Accept or refuse a check."""
        with self.db.transaction() as session:
            return deciding.decide_check(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                check_id=check_id,
                outcome=outcome,
                reason_code=reason_code,
                note=note,
            )

    @every(seconds=1)
    def read_due_quotients(self) -> None:
        """Ask for the family quotients that are due."""
        quotient_reading.read_due_quotients(self.db.transaction, self.quotient_api, self.programmes)

    # --- tokens ---------------------------------------------------------------------------------------

    @rpc
    def issue_client_token(self, *, client_id: str, client_secret: str) -> shapes.Token:
        """Client credentials of a partner or device."""
        return client_sign_in.issue_client_token(
            self._gate(), client_id=client_id, client_secret=client_secret
        )

    @rpc
    def issue_password_token(self, *, username: str, password: str, new_password: str | None) -> shapes.Token:
        """Staff sign-in."""
        return staff_sign_in.issue_password_token(
            self._gate(), username=username, password=password, new_password=new_password
        )

    @rpc
    def issue_email_code_token(self, *, email: str, code: str) -> shapes.Token:
        """Holder sign-in."""
        return login_codes.issue_email_code_token(self._gate(), email=email, code=code)

    @rpc
    def request_login_code(self, *, email: str) -> None:
        """Have a code mailed."""
        with self.db.transaction() as session:
            login_codes.request_login_code(session, email=email)

    @rpc
    def get_login_code(self, *, login_code_id: str) -> shapes.MailedCode:
        """The code to mail."""
        key = self.settings.fingerprint_key
        with self.db.transaction() as session:
            return login_codes.get_login_code(session, key, login_code_id=login_code_id)

    # --- credentials ----------------------------------------------------------------------------------

    @rpc
    def create_partner(self, *, idempotency_key: str, name: str, channel: str) -> shapes.PartnerCredential:
        """A partner site."""
        with self.db.transaction() as session:
            return partners.create_partner(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                name=name,
                channel=channel,
            )

    @rpc
    def create_staff(
        self,
        *,
        idempotency_key: str,
        email: str,
        role: shapes.StaffRole,
        programmes: list[str],
        provider_id: str | None,
        organisation: str | None,
    ) -> shapes.StaffCredential:
        """A staff account."""
        staff.check_provider(self.caller, self.services.offers, provider_id)
        with self.db.transaction() as session:
            return staff.create_staff(
                session,
                self.caller,
                self.programmes,
                idempotency_key=idempotency_key,
                email=email,
                role=role,
                programmes=programmes,
                provider_id=provider_id,
                organisation=organisation,
            )

    @rpc
    def create_device(
        self, *, idempotency_key: str, provider_id: str, site_id: str, label: str
    ) -> shapes.Enrolment:
        """A device with its enrolment code."""
        devices.check_site(self.caller, self.services.offers, provider_id=provider_id, site_id=site_id)
        with self.db.transaction() as session:
            return devices.create_device(
                session,
                self.caller,
                self.settings.fingerprint_key,
                idempotency_key=idempotency_key,
                provider_id=provider_id,
                site_id=site_id,
                label=label,
            )

    @rpc
    def enrol_device(self, *, enrolment_code: str) -> shapes.DeviceCredential:
        """A device's credential for its code."""
        with self.db.transaction() as session:
            return devices.enrol_device(session, self.settings.fingerprint_key, enrolment_code=enrolment_code)

    @rpc
    def revoke_device(self, *, idempotency_key: str, device_id: str) -> None:
        """No further token for the device."""
        with self.db.transaction() as session:
            devices.revoke_device(session, self.caller, idempotency_key=idempotency_key, device_id=device_id)

    @every(seconds=600)
    def drop_what_is_over(self) -> None:
        """Keep sign-in attempts and codes no longer than they serve."""
        with self.db.transaction() as session:
            throttling.drop_old_attempts(session)
            login_codes.drop_old_codes(session)

    @every(seconds=15)
    def watch(self) -> None:
        """Measure what waits."""
        with self.db.transaction() as session:
            watching.measure(session)

    def _gate(self) -> Gate:
        jwk, key = self.settings.token_signing_key, self.settings.fingerprint_key
        return Gate(transaction=self.db.transaction, signing_jwk=jwk, key=key)
