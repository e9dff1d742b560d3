"""What `notify` answers and announces: messages to people."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, TypedDict

from contracts.base import Event, HistoryEntry


@dataclass(frozen=True, kw_only=True)
class VoucherEmailed(Event):
    """The mail server took the voucher of a card."""

    source: ClassVar[str] = "notify"
    name: ClassVar[str] = "voucher_emailed"

    card_id: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class OldAddressNotified(Event):
    """The address that an order had before was told of the change, or cannot be: it is needed no more."""

    source: ClassVar[str] = "notify"
    name: ClassVar[str] = "old_address_notified"

    email_change_id: str
    delivered: bool


class Document(TypedDict):
    """A file as text: ``content`` is base64."""

    media_type: str
    filename: str
    content: str


class VoucherMail(TypedDict):
    """A voucher that will be mailed again; ``message_id`` names the message."""

    message_id: str
    card_id: str


class NotifyRpc(Protocol):
    """The RPC of `notify`; refusals are those of `contracts.refusals`."""

    def render_voucher(self, *, card_id: str) -> Document:
        """The card's voucher as PDF, as it was mailed; for its holder or an officer."""

    def send_voucher_again(
        self, *, idempotency_key: str, order_id: str, order_secret: str | None
    ) -> VoucherMail:
        """Mail the voucher of the order's card once more, to the address that its holder has now."""

    def get_history(self, *, card_ids: list[str]) -> list[HistoryEntry]:
        """Vouchers of these cards that somebody had mailed again, newest first (called by the gateway, after
        `cards` has shown the cards' own history)."""
