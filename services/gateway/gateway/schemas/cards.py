"""Cards, their pots and their use."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from contracts.cards import READ_MAX
from gateway import rules
from gateway.schemas.base import Answer, Request, TextAnswer, day, flag, maybe_text, part, parts, text, whole
from gateway.schemas.fields import Choice, Note, absent


class LookupRequest(Request):
    """What is printed on the card, as it was read or typed: either `number` or `qr`."""

    number = Note(READ_MAX, load_default=absent)
    qr = Note(READ_MAX, load_default=absent)

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        """Neither or both would be a guess."""
        if (data["number"] is None) == (data["qr"] is None):
            raise ValidationError(rules.ONE_OF_TWO, "number")


class RevocationRequest(Request):
    """Why the card may no longer be used."""

    reason = Choice("lost", "stolen", "error", "fraud", required=True)


class CardAnswer(Answer):
    """A card; only the last four digits of its number are shown."""

    id = text()
    order_id = text()
    programme = text()
    card_type = text()
    state = text(metadata={"enum": ["valid", "not_yet_valid", "expired", "revoked"]})
    valid_from = day()
    valid_until = day()
    number_ends = text()
    holder_first_name = text()
    replaces = maybe_text()
    replaced_by = maybe_text()


class PotAnswer(Answer):
    """One pot; `spend_until` is the last day, in Paris. `locked`: it pays nothing while a visit is disputed;
    the card's reduction holds all the same."""

    id = text()
    code = text()
    label = part(TextAnswer)
    credited_cents = whole()
    remaining_cents = whole()
    spend_until = day()
    closed = flag()
    locked = flag()


class PotsAnswer(Answer):
    """What the card may still spend."""

    remaining_cents = whole()
    pots = parts(PotAnswer)


class SavingsAnswer(Answer):
    """The reductions of all visits that were not cancelled. `regained_on`: the day on which they reached
    the card's price; null before, and for a card that was free."""

    price_cents = whole()
    visits = whole()
    saved_cents = whole()
    regained_on = maybe_text(metadata={"format": "date"})
