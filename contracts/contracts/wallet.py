"""What `wallet` answers and announces: payments of cards, pots, the ledger."""

from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, TypedDict

from contracts.base import Event, HistoryEntry
from contracts.cards import Draw

PaymentState = Literal["pending", "paid", "refused", "expired", "refunded"]

# --- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PaymentReceived(Event):
    """The card's price was paid."""

    source: ClassVar[str] = "wallet"
    name: ClassVar[str] = "payment_received"

    payment_id: str
    order_id: str
    amount_cents: int


@dataclass(frozen=True, kw_only=True)
class PotCredited(Event):
    """A funder's money was committed to a household's pot; `cards` may now raise the allowance.

    ``spend_from`` and ``spend_until`` are ISO dates, inclusive, civil Paris. ``categories`` names what the
    pot may pay (provider categories); empty means all.
    """

    source: ClassVar[str] = "wallet"
    name: ClassVar[str] = "pot_credited"

    credit_id: str
    pot_id: str
    pot_code: str
    programme: str
    household_id: str
    amount_cents: int
    spend_from: str
    spend_until: str
    categories: list[str]


@dataclass(frozen=True, kw_only=True)
class WalletDebited(Event):
    """A redemption's draws moved from the household's pots to what is owed to the provider."""

    source: ClassVar[str] = "wallet"
    name: ClassVar[str] = "wallet_debited"

    redemption_id: str
    provider_id: str
    amount_cents: int


@dataclass(frozen=True, kw_only=True)
class DebitReversed(Event):
    """A cancelled redemption's draws are back in the pots (or never left); allowances may be raised."""

    source: ClassVar[str] = "wallet"
    name: ClassVar[str] = "debit_reversed"

    redemption_id: str
    provider_id: str
    draws: list[Draw]


@dataclass(frozen=True, kw_only=True)
class PotClosed(Event):
    """A pot's remaining money went back to its funder."""

    source: ClassVar[str] = "wallet"
    name: ClassVar[str] = "pot_closed"

    pot_id: str
    programme: str
    household_id: str
    returned_cents: int


# --- RPC shapes -------------------------------------------------------------------------------------


class PaymentView(TypedDict):
    """The payment of an order; ``redirect_url`` leads to the bank's page while pending."""

    id: str
    order_id: str
    amount_cents: int
    state: PaymentState
    redirect_url: str | None


class WalletTotals(TypedDict):
    """The wallet's side of the money equation, in cents, summed over every pot, each from its own table.

    ``announced_cents`` counts credits and reversals announced; ``debited_cents`` counts debits made and
    redemptions voided before their debit. ``unbalanced_transfers`` and ``negative_pots`` must be 0.
    """

    balance_cents: int
    announced_cents: int
    debited_cents: int
    returned_cents: int
    unbalanced_transfers: int
    negative_pots: int


class ProviderBalance(TypedDict):
    """What the scheme owes a provider, in cents."""

    provider_id: str
    payable_cents: int


class WalletRpc(Protocol):
    """The RPC of `wallet`; refusals are those of `contracts.refusals`."""

    def start_payment(self, *, idempotency_key: str, order_id: str, order_secret: str | None) -> PaymentView:
        """Open (or go on with) the payment of an order at the bank."""

    def find_payment(self, *, order_id: str) -> PaymentView | None:
        """The order's payment, asked again at the bank when it is still pending (called by the gateway, after
        `cards` has shown the order)."""

    def get_order_history(self, *, order_id: str) -> list[HistoryEntry]:
        """What was done to the order's payments, newest first (called by the gateway, after `cards` has shown
        the order's own history)."""

    def record_payment_notification(self, *, body: str, signature: str) -> None:
        """The bank says what became of a payment; ``body`` is the raw text that was signed."""

    def get_provider_balance(self, *, provider_id: str) -> ProviderBalance:
        """What is owed to a provider."""

    def get_wallet_totals(self) -> WalletTotals:
        """For the money equation."""
