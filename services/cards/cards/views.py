"""What the service answers about orders, cards, pots and redemptions, built from its rows."""

from datetime import date, datetime

from cards.models import Card, Order
from cards.pots.models import Allowance
from cards.scan.models import Redemption
from cards.sealing import Keys, unseal
from chassis.clock import rfc3339
from contracts.cards import CardState, CardView, OrderState, OrderView, PotView, RedemptionView, VoucherView
from contracts.programmes import CardType, Programme


def view_order(order: Order, card_type: CardType, card_id: str | None) -> OrderView:
    """An order without its secret; ``card_id`` is the card that stands for it now."""
    return {
        "id": order.id,
        "programme": order.programme,
        "card_type": order.card_type,
        "channel": order.channel,
        "state": order_state(order),
        "reason_code": order.reason_code,
        "checks_required": [check.kind for check in card_type.checks],
        "amount_due_cents": order.amount_due_cents,
        "paid": order.paid,
        "placed_at": rfc3339(order.placed_at),
        "card_id": card_id,
    }


def order_state(order: Order) -> OrderState:
    """A refused application ends the order; a card validates it."""
    if order.validated_at is not None:
        return "validated"
    return "placed" if order.refused_at is None else "refused"


def view_card(card: Card, order: Order, today: date, replaced_by: str | None) -> CardView:
    """A card as its holder sees it; of the number only the end."""
    return {
        "id": card.id,
        "order_id": card.order_id,
        "programme": card.programme,
        "card_type": card.card_type,
        "state": card_state(card, today),
        "valid_from": card.valid_from.isoformat(),
        "valid_until": card.valid_until.isoformat(),
        "number_ends": card.number_ends,
        "holder_first_name": order.holder_first_name,
        "replaces": card.replaces,
        "replaced_by": replaced_by,
    }


def card_state(card: Card, today: date) -> CardState:
    """What a scan would say of the card today; a revocation is said first, for it cannot be waited out."""
    if card.revoked_at is not None:
        return "revoked"
    if today < card.valid_from:
        return "not_yet_valid"
    return "valid" if today <= card.valid_until else "expired"


def view_voucher(card: Card, order: Order, keys: Keys) -> VoucherView:
    """All that the voucher prints, unsealed."""
    printed = unseal(keys, card.id, card.sealed)
    return {
        "card_id": card.id,
        "programme": card.programme,
        "card_type": card.card_type,
        "holder_id": order.holder_id,
        "number": printed.number,
        "qr_text": printed.qr_text,
        "card_code": printed.card_code,
        "valid_from": card.valid_from.isoformat(),
        "valid_until": card.valid_until.isoformat(),
        "adults": order.adults,
        "children": order.children,
        "revoked": card.revoked_at is not None,
    }


def view_pot(pot: Allowance, programme: Programme, today: date) -> PotView:
    """A pot; closed from the day after its last, though a visit of before may yet be heard of."""
    known = programme.pots.get(pot.pot_code)
    return {
        "id": pot.pot_id,
        "code": pot.pot_code,
        "label": known.label if known else {"fr": pot.pot_code, "en": pot.pot_code},
        "credited_cents": pot.credited_cents,
        "remaining_cents": pot.amount_cents,
        "spend_until": pot.spend_until.isoformat(),
        "closed": pot.closed_at is not None or pot.spend_until < today,
        "locked": pot.locked_at is not None,
    }


def view_redemption(redemption: Redemption, card_revoked_at: datetime | None) -> RedemptionView:
    """A past redemption, by a card that may have been revoked since."""
    visited_at, recorded_at = redemption.visited_at, redemption.redeemed_at
    cancelled_at = redemption.cancelled_at
    return {
        "id": redemption.id,
        "card_id": redemption.card_id,
        "offer_id": redemption.offer_id,
        "provider_id": redemption.provider_id,
        "site_id": redemption.site_id,
        "gross_cents": redemption.gross_cents,
        "reduction_cents": redemption.reduction_cents,
        "net_cents": redemption.net_cents,
        "paid_from_pot_cents": redemption.paid_from_pot_cents,
        "due_cents": redemption.due_cents,
        "occurred_at": rfc3339(visited_at),
        "recorded_at": rfc3339(recorded_at),
        "revoked_meanwhile": card_revoked_at is not None and visited_at < card_revoked_at <= recorded_at,
        "cancelled_at": None if cancelled_at is None else rfc3339(cancelled_at),
    }
