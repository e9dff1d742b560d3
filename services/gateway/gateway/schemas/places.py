"""Communes, as somebody who types where they are looks for them."""

from marshmallow import fields

from gateway.schemas.base import Answer, Request, flag, parts, text, texts
from gateway.schemas.fields import Text
from gateway.schemas.query_fields import QueryWhole

SEARCH_LENGTH_MAX = 80
# What was no UTF-8 in the address stands here as U+FFFD.
READABLE = "^[^\\ufffd]*$"
# No postal code of the data has more communes than that.
COMMUNES_MAX = 50
COMMUNES_DEFAULT = 10


class CommunesQuery(Request):
    """The start of a name or postal code; accents, hyphens and case do not matter, nor `St` or `Saint`."""

    search = Text(SEARCH_LENGTH_MAX, min_length=2, pattern=READABLE, required=True)
    limit = QueryWhole(1, COMMUNES_MAX, load_default=COMMUNES_DEFAULT)


class CommuneAnswer(Answer):
    """A commune with its centre in WGS 84 degrees, null where nobody knows it.

    `centre` says of what: of the `commune`, or of those that share its `postal_code`, some kilometres off.
    """

    insee = text()
    name = text()
    departement = text()
    postal_codes = texts()
    latitude = fields.Float(required=True, allow_none=True)
    longitude = fields.Float(required=True, allow_none=True)
    centre = fields.String(
        required=True, allow_none=True, metadata={"enum": ["commune", "postal_code", None]}
    )


class CommunesAnswer(Answer):
    """The whole name first, then by name; with `more`, a longer search finds what is not there."""

    communes = parts(CommuneAnswer)
    more = flag()
