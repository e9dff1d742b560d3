"""Programmes as the public sees them."""

from marshmallow import fields

from gateway.schemas.base import Answer, TextAnswer, day, part, parts, text, texts, whole


class AgeAnswer(Answer):
    """How old the holder must be on the day of the order, in whole years, both inclusive."""

    min = whole()
    max = whole()


class HouseholdAnswer(Answer):
    """How many people one order may name, its holder included."""

    min_members = whole()
    max_members = whole()
    max_adults = whole()
    max_children = whole()


class ProofAnswer(Answer):
    """What is checked before the card is made; an officer asks for a document, another service is asked."""

    kind = text()
    label = part(TextAnswer)
    decided_by = text()


class CardTypeAnswer(Answer):
    """A card type; `required_fields` are asked of the holder beyond name, birth date, e-mail and address."""

    code = text()
    label = part(TextAnswer)
    price_cents = whole()
    checks = texts()
    required_fields = texts()
    pots = fields.List(fields.Dict(keys=fields.String()), required=True)
    age = part(AgeAnswer, allow_none=True)
    household = part(HouseholdAnswer)
    proofs = parts(ProofAnswer)


class ProgrammeAnswer(Answer):
    """One edition of a card scheme. `late_window_s`: how long after a visit its scan may be uploaded."""

    code = text()
    name = part(TextAnswer)
    orders_open = day()
    orders_close = day()
    valid_from = day()
    valid_until = day()
    late_window_s = whole()
    channels = texts()
    categories = fields.List(fields.Dict(keys=fields.String()), required=True)
    card_types = parts(CardTypeAnswer)


class ProgrammesAnswer(Answer):
    """Every programme on sale or in use."""

    programmes = parts(ProgrammeAnswer)
