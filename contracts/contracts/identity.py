"""What `identity` answers and announces: people, checks, credentials and tokens."""

from dataclasses import dataclass
from typing import ClassVar, Literal, NotRequired, Protocol, TypedDict

from contracts.base import Address, Event, HistoryEntry

CheckState = Literal["pending", "accepted", "refused"]
StaffRole = Literal["officer", "office_officer", "provider_manager"]

# --- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CheckDecided(Event):
    """One check of an application was accepted or refused."""

    source: ClassVar[str] = "identity"
    name: ClassVar[str] = "check_decided"

    check_id: str
    order_id: str
    kind: str
    outcome: Literal["accepted", "refused"]
    reason_code: str | None


@dataclass(frozen=True, kw_only=True)
class ApplicationApproved(Event):
    """Every check of the order's application was accepted."""

    source: ClassVar[str] = "identity"
    name: ClassVar[str] = "application_approved"

    application_id: str
    order_id: str


@dataclass(frozen=True, kw_only=True)
class ApplicationRefused(Event):
    """A check of the order's application was refused; no card will be made for it."""

    source: ClassVar[str] = "identity"
    name: ClassVar[str] = "application_refused"

    application_id: str
    order_id: str
    reason_code: str


@dataclass(frozen=True, kw_only=True)
class LoginCodeRequested(Event):
    """A holder asked for a code by e-mail; `notify` asks for the code when it sends it."""

    source: ClassVar[str] = "identity"
    name: ClassVar[str] = "login_code_requested"

    login_code_id: str


@dataclass(frozen=True, kw_only=True)
class EmailChangeRequested(Event):
    """Another e-mail address was named for an order; `notify` asks for address and code when it sends."""

    source: ClassVar[str] = "identity"
    name: ClassVar[str] = "email_change_requested"

    email_change_id: str


@dataclass(frozen=True, kw_only=True)
class HolderAccountChanged(Event):
    """The holder of an order has another e-mail address, and so another account to sign in to.

    ``change`` grows with each change of an order's holder: of two that come in the wrong order, the greater
    number is the one that holds.
    """

    source: ClassVar[str] = "identity"
    name: ClassVar[str] = "holder_account_changed"

    email_change_id: str
    order_id: str
    holder_id: str
    account_id: str
    change: int


# --- RPC shapes -------------------------------------------------------------------------------------


class BirthPlace(TypedDict):
    """INSEE country code (``99100`` is France) and, in France, the commune's INSEE code."""

    country: str
    insee: str | None


class Person(TypedDict):
    """Somebody of the household; ``birth_date`` is ``YYYY-MM-DD``."""

    given_name: str
    family_name: str
    birth_date: str


class Holder(Person):
    """The person who orders. The optional fields are asked for by some card types' checks."""

    email: str
    phone: NotRequired[str | None]
    address: Address
    birth_name: NotRequired[str | None]
    sex: NotRequired[Literal["F", "M"] | None]
    birth_place: NotRequired[BirthPlace | None]
    organisation: NotRequired[str | None]
    contract_end: NotRequired[str | None]


class Household(TypedDict):
    """Ids of what was registered; ``account_id`` is one per e-mail address, for signing in.

    ``counted_as`` is whom usage limits count: the holder's or household's first id in the programme, the
    same for each of their orders.
    """

    household_id: str
    holder_id: str
    account_id: str
    counted_as: str


class CheckView(TypedDict):
    """One check as its owner may see it; times RFC 3339."""

    id: str
    kind: str
    state: CheckState
    reason_code: str | None
    decided_by: str | None
    decided_at: str | None
    waiting_for: Literal["officer", "office_officer", "service"] | None


class ApplicationView(TypedDict):
    """The order's application; state ``opening`` until `order_placed` has arrived."""

    order_id: str
    state: Literal["opening", "pending", "approved", "refused"]
    checks: list[CheckView]


AlsoIn = TypedDict(
    "AlsoIn",
    {
        "person": str,
        "order_id": str,
        "as": Literal["holder", "member"],
        "order_state": Literal["pending", "approved", "refused"],
        "known_by": Literal["name", "birth_name"],
    },
)
AlsoIn.__doc__ = (
    "Somebody of the household (``person`` is ``holder`` or ``members.N``) who is in another order of the "
    "programme too; ``known_by`` says whether the same name or a birth name shows it."
)


class OfficerCheckView(CheckView):
    """One check with what the officer needs to decide it.

    ``possible_duplicate_of`` are the orders of ``also_in`` that have the same holder.
    """

    order_id: str
    programme: str
    card_type: str
    holder: Holder
    members: list[Person]
    note: str | None
    opened_at: str
    also_in: list[AlsoIn]
    possible_duplicate_of: list[str]


class CheckPage(TypedDict):
    """A page of checks, oldest first; ``next_cursor`` is null on the last page."""

    checks: list[OfficerCheckView]
    next_cursor: str | None


class PeopleSearch(TypedDict):
    """Whom an officer looks for: one of ``order_id``, ``email`` and ``family_name`` at least, and all that is
    given must fit.

    Names are compared without accents, case and signs; that of anybody in the household counts, or the holder's
    birth name, and ``birth_date`` (``YYYY-MM-DD``) is that of the person who has the name.
    """

    order_id: str | None
    email: str | None
    family_name: str | None
    birth_date: str | None


class FoundPerson(Person):
    """The holder of an order that was found; ``insee`` is the commune where they live."""

    order_id: str
    insee: str


class PeoplePage(TypedDict):
    """A page of holders by order, newest order first; ``next_cursor`` is null on the last page."""

    people: list[FoundPerson]
    next_cursor: str | None


class Token(TypedDict):
    """An access token (signed JWT, EdDSA) as OAuth 2.0 answers it (RFC 6749 §5.1)."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class Credential(TypedDict):
    """A client's id and secret; the secret is shown this once and kept only as a hash."""

    client_id: str
    client_secret: str


class PartnerCredential(Credential):
    """A new partner site with its credential."""

    partner_id: str
    name: str
    channel: str


class StaffCredential(TypedDict):
    """A new staff account; the one-time password must be changed at the first sign-in."""

    staff_id: str
    email: str
    role: StaffRole
    one_time_password: str


class Enrolment(TypedDict):
    """A device's one-time enrolment code, shown once; ``expires_at`` RFC 3339."""

    device_id: str
    provider_id: str
    site_id: str
    enrolment_code: str
    expires_at: str


class DeviceCredential(Credential):
    """An enrolled device with its credential."""

    device_id: str
    provider_id: str
    site_id: str


class Contact(TypedDict):
    """Where to write to a holder. Asked for when a message is sent, never kept elsewhere."""

    email: str
    given_name: str
    family_name: str
    organisation: str | None


class MailedCode(TypedDict):
    """A code for the mail that carries it, and the address that it goes to; ``expires_at`` RFC 3339."""

    email: str
    code: str
    expires_at: str


class EmailChange(TypedDict):
    """A requested change of an order's e-mail address; its code counts until ``expires_at`` (RFC 3339)."""

    expires_at: str


class EmailChangeNotice(TypedDict):
    """What the address of before is told; of the new one only what its owner recognises it by."""

    email: str
    new_email_masked: str
    changed_at: str


class IdentityRpc(Protocol):
    """The RPC of `identity`; refusals are those of `contracts.refusals`."""

    def register_household(
        self, *, idempotency_key: str, programme: str, card_type: str, holder: Holder, members: list[Person]
    ) -> Household:
        """Keep the people of an order (called by `cards` before it keeps the order)."""

    def get_application(self, *, order_id: str) -> ApplicationView:
        """The order's checks; ``opening`` and empty while the order is on its way."""

    def find_checks(self, *, state: CheckState, cursor: str | None, limit: int) -> CheckPage:
        """The officer's queue. Office officers see their own organisation's programmes only."""

    def decide_check(
        self,
        *,
        idempotency_key: str,
        check_id: str,
        outcome: Literal["accepted", "refused"],
        reason_code: str | None,
        note: str | None,
    ) -> CheckView:
        """Accept or refuse a pending check; a refusal needs a reason code, a second pot accepted a note."""

    def find_people(self, *, search: PeopleSearch, cursor: str | None, limit: int) -> PeoplePage:
        """Officer: the orders of the programmes that one works for, by whose they are, newest first."""

    def get_order_history(self, *, order_id: str) -> list[HistoryEntry]:
        """What was done to the order's application, its checks and its address, newest first (called by the
        gateway, after `cards` has shown the order's own history)."""

    def issue_client_token(self, *, client_id: str, client_secret: str) -> Token:
        """Client credentials grant for partners and devices (RFC 6749 §4.4)."""

    def issue_password_token(self, *, username: str, password: str, new_password: str | None) -> Token:
        """Staff sign-in; a one-time password is refused without ``new_password``."""

    def issue_email_code_token(self, *, email: str, code: str) -> Token:
        """Holder sign-in with the code that was mailed."""

    def request_login_code(self, *, email: str) -> None:
        """Have a code mailed to the address if somebody has it; the answer never tells."""

    def get_login_code(self, *, login_code_id: str) -> MailedCode:
        """The code to mail (called by `notify`)."""

    def request_email_change(
        self, *, idempotency_key: str, order_id: str, order_secret: str | None, email: str
    ) -> EmailChange:
        """Have a code mailed to another address for the order's holder; nothing is changed yet."""

    def confirm_email_change(
        self, *, idempotency_key: str, order_id: str, order_secret: str | None, code: str
    ) -> None:
        """Give the order's holder the address that the newest code was mailed to."""

    def get_email_change_code(self, *, email_change_id: str) -> MailedCode:
        """The code to mail to the new address (called by `notify`)."""

    def get_email_change_notice(self, *, email_change_id: str) -> EmailChangeNotice:
        """Whom to tell that their order has another address (called by `notify`)."""

    def create_partner(self, *, idempotency_key: str, name: str, channel: str) -> PartnerCredential:
        """A partner site that may place orders through its channel (officers only)."""

    def create_staff(
        self,
        *,
        idempotency_key: str,
        email: str,
        role: StaffRole,
        programmes: list[str],
        provider_id: str | None,
        organisation: str | None,
    ) -> StaffCredential:
        """A staff account (officers only)."""

    def create_device(self, *, idempotency_key: str, provider_id: str, site_id: str, label: str) -> Enrolment:
        """A device that may be enrolled once with the code answered here."""

    def enrol_device(self, *, enrolment_code: str) -> DeviceCredential:
        """Exchange the one-time code for the device's credential."""

    def revoke_device(self, *, idempotency_key: str, device_id: str) -> None:
        """No further token for this device; those out run at most their lifetime."""

    def get_contact(self, *, holder_id: str) -> Contact:
        """Name and address of a holder (called by `notify` and `cards`)."""

    def find_contacts(self, *, holder_ids: list[str]) -> dict[str, Contact]:
        """The same of several holders, by id; those that are unknown or gone are left out."""
