"""The scan: one RPC, one transaction, six statements (design §3).

idempotency key → card, order and offer (locks the card) → pots, uses, repeats, guesses (locks the pots
that pay) → allowances lowered, redemption and draws written → outbox → stored answer. Nothing is asked of
another service; prices come from the local copy of published offers; the wallet follows by events.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cards.answering import SAID_OF_REDEMPTION, answer_price, answer_repeat
from cards.desk import CardAtDesk, device_of
from cards.judging import judge
from cards.refusing import Attempt, answer_or_remember
from cards.scan_request import read_scan
from cards.scan_rules import Price
from cards.scan_statements import RECORD
from cards.sealing import Keys
from cards.transactions import Transaction
from chassis.caller import Caller
from chassis.clock import now, rfc3339
from chassis.idempotency import once
from chassis.ids import new_id
from chassis.outbox import announce, stamp
from contracts.cards import RedemptionRecorded, ScanAnswer, ScanRequest
from contracts.programmes import Programme
from contracts.refusals import Refusal


def redeem(
    transaction: Transaction,
    caller: Caller,
    programmes: Mapping[str, Programme],
    keys: Keys,
    *,
    idempotency_key: str,
    scan: ScanRequest,
) -> ScanAnswer:
    """Return the redemption; the same key gets the same answer, for ever.

    A refusal stores no answer under the key: the same request may succeed later (a pot credited meanwhile).
    """
    device = device_of(caller, "redemptions:write")
    at = now()
    attempt = Attempt(kind="redemption", device=device, scan=read_scan(scan, keys))

    def act(session: Session) -> ScanAnswer:
        answer: ScanAnswer = once(
            session,
            caller=caller.subject,
            operation="redeem",
            key=idempotency_key,
            request=dict(scan),
            act=lambda: _redeem(session, attempt, programmes, keys, at),
        )
        return answer

    return answer_or_remember(transaction, attempt, act)


def _redeem(
    session: Session, attempt: Attempt, programmes: Mapping[str, Programme], keys: Keys, at: datetime
) -> ScanAnswer:
    judged = judge(session, attempt, programmes, keys, at, lock=True)
    if judged.price is None:
        return answer_repeat(judged, at)
    row = _row(new_id("red"), judged.card, attempt, judged.price, at)
    _record(session, row, judged.price)
    announce(session, _recorded(row, judged.price))
    return answer_price(judged, judged.price, redemption_id=row["id"], recorded_at=rfc3339(at))


def _row(
    redemption_id: str, card: CardAtDesk, attempt: Attempt, price: Price, at: datetime
) -> dict[str, Any]:
    scan, device = attempt.scan, attempt.device
    return {
        "id": redemption_id,
        "card_id": card.id,
        "order_id": card.order_id,
        "household_id": card.household_id,
        "holder_id": card.holder_id,
        "programme": card.programme,
        "card_type": card.card_type,
        "provider_id": device.provider_id,
        "site_id": device.site_id,
        "device_id": device.id,
        "offer_id": scan.offer_id,
        "medium": scan.medium,
        "adults": scan.party.adults,
        "children": scan.party.children,
        "gross_cents": price.gross_cents,
        "reduction_cents": price.reduction_cents,
        "net_cents": price.net_cents,
        "paid_from_pot_cents": price.paid_from_pot_cents,
        "due_cents": price.due_cents,
        "redeemed_at": at,
        "occurred_at": scan.occurred_at,
    }


def _record(session: Session, row: Mapping[str, Any], price: Price) -> None:
    pot_ids = [draw["pot_id"] for draw in price.draws]
    draw_cents = [draw["amount_cents"] for draw in price.draws]
    lowered = session.scalar(RECORD, {**row, "pot_ids": pot_ids, "draw_cents": draw_cents})
    if lowered != len(price.draws):
        # The locks make this impossible; should it happen all the same, nothing may be recorded.
        raise Refusal("try_again")


def _recorded(row: Mapping[str, Any], price: Price) -> RedemptionRecorded:
    said = {name: row[name] for name in SAID_OF_REDEMPTION}
    return RedemptionRecorded(
        **stamp(),
        **said,
        redemption_id=row["id"],
        draws=list(price.draws),
        redeemed_at=rfc3339(row["redeemed_at"]),
    )
