"""What `notify` answers and announces: messages to people."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, TypedDict

from contracts.base import Event


@dataclass(frozen=True, kw_only=True)
class VoucherEmailed(Event):
    """The mail server took the voucher of a card."""

    source: ClassVar[str] = "notify"
    name: ClassVar[str] = "voucher_emailed"

    card_id: str
    message_id: str


class Document(TypedDict):
    """A file as text: ``content`` is base64."""

    media_type: str
    filename: str
    content: str


class NotifyRpc(Protocol):
    """The RPC of `notify`; refusals are those of `contracts.refusals`."""

    def render_voucher(self, *, card_id: str) -> Document:
        """The card's voucher as PDF, as it was mailed; for its holder or an officer."""
