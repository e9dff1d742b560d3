"""The officer's queue of checks."""

from gateway.schemas.base import Answer, PageQuery, Request, instant, maybe_text, part, parts, text, texts
from gateway.schemas.fields import Choice, Text, slug
from gateway.schemas.orders import CheckAnswer
from gateway.schemas.people import HolderAnswer, PersonAnswer


class ChecksQuery(PageQuery):
    """Which checks, oldest first."""

    state = Choice("pending", "accepted", "refused", load_default="pending")


class DecisionRequest(Request):
    """What the officer decides; a refusal needs a reason code."""

    outcome = Choice("accepted", "refused", required=True)
    reason_code = slug(load_default=None, allow_none=True)
    note = Text(500, load_default=None, allow_none=True)


class OfficerCheckAnswer(CheckAnswer):
    """One check with what the officer needs to decide it."""

    order_id = text()
    programme = text()
    card_type = text()
    holder = part(HolderAnswer)
    members = parts(PersonAnswer)
    note = maybe_text()
    opened_at = instant()
    possible_duplicate_of = texts()


class ChecksAnswer(Answer):
    """A page of checks; `next_cursor` is null on the last page."""

    checks = parts(OfficerCheckAnswer)
    next_cursor = maybe_text()
