"""Reading what a scan is judged on: the card with its offer, then everything else, in one statement each."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from cards.scan.desk import CardAtDesk, Device, Facts, PotAtDesk, Seen, Visit
from cards.scan.request import Scan, visit_of
from cards.scan.statements import LOCK_CARD, LOCK_FACTS, READ_CARD, READ_FACTS, READ_UNKNOWN
from chassis.idempotency import KeyedRequest
from chassis.prepared import execute
from contracts.offers import OfferPublished
from contracts.programmes import Programme
from contracts.programmes.days import window_bounds
from contracts.programmes.rules import limits_of
from contracts.programmes.shape import People

MAX_GUESSES = 10
GUESSES_WINDOW = timedelta(minutes=5)
MAX_WRONG_CODES = 5
WRONG_CODES_WINDOW = timedelta(minutes=15)


def look(
    session: Session,
    device: Device,
    scan: Scan,
    programmes: Mapping[str, Programme],
    at: datetime,
    key: KeyedRequest | None,
) -> Seen:
    """Read the card and the facts; under the card's lock, and that of its pots, where there is a ``key``:
    a quote has none and locks nothing."""
    card = _find_card(session, scan, lock=key is not None) if scan.card_hash is not None else None
    asked = _asked_of_anyone(device, at, key)
    if card is None:
        row = execute(session, READ_UNKNOWN, asked).one()
        facts = Facts(kept=row.kept, guesses_full_at=row.guesses_full_at)
        return Seen(card=None, programme=None, visit=None, facts=facts)
    programme = programmes[card.programme]
    visit = visit_of(scan, programme, at)
    asked |= {"wrong_code_since": at - WRONG_CODES_WINDOW, "wrong_code_offset": MAX_WRONG_CODES - 1}
    facts = _read_facts(session, device, card, scan, programme, visit, asked, lock=key is not None)
    return Seen(card=card, programme=programme, visit=visit, facts=facts)


def lock_card(session: Session, scan: Scan) -> None:
    """Hold the card's lock until the transaction ends; nothing where there is no such card."""
    if scan.card_hash is not None:
        _find_card(session, scan, lock=True)


def _find_card(session: Session, scan: Scan, *, lock: bool) -> CardAtDesk | None:
    statement = (LOCK_CARD if lock else READ_CARD)[scan.medium]
    values = {"card_hash": scan.card_hash, "offer_id": scan.offer_id}
    row = execute(session, statement, values).one_or_none()
    if row is None:
        return None
    return CardAtDesk(
        id=row.id,
        order_id=row.order_id,
        counted_as=row.counted_as,
        household_id=row.household_id,
        holder_id=row.holder_id,
        programme=row.programme,
        card_type=row.card_type,
        sealed=bytes(row.sealed),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        household=People(adults=row.adults, children=row.children),
        first_name=row.holder_first_name,
        age_band=row.age_band,
        offer=None if row.terms is None else OfferPublished.from_payload(row.terms),
        is_offer_known=row.withdrawn is not None,
        is_offer_withdrawn=bool(row.withdrawn),
        offer_withdrawn_at=row.withdrawn_at,
    )


def _asked_of_anyone(device: Device, at: datetime, key: KeyedRequest | None) -> dict[str, Any]:
    return {
        "caller": key and key.caller,
        "key": key and key.key,
        "device_id": device.id,
        "guessed_since": at - GUESSES_WINDOW,
        "guessed_offset": MAX_GUESSES - 1,
    }


def _read_facts(
    session: Session,
    device: Device,
    card: CardAtDesk,
    scan: Scan,
    programme: Programme,
    visit: Visit,
    asked: Mapping[str, Any],
    *,
    lock: bool,
) -> Facts:
    limits = tuple(limits_of(programme, card.card_type))
    windows = [
        window_bounds(limit.window, visit.at, card.valid_from, card.valid_until, programme.timezone)
        for limit in limits
    ]
    repeat_window = timedelta(seconds=programme.repeat_window_s)
    statement = LOCK_FACTS if lock and scan.pay_cents > 0 else READ_FACTS
    values = {
        **asked,
        "household_id": card.household_id,
        "programme": card.programme,
        "counted_as": card.counted_as,
        "card_id": card.id,
        "provider_id": device.provider_id,
        "site_id": device.site_id,
        "offer_id": scan.offer_id,
        "adults": scan.party.adults,
        "children": scan.party.children,
        "gross_cents": scan.gross_cents,
        "pay_cents": scan.pay_cents,
        "limit_per": [limit.per for limit in limits],
        "limit_since": [since for since, _ in windows],
        "limit_before": [before for _, before in windows],
        # Two devices may be heard in the other order than they read the card.
        "repeat_after": visit.at - repeat_window,
        "repeat_before": visit.at + repeat_window,
    }
    row = execute(session, statement, values).one()
    return Facts(
        kept=row.kept,
        guesses_full_at=row.guesses_full_at,
        pots=tuple(_read_pot(pot) for pot in row.pots),
        limits=limits,
        uses=tuple(row.uses),
        repeated=row.repeated,
        wrong_code_full_at=row.wrong_code_full_at,
    )


def _read_pot(pot: Mapping[str, Any]) -> PotAtDesk:
    return PotAtDesk(
        pot_id=pot["pot_id"],
        pot_code=pot["pot_code"],
        categories=tuple(pot["categories"]),
        amount_cents=pot["amount_cents"],
        spend_from=date.fromisoformat(pot["spend_from"]),
        spend_until=date.fromisoformat(pot["spend_until"]),
        closed=pot["closed"],
    )
