"""Who may do what: every scope, who carries it, and for every RPC what it asks of its caller.

The chassis holds every call against its row before the method runs; the gateway's endpoints take their scope
from the same rows. ``whose`` says in a word whose object it must be: that is judged where the object is read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SCOPES: dict[str, str] = {
    "orders:write": "place orders",
    "orders:read": "read one's orders",
    "orders:correct": "correct an order's e-mail address and have its voucher mailed again",
    "checks:decide": "decide checks of applications",
    "cards:read": "read cards, vouchers, pots and their use",
    "cards:lookup": "find a card by what is printed on it",
    "cards:write": "revoke and reissue cards",
    "people:find": "find orders and cards by whose they are",
    "history:read": "read who did what to an order or a card",
    "redemptions:write": "quote and redeem",
    "redemptions:read": "read the device's redemptions",
    "redemptions:cancel": "cancel a redemption",
    "visits:dispute": "say of one's visit that it was not one's own",
    "disputes:decide": "read and decide disputes of visits",
    "providers:decide": "accept or refuse providers",
    "providers:read": "read providers and offers that are not public",
    "offers:write": "draft and withdraw offers",
    "offers:publish": "publish offers",
    "statistics:read": "read a provider's sales and balance",
    "partners:write": "create partner sites",
    "staff:write": "create staff accounts",
    "devices:write": "create and revoke devices",
}

SCOPES_BY_ROLE: dict[str, frozenset[str]] = {
    # An officer at a desk never stands in for a provider's scan, nor for a family that was robbed.
    "officer": frozenset(SCOPES) - {"redemptions:write", "visits:dispute"},
    "office_officer": frozenset({"checks:decide", "orders:read", "cards:read"}),
    "provider_manager": frozenset({"offers:write", "devices:write", "statistics:read", "providers:read"}),
}
SCOPES_BY_KIND: dict[str, frozenset[str]] = {
    "partner": frozenset({"orders:write", "orders:read", "orders:correct"}),
    "device": frozenset({"redemptions:write", "redemptions:read", "redemptions:cancel"}),
    "holder": frozenset({"orders:read", "orders:correct", "cards:read", "cards:write", "visits:dispute"}),
}
PEOPLE = frozenset({"anonymous", "partner", "device", "staff", "holder"})
"""Every kind of caller but the services themselves."""


def scopes_of(kind: str, role: str | None) -> frozenset[str]:
    """Return the scopes of a caller; staff by role, everybody else by kind. KeyError for an unknown one."""
    return SCOPES_BY_ROLE[role or ""] if kind == "staff" else SCOPES_BY_KIND[kind]


@dataclass(frozen=True, slots=True)
class Access:
    """What one call asks of its caller.

    A token must carry ``scope``, unless its kind is one of ``open_to``; ``services`` may call it in their own
    name, whatever its scope.
    """

    scope: str | None = None
    whose: str = "–"
    open_to: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()

    @property
    def public(self) -> bool:
        """Whether it needs no token; with ``scope`` in one, it does or shows more."""
        return "anonymous" in self.open_to


def _with(scope: str, whose: str = "–", services: tuple[str, ...] = ()) -> Access:
    return Access(scope, whose, services=frozenset(services))


def _open(whose: str = "–", scope: str | None = None, services: tuple[str, ...] = ()) -> Access:
    return Access(scope, whose, PEOPLE, frozenset(services))


def _only(*services: str) -> Access:
    return Access(services=frozenset(services))


OPEN = _open()
"""An endpoint that calls no one service, or lets it judge by what the body says."""

SIGNED_IN = Access(open_to=PEOPLE - {"anonymous"})
"""An endpoint for whoever has a token, whatever it allows."""

CALLS: dict[str, Access] = {
    "identity.register_household": _only("cards"),
    "identity.get_application": _only("gateway"),
    "identity.find_checks": _with("checks:decide", "own programme"),
    "identity.decide_check": _with("checks:decide", "own programme"),
    "identity.find_people": _with("people:find", "own programme"),
    "identity.get_order_history": _only("gateway"),
    "identity.issue_client_token": _open("own credential"),
    "identity.issue_password_token": _open("own credential"),
    "identity.issue_email_code_token": _open("own credential"),
    "identity.request_login_code": _open(),
    "identity.get_login_code": _only("notify"),
    "identity.request_email_change": _open("own order", "orders:correct"),
    "identity.confirm_email_change": _open("own order", "orders:correct"),
    "identity.get_email_change_code": _only("notify"),
    "identity.get_email_change_notice": _only("notify"),
    "identity.create_partner": _with("partners:write"),
    "identity.create_staff": _with("staff:write", "own programme"),
    "identity.create_device": _with("devices:write", "own provider"),
    "identity.enrol_device": _open("own code"),
    "identity.revoke_device": _with("devices:write", "own provider"),
    "identity.get_contact": _only("notify"),
    "identity.find_contacts": _only("notify"),
    "cards.find_programmes": _open(),
    "cards.get_programme": _open(),
    # A holder orders on the public site, like anybody.
    "cards.place_order": Access("orders:write", open_to=frozenset({"anonymous", "holder"})),
    "cards.get_order": _open("own order", "orders:read"),
    "cards.get_order_holder": _open("own order", "orders:correct", services=("notify",)),
    "cards.get_card": _with("cards:read", "own household"),
    "cards.get_voucher": _with("cards:read", "own household", services=("notify",)),
    "cards.get_pots": _with("cards:read", "own household"),
    "cards.find_card_redemptions": _with("cards:read", "own household"),
    "cards.lookup_card": _with("cards:lookup", "own programme"),
    "cards.revoke_card": _with("cards:write", "own household"),
    "cards.reissue_card": _with("cards:write", "own household"),
    "cards.quote": _with("redemptions:write", "own provider"),
    "cards.redeem": _with("redemptions:write", "own provider"),
    "cards.cancel_redemption": _with("redemptions:cancel", "own provider"),
    "cards.find_device_redemptions": _with("redemptions:read", "own device"),
    "cards.find_own_orders": _with("orders:read", "own orders"),
    "cards.find_own_visits": _with("cards:read", "own household"),
    "cards.find_provider_visits": _with("statistics:read", "own provider"),
    "cards.find_own_visit_changes": _with("cards:read", "own household"),
    "cards.find_provider_visit_changes": _with("statistics:read", "own provider"),
    "cards.dispute_visit": _with("visits:dispute", "own household"),
    "cards.find_disputes": _with("disputes:decide", "own programme"),
    "cards.decide_dispute": _with("disputes:decide", "own programme"),
    "cards.find_orders": _with("people:find", "own programme"),
    "cards.get_order_history": _with("history:read", "own programme"),
    "cards.get_card_history": _with("history:read", "own programme"),
    "cards.get_allowance_totals": _only("wallet"),
    "wallet.start_payment": _open("own order", "orders:read"),
    "wallet.find_payment": _only("gateway"),
    "wallet.get_order_history": _only("gateway"),
    "wallet.record_payment_notification": _open("signed by the bank"),
    "wallet.get_provider_balance": _with("statistics:read", "own provider"),
    "wallet.get_wallet_totals": _only("wallet"),
    "offers.apply_provider": _open(),
    "offers.decide_provider": _with("providers:decide", "own programme"),
    "offers.find_providers": _open(),
    "offers.find_ideas": _open(),
    "offers.get_provider": _open("own provider", "providers:read", services=("notify",)),
    "offers.find_providers_by_id": _only("notify"),
    "offers.create_offer": _with("offers:write", "own provider"),
    "offers.publish_offer": _with("offers:publish", "own programme"),
    "offers.withdraw_offer": _with("offers:write", "own provider"),
    "offers.get_statistics": _with("statistics:read", "own provider"),
    "offers.get_statistics_totals": _with("providers:decide"),
    "notify.render_voucher": _with("cards:read", "own household"),
    "notify.send_voucher_again": _open("own order", "orders:correct"),
    "notify.get_history": _only("gateway"),
    # What every process answers: the books, to whoever reconciles them.
    "identity.get_books": _only("wallet"),
    "cards.get_books": _only("wallet"),
    "wallet.get_books": _only("wallet"),
    "offers.get_books": _only("wallet"),
    "notify.get_books": _only("wallet"),
}


def access_of(call: str) -> Access:
    """The row of ``"<service>.<method>"``; KeyError where there is none."""
    return CALLS[call]


def calls_of(service: str) -> Mapping[str, Access]:
    """The rows of one service, by method."""
    return {call.partition(".")[2]: row for call, row in CALLS.items() if call.partition(".")[0] == service}
