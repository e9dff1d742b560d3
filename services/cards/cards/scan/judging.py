"""Judging what was seen of a scan: guessing, the card, then the rules; quotes and redemptions alike, pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from cards.scan.desk import CardAtDesk, Facts, Seen, Visit
from cards.scan.facts import GUESSES_WINDOW, WRONG_CODES_WINDOW
from cards.scan.refusing import Attempt
from cards.scan.request import check_occurred_at
from cards.scan.rules import Price, check_card, price_scan
from cards.sealing import Keys, is_card_code
from contracts.programmes import Programme
from contracts.refusals import Refusal

QR_CODE_WORKS = {
    "instead_fr": "Le QR code du bon reste accepté.",
    "instead_en": "The voucher’s QR code still works.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An accepted scan: its price, or (``price`` None) the redemption of seconds ago that it repeats."""

    card: CardAtDesk
    programme: Programme
    visit: Visit
    facts: Facts
    price: Price | None


def judge(attempt: Attempt, seen: Seen, keys: Keys, at: datetime) -> Judged:
    """Return what the scan comes to, or refuse; ``attempt`` learns whose card it was."""
    scan, card, programme, visit, facts = attempt.scan, seen.card, seen.programme, seen.visit, seen.facts
    attempt.card_id = None if card is None else card.id
    # No guess, so it is told even while the device rests: whoever can count and add finds out the same.
    if scan.card_hash is None:
        raise scan.card.refusal("card")
    # Before anything is said of the card: whoever guesses numbers must not learn that one was right. A QR
    # text is 128 random bits, so whoever sends a right one has the voucher: a family at a desk that somebody
    # made rest goes on by it.
    if scan.medium == "number":
        _check_guessing(facts.guesses_full_at, at)
    if card is None or programme is None or visit is None:
        raise Refusal("unknown_card", field="card")
    check_occurred_at(scan, programme, at)
    check_card(card, visit)
    # Before the price, which says what is in the pot, and before a repeat, which says what was paid: a number
    # that was overheard must not tell.
    if scan.needs_code:
        _check_code(attempt, card, facts, keys, at)
    repeats = facts.repeated is not None and not scan.second_visit
    price = None if repeats else price_scan(attempt.device, card, facts, scan, programme, visit)
    return Judged(card=card, programme=programme, visit=visit, facts=facts, price=price)


def _check_guessing(full_at: datetime | None, at: datetime) -> None:
    """``full_at`` is when the first of too many was; the device may type numbers again once it is out of
    the window."""
    if full_at is not None:
        left = _seconds_left(full_at + GUESSES_WINDOW - at)
        raise Refusal("too_many_attempts", retry_after_s=left, **QR_CODE_WORKS)


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
