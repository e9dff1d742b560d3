"""Orders, their checks' states and their payment."""

from gateway.schemas.base import (
    Answer,
    Request,
    flag,
    instant,
    maybe_instant,
    maybe_text,
    part,
    parts,
    text,
    texts,
    whole,
)
from gateway.schemas.cards import CardAnswer
from gateway.schemas.fields import Email, Many, Note, Part, Typed, slug
from gateway.schemas.people import HolderRequest, PersonRequest

MEMBERS_MAX = 20


class OrderRequest(Request):
    """A card asked for; `members` are the household without its holder, each person once."""

    programme = slug(required=True)
    card_type = slug(required=True)
    holder = Part(HolderRequest, required=True)
    members = Many(Part(PersonRequest), MEMBERS_MAX, required=True)
    channel_note = Note(500, allow_none=True)


class OrderAnswer(Answer):
    """An order; `card_id` once the card is made, `reason_code` when the order was refused."""

    id = text()
    programme = text()
    card_type = text()
    channel = text()
    state = text(metadata={"enum": ["placed", "validated", "refused"]})
    reason_code = maybe_text()
    checks_required = texts()
    amount_due_cents = whole()
    paid = flag()
    placed_at = instant()
    card_id = maybe_text()


class PlacedOrderAnswer(OrderAnswer):
    """A new order; keep `order_secret`: it reads and pays the order, and is shown nowhere else."""

    order_secret = text()


class OwnOrderAnswer(OrderAnswer):
    """An order with the card that stands for it now, once there is one."""

    card = part(CardAnswer, allow_none=True)


class OwnOrdersAnswer(Answer):
    """A page of a holder's orders, the newest first; `next_cursor` is null on the last page."""

    orders = parts(OwnOrderAnswer)
    next_cursor = maybe_text()


class CheckAnswer(Answer):
    """One check as its owner may see it."""

    id = text()
    kind = text()
    state = text(metadata={"enum": ["pending", "accepted", "refused"]})
    reason_code = maybe_text()
    decided_by = maybe_text()
    decided_at = maybe_instant()
    waiting_for = maybe_text()


class PaymentAnswer(Answer):
    """The payment of an order; `redirect_url` leads to the bank's page while pending."""

    id = text()
    order_id = text()
    amount_cents = whole()
    state = text(metadata={"enum": ["pending", "paid", "refused", "expired", "refunded"]})
    redirect_url = maybe_text()


class WholeOrderAnswer(OrderAnswer):
    """An order with its checks and its payment."""

    checks = parts(CheckAnswer)
    payment = part(PaymentAnswer, allow_none=True)


class EmailChangeRequest(Request):
    """Where the holder's mails are to go from now on."""

    email = Email(required=True)


class EmailChangeAnswer(Answer):
    """The code in the mail confirms the address until `expires_at`."""

    expires_at = instant()


class EmailConfirmationRequest(Request):
    """The six digits of the newest mail to the new address."""

    code = Typed(10, pattern="^[0-9]{4,10}$", required=True)
