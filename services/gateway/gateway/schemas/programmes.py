"""Programmes as the public sees them."""

from marshmallow import fields

from gateway.schemas.base import Answer, TextAnswer, day, part, parts, text, texts, whole


class CardTypeAnswer(Answer):
    """A card type; `required_fields` are asked of the holder beyond name, birth date, e-mail and address."""

    code = text()
    label = part(TextAnswer)
    price_cents = whole()
    checks = texts()
    required_fields = texts()
    pots = fields.List(fields.Dict(keys=fields.String()), required=True)


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
