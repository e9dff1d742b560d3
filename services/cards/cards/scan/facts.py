"""Reading what a scan is judged on, in one send: the lock, then card, offer and what has happened so far."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from cards.scan.desk import CardAtDesk, Device, Facts, PotAtDesk, Seen, Visit
from cards.scan.request import Scan, visit_of
from cards.scan.statements import DRAW_FACTS, LOCK_CARD, LOCK_FACTS, READ_FACTS
from chassis.database.idempotency import KeyedRequest
from chassis.database.sends import Sends
from contracts.offers import OfferPublished
from contracts.programmes import Programme, UsageLimit
from contracts.programmes.days import window_bounds
from contracts.programmes.rules import limits_of
from contracts.programmes.shape import People

MAX_GUESSES = 10
GUESSES_WINDOW = timedelta(minutes=5)
MAX_WRONG_CODES = 5
WRONG_CODES_WINDOW = timedelta(minutes=15)


def look(
    sends: Sends,
    device: Device,
    scan: Scan,
    programmes: Mapping[str, Programme],
    at: datetime,
    key: KeyedRequest | None,
) -> Seen:
    """Read the card and the facts; under the card's lock, and that of its pots, where there is a ``key``:
    a quote has none and locks nothing."""
    visits = {code: visit_of(scan, programme, at) for code, programme in programmes.items()}
    values = {**_asked(device, scan, at, key), "by_programme": _by_programme(programmes, visits)}
    row = _read(sends, scan, values, lock=key is not None)
    if row.id is None:
        facts = Facts(kept=row.kept, guesses_full_at=row.guesses_full_at)
        return Seen(card=None, programme=None, visit=None, facts=facts)
    programme = programmes[row.programme]
    return Seen(
        card=_read_card(row),
        programme=programme,
        visit=visits[row.programme],
        facts=_read_facts(row, programme, visits[row.programme]),
    )


def _read(sends: Sends, scan: Scan, values: Mapping[str, Any], *, lock: bool) -> Any:
    if not lock:
        return sends.ask(READ_FACTS[scan.medium], values).one()
    facts = DRAW_FACTS if scan.pay_cents > 0 else LOCK_FACTS
    return sends.begin(LOCK_CARD[scan.medium], facts[scan.medium], values=values).one()


def _asked(device: Device, scan: Scan, at: datetime, key: KeyedRequest | None) -> dict[str, Any]:
    return {
        "caller": key and key.caller,
        "key": key and key.key,
        "card_hash": scan.card_hash,
        "device_id": device.id,
        "provider_id": device.provider_id,
        "site_id": device.site_id,
        "offer_id": scan.offer_id,
        "adults": scan.party.adults,
        "children": scan.party.children,
        "gross_cents": scan.gross_cents,
        "pay_cents": scan.pay_cents,
        "guessed_since": at - GUESSES_WINDOW,
        "guessed_offset": MAX_GUESSES - 1,
        "wrong_code_since": at - WRONG_CODES_WINDOW,
        "wrong_code_offset": MAX_WRONG_CODES - 1,
    }


def _by_programme(programmes: Mapping[str, Programme], visits: Mapping[str, Visit]) -> str:
    """As JSON, what the facts depend on of a card that is not known yet: by programme, how near a repeat is,
    and by card type the limits with their windows. There are few of either."""
    return json.dumps(
        {code: _of_programme(programme, visits[code]) for code, programme in programmes.items()}
    )


def _of_programme(programme: Programme, visit: Visit) -> dict[str, Any]:
    repeat_window = timedelta(seconds=programme.repeat_window_s)
    return {
        "timezone": programme.timezone,
        # Two devices may be heard in the other order than they read the card.
        "repeat_after": (visit.at - repeat_window).isoformat(),
        "repeat_before": (visit.at + repeat_window).isoformat(),
        "limits": {
            card_type: [_window(limit, programme, visit) for limit in limits_of(programme, card_type)]
            for card_type in programme.card_types
        },
    }


def _window(limit: UsageLimit, programme: Programme, visit: Visit) -> dict[str, str]:
    """One without bounds is the card's validity."""
    if limit.window == "validity":
        return {"per": limit.per}
    bounds = window_bounds(
        limit.window, visit.at, programme.valid_from, programme.valid_until, programme.timezone
    )
    return {"per": limit.per, "since": bounds[0].isoformat(), "before": bounds[1].isoformat()}


def _read_card(row: Any) -> CardAtDesk:
    return CardAtDesk(
        id=row.id,
        order_id=row.order_id,
        counted_as=row.counted_as,
        household_id=row.household_id,
        holder_id=row.holder_id,
        account_id=row.account_id,
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


def _read_facts(row: Any, programme: Programme, visit: Visit) -> Facts:
    return Facts(
        kept=row.kept,
        guesses_full_at=row.guesses_full_at,
        pots=tuple(_read_pot(pot, visit) for pot in row.pots),
        limits=tuple(limits_of(programme, row.card_type)),
        uses=tuple(row.uses),
        repeated=row.repeated,
        wrong_code_full_at=row.wrong_code_full_at,
    )


def _read_pot(pot: Mapping[str, Any], visit: Visit) -> PotAtDesk:
    locked_at = pot["locked_at"]
    return PotAtDesk(
        pot_id=pot["pot_id"],
        pot_code=pot["pot_code"],
        categories=tuple(pot["categories"]),
        amount_cents=pot["amount_cents"],
        spend_from=date.fromisoformat(pot["spend_from"]),
        spend_until=date.fromisoformat(pot["spend_until"]),
        closed=pot["closed"],
        # Who served before it was locked could not know of it.
        locked=locked_at is not None and not visit.is_before(datetime.fromisoformat(locked_at)),
    )
