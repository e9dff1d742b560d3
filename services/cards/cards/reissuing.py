"""Reissuing a revoked card: a new number, QR text and code for the same household, pots and last day."""

from collections.abc import Mapping

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from cards.making import make_card
from cards.models import Card
from cards.owning import get_visible_card
from cards.sealing import Keys
from cards.views import view_card
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from contracts.cards import CardView
from contracts.programmes import Programme
from contracts.programmes.days import local_day
from contracts.refusals import Refusal


def reissue_card(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    keys: Keys,
    *,
    idempotency_key: str,
    card_id: str,
) -> CardView:
    """Return the new card, which replaces a revoked one; each card is replaced once."""
    answer: CardView = once(
        session,
        caller=caller.subject,
        operation="reissue_card",
        key=idempotency_key,
        request={"card_id": card_id},
        act=lambda: _reissue(session, caller, programmes, keys, card_id),
    )
    return answer


def _reissue(
    session: Session, caller: Caller, programmes: Mapping[str, Programme], keys: Keys, card_id: str
) -> CardView:
    card, order = get_visible_card(session, caller, card_id, lock=True)
    today = local_day(now(), programmes[card.programme].timezone)
    _check_replaceable(session, caller, card)
    if today > card.valid_until:
        raise Refusal("card_expired", valid_until=card.valid_until.isoformat())
    # The first day stays too: a limit "per validity" must not begin again with each lost card.
    days = {"valid_from": card.valid_from, "valid_until": card.valid_until}
    new = make_card(session, caller, keys, order, **days, replaces=card.id)
    return view_card(new, order, today, replaced_by=None)


def _check_replaceable(session: Session, caller: Caller, card: Card) -> None:
    if card.revoked_at is None:
        raise Refusal("card_not_revoked")
    # Somebody cheated: no new card for it; a new order goes through the checks again.
    if card.revoked_reason == "fraud" or (caller.kind == "holder" and card.revoked_reason == "error"):
        raise Refusal("not_allowed")
    if session.scalar(select(exists().where(Card.replaces == card.id))):
        raise Refusal("already_exists")
