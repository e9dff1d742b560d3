"""Remembering refused scans: support needs them, and they slow down whoever guesses.

A refusal undoes everything its scan did, its idempotency key too, so that the same request may be sent
again once the cause is mended. The row that remembers it is therefore written in a transaction of its own
(or after a savepoint, where the card's lock must hold until the row is there).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from sqlalchemy import insert
from sqlalchemy.orm import Session

from cards.scan.desk import Device
from cards.scan.facts import lock_card
from cards.scan.models import RefusedScan
from cards.scan.request import Scan
from cards.transactions import Transaction
from chassis.clock import now
from chassis.ids import new_id
from chassis.log import get_logger
from chassis.metrics import counter
from contracts.refusals import Refusal

log = get_logger()

scan_refusals_total = counter("scan_refusals_total", "Refused scans and quotes, by code", ["code"])
# Over all devices: each slows down by itself, and many that guess a little each are seen only here.
card_guesses_total = counter(
    "card_guesses_total", "Typed numbers that no card has, and wrong codes, in scans and quotes", ["what"]
)
# Not the card's fault nor the desk's: the database could not answer in time, and could not write either.
NOT_KEPT = frozenset({"try_again", "not_allowed", "not_authenticated"})

Answer = TypeVar("Answer")


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One scan or quote on its way to an answer; the rules note on it what they learn."""

    kind: Literal["quote", "redemption"]
    device: Device
    scan: Scan
    card_id: str | None = None
    wrong_code: bool = False


def answer_or_remember(
    transaction: Transaction,
    attempt: Attempt,
    act: Callable[[Session], Answer],
) -> Answer:
    """Return ``act``'s answer; a refusal is remembered and raised again."""
    try:
        if attempt.scan.needs_code:
            return _under_lock(transaction, attempt, act)
        with transaction() as session:
            return act(session)
    except _Remembered as remembered:
        raise remembered.refusal from None
    except Refusal as refusal:
        _count(attempt, refusal.code)
        if refusal.code not in NOT_KEPT:
            with transaction() as session:
                remember(session, attempt, refusal.code, now())
        raise


class _Remembered(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def _under_lock(
    transaction: Transaction,
    attempt: Attempt,
    act: Callable[[Session], Answer],
) -> Answer:
    """Hold the card's lock until a wrong code is written down: guesses sent all at once are counted too."""
    with transaction() as session:
        lock_card(session, attempt.scan)
        try:
            with session.begin_nested():
                return act(session)
        except Refusal as refusal:
            refused = refusal
        if refused.code not in NOT_KEPT:
            remember(session, attempt, refused.code, now())
    _count(attempt, refused.code)
    raise _Remembered(refused)


def _count(attempt: Attempt, code: str) -> None:
    scan_refusals_total.labels(code).inc()
    if attempt.wrong_code:
        card_guesses_total.labels("code").inc()
    elif attempt.scan.medium == "number" and code == "unknown_card":
        card_guesses_total.labels("number").inc()


def remember(session: Session, attempt: Attempt, reason: str, at: datetime) -> None:
    """Keep a refusal; the card's id only where a card was found."""
    row = {
        "id": new_id("ref"),
        "kind": attempt.kind,
        "reason": reason,
        "medium": attempt.scan.medium,
        "device_id": attempt.device.id,
        "provider_id": attempt.device.provider_id,
        "site_id": attempt.device.site_id,
        "offer_id": attempt.scan.offer_id,
        "card_id": attempt.card_id,
        "wrong_code": attempt.wrong_code,
        "refused_at": at,
    }
    session.execute(insert(RefusedScan), [row])
    log.info("scan_refused", code=reason, device_id=attempt.device.id, card_id=attempt.card_id)
