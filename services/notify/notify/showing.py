"""A voucher shown again to whoever may see the card: the same document as the mail carried."""

from base64 import b64encode
from collections.abc import Mapping

from contracts.cards import CardsRpc
from contracts.identity import IdentityRpc
from contracts.notify import Document
from contracts.programmes import Programme
from contracts.refusals import Refusal
from notify.voucher import render_voucher, voucher_filename


def show_voucher(
    card_id: str,
    *,
    cards: CardsRpc,
    identity: IdentityRpc,
    programmes: Mapping[str, Programme],
) -> Document:
    """The voucher as PDF. `cards` is asked in the caller's name and refuses a card that is not theirs.

    A revoked card's voucher is not printed any more: refused with `card_revoked`.
    """
    card = cards.get_voucher(card_id=card_id)
    if card["revoked"]:
        raise Refusal("card_revoked")
    contact = identity.get_contact(holder_id=card["holder_id"])
    pdf = render_voucher(programmes[card["programme"]], card, contact)
    return {
        "media_type": "application/pdf",
        "filename": voucher_filename(card["programme"]),
        "content": b64encode(pdf).decode(),
    }
