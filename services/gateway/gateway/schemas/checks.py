"""The officer's queue of checks."""

from marshmallow import fields

from gateway.schemas.base import Answer, PageQuery, Request, instant, maybe_text, part, parts, text, texts
from gateway.schemas.fields import Choice, Text, slug
from gateway.schemas.orders import CheckAnswer
from gateway.schemas.people import HolderAnswer, PersonAnswer


class ChecksQuery(PageQuery):
    """Which checks, oldest first."""

    state = Choice("pending", "accepted", "refused", load_default="pending")


class DecisionRequest(Request):
    """What the officer decides; a refusal needs a reason code, and a `second_pot` accepted a note."""

    outcome = Choice("accepted", "refused", required=True)
    reason_code = slug(load_default=None, allow_none=True)
    note = Text(500, load_default=None, allow_none=True)


class AlsoInAnswer(Answer):
    """Somebody of the household who is in another order of the programme too.

    `person` is `holder` or `members.N`; `known_by` says whether the same name or a birth name shows it.
    """

    person = text()
    order_id = text()
    as_ = fields.String(required=True, data_key="as", attribute="as", metadata={"enum": ["holder", "member"]})
    order_state = text(metadata={"enum": ["pending", "approved", "refused"]})
    known_by = text(metadata={"enum": ["name", "birth_name"]})


class OfficerCheckAnswer(CheckAnswer):
    """One check with what the officer needs to decide it."""

    order_id = text()
    programme = text()
    card_type = text()
    holder = part(HolderAnswer)
    members = parts(PersonAnswer)
    note = maybe_text()
    opened_at = instant()
    also_in = parts(AlsoInAnswer)
    possible_duplicate_of = texts()


class ChecksAnswer(Answer):
    """A page of checks; `next_cursor` is null on the last page."""

    checks = parts(OfficerCheckAnswer)
    next_cursor = maybe_text()
