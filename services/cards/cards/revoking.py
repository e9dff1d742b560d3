"""Revoking a card: from this moment on no scan takes it."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from cards.models import Card
from cards.owning import get_visible_card
from cards.views import view_card
from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.events.outbox import announce, stamp
from chassis.log import get_logger
from contracts.cards import CardRevoked, CardView, RevocationReason
from contracts.programmes import Programme
from contracts.programmes.days import local_day
from contracts.refusals import Refusal

log = get_logger()

# An error or a fraud gives the pot back to its funder: a holder does not decide that.
REASONS_OF_HOLDERS = ("lost", "stolen")


def revoke_card(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    card_id: str,
    reason: RevocationReason,
) -> CardView:
    """Return the revoked card. The pots wait for the reissue of a lost or stolen one; after an error or a
    fraud they are closed once no visit of before can be heard of any more (`closing`)."""
    if caller.kind == "holder" and reason not in REASONS_OF_HOLDERS:
        raise Refusal("not_allowed", field="reason")
    answer: CardView = once(
        session,
        caller=caller.subject,
        operation="revoke_card",
        key=idempotency_key,
        request={"card_id": card_id, "reason": reason},
        act=lambda: _revoke(session, caller, programmes, card_id, reason),
    )
    return answer


def _revoke(
    session: Session,
    caller: Caller,
    programmes: Mapping[str, Programme],
    card_id: str,
    reason: RevocationReason,
) -> CardView:
    # The same lock as a scan takes: one that is under way ends first, the next one is refused.
    card, order = get_visible_card(session, caller, card_id, lock=True)
    if card.revoked_at is not None:
        raise Refusal("card_already_revoked")
    card.revoked_at, card.revoked_reason, card.revoked_by = now(), reason, caller.subject
    session.flush()
    audit.record(session, caller, "card_revoked", card.id, reason=reason)
    announce(session, _revoked(card, reason))
    log.info("card_revoked", card_id=card.id, reason=reason)
    today = local_day(now(), programmes[card.programme].timezone)
    return view_card(card, order, today, replaced_by=None)


def _revoked(card: Card, reason: RevocationReason) -> CardRevoked:
    return CardRevoked(
        **stamp(),
        card_id=card.id,
        order_id=card.order_id,
        household_id=card.household_id,
        reason=reason,
    )
