"""The scan: one RPC, one transaction, two round trips (design §3).

BEGIN, the card's lock, then card, order, offer, what stands under the key, pots (locks those that pay), uses,
repeats, guesses → all that is written, in one statement, and COMMIT: allowances lowered, redemption, draws,
outbox, audit, the key with its answer. Nothing is asked of another service; prices come from the local copy
of published offers; the wallet follows by events.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy.exc import DBAPIError

from cards.scan.answering import SAID_OF_REDEMPTION, answer_price, answer_repeat
from cards.scan.desk import CardAtDesk, device_of
from cards.scan.facts import look
from cards.scan.judging import Judged, judge
from cards.scan.refusing import Attempt, answer_or_remember
from cards.scan.request import as_read, read_scan
from cards.scan.rules import Price
from cards.scan.statements import KEEP_ANSWER, RECORD, REFUSED_AS
from cards.sealing import Keys
from cards.transactions import Sending
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from chassis.database.engine import sqlstate
from chassis.database.idempotency import KeyedRequest, request_hash
from chassis.database.prepared import Prepared
from chassis.database.sends import Sends
from chassis.events.outbox import announcing, stamp
from chassis.ids import new_id
from chassis.metrics import counter
from contracts.cards import RedeemAnswer, RedemptionRecorded, ScanAnswer, ScanRequest
from contracts.programmes import Programme
from contracts.refusals import Refusal

scans_after_revocation_total = counter(
    "scans_after_revocation_total", "Visits accepted that were heard of after their card was revoked"
)


def redeem(
    sending: Sending,
    caller: Caller,
    programmes: Mapping[str, Programme],
    keys: Keys,
    *,
    idempotency_key: str,
    scan: ScanRequest,
) -> RedeemAnswer:
    """Return the redemption; the same key gets the same answer, for ever, and beside it, in ``cancelled_at``,
    that its redemption no longer stands.

    A refusal stores no answer under the key: the same request may succeed later (a pot credited meanwhile).
    """
    device = device_of(caller)
    read = read_scan(scan, keys)
    attempt = Attempt(kind="redemption", device=device, scan=read)
    key = _keyed(caller.subject, idempotency_key, dict(scan), as_read(scan, read))

    def act(sends: Sends) -> RedeemAnswer:
        return _redeem(sends, attempt, key, programmes, keys, now())

    return answer_or_remember(sending, attempt, act)


def _keyed(caller: str, key: str, sent: Mapping[str, Any], read: Mapping[str, Any]) -> KeyedRequest:
    """The request counts as it was understood; a release that compared what was sent may have kept it so."""
    other = None if sent == read else request_hash("redeem", sent)
    return KeyedRequest(caller, key, request_hash("redeem", read), other)


def _redeem(
    sends: Sends,
    attempt: Attempt,
    key: KeyedRequest,
    programmes: Mapping[str, Programme],
    keys: Keys,
    at: datetime,
) -> RedeemAnswer:
    seen = look(sends, attempt.device, attempt.scan, programmes, at, key)
    if seen.facts.kept is not None:
        return _answer_again(key, seen.facts.kept)
    judged = judge(attempt, seen, keys, at)
    if judged.price is None:
        return cast(RedeemAnswer, _keep(sends, key, answer_repeat(judged, attempt.device.id)))
    row = _row(new_id("red"), judged.card, attempt, judged.price, at)
    answer = answer_price(judged, judged.price, redemption_id=row["id"], recorded_at=rfc3339(at))
    _record(sends, judged, row, judged.price, key, answer)
    return cast(RedeemAnswer, answer)


def _answer_again(key: KeyedRequest, kept: Mapping[str, Any]) -> RedeemAnswer:
    answer = cast(RedeemAnswer, key.answer_of(kept))
    if kept["cancelled_at"] is None:
        return answer
    return {**answer, "cancelled_at": rfc3339(datetime.fromisoformat(kept["cancelled_at"]))}


def _keep(sends: Sends, key: KeyedRequest, answer: ScanAnswer) -> ScanAnswer:
    _commit(sends, KEEP_ANSWER, key.keeping(answer))
    return answer


def _commit(sends: Sends, statement: Prepared, values: Mapping[str, Any]) -> None:
    """Write and commit, or neither and refuse."""
    try:
        sends.commit(statement, values)
    except DBAPIError as error:
        refused_as = REFUSED_AS.get(sqlstate(error) or "")
        if refused_as is None:
            raise
        sends.roll_back()
        raise Refusal(refused_as) from None


def _row(
    redemption_id: str, card: CardAtDesk, attempt: Attempt, price: Price, at: datetime
) -> dict[str, Any]:
    scan, device = attempt.scan, attempt.device
    return {
        "id": redemption_id,
        "card_id": card.id,
        "order_id": card.order_id,
        "counted_as": card.counted_as,
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


def _record(
    sends: Sends,
    judged: Judged,
    row: Mapping[str, Any],
    price: Price,
    key: KeyedRequest,
    answer: ScanAnswer,
) -> None:
    drawn = {
        "pot_ids": [draw["pot_id"] for draw in price.draws],
        "draw_cents": [draw["amount_cents"] for draw in price.draws],
        "late_at": judged.visit.at if judged.visit.is_late else None,
    }
    done = {name: row[name] for name in ("card_id", "offer_id", "gross_cents", "paid_from_pot_cents")}
    if judged.card.revoked_at is not None:
        # For the officer: somebody used the card before it was revoked, and it was heard of afterwards.
        done["card_revoked_at"] = rfc3339(judged.card.revoked_at)
        scans_after_revocation_total.inc()
    audited = audit.recording(row["redeemed_at"], row["device_id"], "redemption_recorded", row["id"], **done)
    said = announcing(sends, _recorded(row, price, judged))
    _commit(sends, RECORD, {**row, **drawn, **audited, **said, **key.keeping(answer)})


def _recorded(row: Mapping[str, Any], price: Price, judged: Judged) -> RedemptionRecorded:
    said = {name: row[name] for name in SAID_OF_REDEMPTION}
    return RedemptionRecorded(
        **stamp(),
        **said,
        redemption_id=row["id"],
        draws=list(price.draws),
        redeemed_at=rfc3339(row["redeemed_at"]),
        visited_at=rfc3339(judged.visit.at),
        account_id=judged.card.account_id,
        # It would have been refused, had the visit been after the revocation.
        revoked_meanwhile=judged.card.revoked_at is not None,
    )
