"""Rules between cards, wallet and notify about orders and cards: pots, payments, vouchers."""

from collections.abc import Iterator

from contracts.programmes import CardType, Programme
from contracts.programmes.rules import pot_amount_cents
from wallet.reconciliation.comparing import Known
from wallet.reconciliation.findings import Finding
from wallet.reconciliation.pages import Row


def judge_household(known: Known, household_id: str, made: list[Row], pots: list[Row]) -> Iterator[Finding]:
    """A first card with a pot has its household's pot credited; a pot has a card."""
    credited = {(programme, code): cents for _, programme, code, cents in pots}
    for card_id, programme_code, type_code, made_at, persons in made:
        programme = known.programmes.get(programme_code)
        # An edition whose file is gone says no longer what its cards are worth.
        if programme is not None and type_code in programme.card_types and known.is_settled(made_at):
            yield from _uncredited(
                card_id, programme, programme.card_types[type_code], persons or 0, credited
            )
    programmes = {programme for _, programme, *_ in made}
    for pot_id, programme_code, _, cents in pots:
        if programme_code not in programmes:
            yield Finding("pot_without_card", pot_id, 0, cents)


def judge_payment(known: Known, order_id: str, paid: list[Row], orders: list[Row]) -> Iterator[Finding]:
    """A paid order is on its way to a card, or its price was given back; nobody is paid for without money."""
    cents, settled_at = paid[0] if paid else (0, None)
    noted_at, refused_at = orders[0] if orders else (None, None)
    if not paid and known.is_settled(noted_at):
        yield Finding("order_paid_without_payment", order_id, 1, 0)
    # Approved and paid, and no card: that is `order_without_card`, which `cards` sees alone.
    is_lost = known.is_settled(settled_at) and (noted_at is None or known.is_settled(refused_at))
    if cents > 0 and is_lost:
        yield Finding("paid_order_without_card_or_refund", order_id, 0, cents)


def judge_voucher(known: Known, card_id: str, made: list[Row], vouchers: list[Row]) -> Iterator[Finding]:
    """A card has one voucher, and a voucher a card."""
    count = sum(number for (number,) in vouchers)
    if not made:
        yield Finding("voucher_without_card", card_id, 0, count)
    elif count > 1:
        yield Finding("card_with_two_vouchers", card_id, 1, count)
    elif count == 0 and known.is_settled(made[0][0]):
        yield Finding("card_without_voucher", card_id, 1, 0)


def _uncredited(
    card_id: str,
    programme: Programme,
    card_type: CardType,
    persons: int,
    credited: dict[tuple[str, str], int],
) -> Iterator[Finding]:
    for code in card_type.pots:
        if not credited.get((programme.code, code)):
            wanted_cents = pot_amount_cents(programme.pots[code], persons)
            yield Finding("pot_not_credited", card_id, wanted_cents, 0)
