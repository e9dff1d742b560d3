"""Disputes of visits."""

from gateway.schemas.base import (
    Answer,
    PageQuery,
    Request,
    instant,
    maybe_instant,
    maybe_text,
    part,
    parts,
    text,
    texts,
    whole,
)
from gateway.schemas.fields import Choice, Note
from gateway.schemas.redemptions import RedemptionAnswer

NOTE_MAX = 500
STATES = ["open", "upheld", "rejected"]


class DisputeRequest(Request):
    """What the holder has to say of it, for the officer."""

    note = Note(NOTE_MAX, load_default=None, allow_none=True)


class DisputesQuery(PageQuery):
    """Which disputes, oldest first."""

    state = Choice("open", "upheld", "rejected", load_default="open")


class DisputeDecisionRequest(Request):
    """`upheld` cancels the redemption; `rejected` lets it stand. The note is kept for other officers."""

    outcome = Choice("upheld", "rejected", required=True)
    note = Note(NOTE_MAX, load_default=None, allow_none=True)


class DisputeAnswer(Answer):
    """A dispute. `locked_pot_ids`: the household's pots that pay nothing at present, for this dispute or
    another. `not_cancelled_because`: it was upheld, and this refusal's code says why the redemption could not
    be cancelled any more."""

    id = text()
    redemption_id = text()
    state = text(metadata={"enum": STATES})
    opened_at = instant()
    decided_at = maybe_instant()
    redemption_cancelled_at = maybe_instant()
    not_cancelled_because = maybe_text()
    locked_pot_ids = texts()


class DisputedVisitAnswer(RedemptionAnswer):
    """The visit, with who came, how the card was read, and by which device."""

    device_id = text()
    medium = text(metadata={"enum": ["qr", "number"]})
    adults = whole()
    children = whole()


class OfficerDisputeAnswer(Answer):
    """A dispute with what an officer needs to decide it."""

    id = text()
    programme = text()
    state = text(metadata={"enum": STATES})
    opened_at = instant()
    note = maybe_text(metadata={"description": "The holder's."})
    decided_at = maybe_instant()
    decision_note = maybe_text(metadata={"description": "The officer's."})
    not_cancelled_because = maybe_text()
    visit = part(DisputedVisitAnswer)


class DisputesAnswer(Answer):
    """A page of disputes; `next_cursor` is null on the last page."""

    disputes = parts(OfficerDisputeAnswer)
    next_cursor = maybe_text()
