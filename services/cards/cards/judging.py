"""Judging a scan: the card, then what the rules ask for, then the rules; quotes and redemptions alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy.orm import Session

from cards.desk import (
    MAX_UNKNOWN_CARDS,
    UNKNOWN_CARDS_WINDOW,
    WRONG_CODES_WINDOW,
    CardAtDesk,
    Facts,
    find_card,
    read_facts,
    today_of,
)
from cards.refusing import Attempt
from cards.scan_request import check_occurred_at
from cards.scan_rules import Price, check_card, price_scan
from cards.scan_statements import COUNT_UNKNOWN
from cards.sealing import Keys, is_card_code
from contracts.programmes import Programme
from contracts.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An accepted scan: its price, or (``price`` None) the redemption of seconds ago that it repeats."""

    card: CardAtDesk
    programme: Programme
    facts: Facts
    price: Price | None


def judge(
    session: Session,
    attempt: Attempt,
    programmes: Mapping[str, Programme],
    keys: Keys,
    at: datetime,
    *,
    lock: bool,
) -> Judged:
    """Return what the scan comes to, or refuse; ``lock`` where it is going to be recorded."""
    scan = attempt.scan
    card = find_card(session, scan, lock=lock) if scan.card_hash is not None else None
    if card is None:
        raise _unknown(session, attempt, at)
    attempt.card_id = card.id
    programme = programmes[card.programme]
    facts = read_facts(session, attempt.device, card, scan, programme, at, lock=lock)
    # Before anything is said of the card: whoever guesses numbers must not learn that one was right.
    _check_guessing(facts.unknown_full_at, at)
    check_occurred_at(scan, at)
    check_card(card, today_of(programme, at))
    if facts.repeated is not None and not scan.needs_code:
        return Judged(card=card, programme=programme, facts=facts, price=None)
    price = price_scan(attempt.device, card, facts, scan, programme, at)
    if scan.needs_code:
        _check_code(attempt, card, facts, keys, at)
    return Judged(card=card, programme=programme, facts=facts, price=price)


def _unknown(session: Session, attempt: Attempt, at: datetime) -> Refusal:
    """One answer for every kind of "no such card", until the device has had too many of them."""
    values: dict[str, Any] = {
        "device_id": attempt.device.id,
        "unknown_since": at - UNKNOWN_CARDS_WINDOW,
        "unknown_offset": MAX_UNKNOWN_CARDS - 1,
    }
    _check_guessing(session.scalar(COUNT_UNKNOWN, values), at)
    return Refusal("unknown_card", field="card")


def _check_guessing(full_at: datetime | None, at: datetime) -> None:
    """``full_at`` is when the first of too many was; the device may go on once it is out of the window."""
    if full_at is not None:
        raise Refusal("too_many_attempts", retry_after_s=_seconds_left(full_at + UNKNOWN_CARDS_WINDOW - at))


def _check_code(attempt: Attempt, card: CardAtDesk, facts: Facts, keys: Keys, at: datetime) -> None:
    """The typed code must be the voucher's. After too many wrong ones it is not even looked at for a
    while: the QR code still pays, so that a stranger cannot lock a family out."""
    if facts.wrong_code_full_at is not None:
        left = _seconds_left(facts.wrong_code_full_at + WRONG_CODES_WINDOW - at)
        raise Refusal("card_code_required", field="card_code", retry_after_s=left)
    code = attempt.scan.card_code
    if code is not None and is_card_code(keys, card.id, card.sealed, code):
        return
    attempt.wrong_code = code is not None
    raise Refusal("card_code_required", field="card_code")


def _seconds_left(duration: timedelta) -> int:
    return max(1, ceil(duration.total_seconds()))
