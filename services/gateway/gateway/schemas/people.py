"""People in requests and in an officer's queue."""

from marshmallow import fields

from gateway.schemas.base import Answer, Request, day, maybe_text, part, text
from gateway.schemas.fields import INSEE, PHONE, POSTAL_CODE, Choice, Day, Email, Part, Text

NAME_CHARACTERS_MAX = 80


class AddressRequest(Request):
    """`insee` is the commune's INSEE code: it decides residence, the postal code never does."""

    street = Text(200, required=True)
    postal_code = Text(5, min_length=5, pattern=POSTAL_CODE, required=True)
    insee = Text(5, min_length=5, pattern=INSEE, required=True)


class BirthPlaceRequest(Request):
    """INSEE codes; `99100` is France, where the commune is needed too."""

    country = Text(5, min_length=5, pattern=POSTAL_CODE, required=True)
    insee = Text(5, min_length=5, pattern=INSEE, load_default=None, allow_none=True)


class PersonRequest(Request):
    """Somebody of the household."""

    given_name = Text(NAME_CHARACTERS_MAX, required=True)
    family_name = Text(NAME_CHARACTERS_MAX, required=True)
    birth_date = Day(required=True)


class HolderRequest(PersonRequest):
    """Who orders. What some card types ask for beyond the required fields is in their `required_fields`."""

    email = Email(required=True)
    phone = Text(20, min_length=6, pattern=PHONE, allow_none=True)
    address = Part(AddressRequest, required=True)
    birth_name = Text(NAME_CHARACTERS_MAX, allow_none=True)
    sex = Choice("F", "M", allow_none=True)
    birth_place = Part(BirthPlaceRequest, allow_none=True)
    organisation = Text(120, allow_none=True)
    contract_end = Day(allow_none=True)


class AddressAnswer(Answer):
    """A postal address with its commune's INSEE code."""

    street = text()
    postal_code = text()
    insee = text()


class BirthPlaceAnswer(Answer):
    """INSEE codes of country and commune."""

    country = text()
    insee = maybe_text()


class PersonAnswer(Answer):
    """Somebody of the household."""

    given_name = text()
    family_name = text()
    birth_date = day()


class HolderAnswer(PersonAnswer):
    """Who ordered, as the officer who decides needs it."""

    email = text()
    phone = fields.String(allow_none=True)
    address = part(AddressAnswer)
    birth_name = fields.String(allow_none=True)
    sex = fields.String(allow_none=True)
    birth_place = Part(BirthPlaceAnswer, allow_none=True)
    organisation = fields.String(allow_none=True)
    contract_end = fields.String(allow_none=True)
