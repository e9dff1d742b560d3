"""Remembering refused scans: support needs them, and they slow down whoever guesses.

A rule refuses before anything is written, so what remembers the refusal is all that its transaction commits;
the idempotency key stays free, and the same request may be sent again once the cause is mended. The card's
lock holds until the row is there: guesses that are sent all at once are counted too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeVar

from cards.scan.desk import Device
from cards.scan.request import Scan
from cards.scan.statements import REFUSE
from cards.transactions import Sending
from chassis.clock import now
from chassis.database.sends import Sends
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
    sending: Sending,
    attempt: Attempt,
    act: Callable[[Sends], Answer],
) -> Answer:
    """Return ``act``'s answer; a refusal is remembered and raised again."""
    with sending() as sends:
        try:
            return act(sends)
        except Refusal as refusal:
            refused = refusal
            if refusal.code not in NOT_KEPT:
                remember(sends, attempt, refusal.code, now())
    _count(attempt, refused.code)
    raise refused


def _count(attempt: Attempt, code: str) -> None:
    scan_refusals_total.labels(code).inc()
    if attempt.wrong_code:
        card_guesses_total.labels("code").inc()
    elif attempt.scan.medium == "number" and code == "unknown_card":
        card_guesses_total.labels("number").inc()


def remember(sends: Sends, attempt: Attempt, reason: str, at: datetime) -> None:
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
    sends.commit(REFUSE, row)
    log.info("scan_refused", code=reason, device_id=attempt.device.id, card_id=attempt.card_id)
