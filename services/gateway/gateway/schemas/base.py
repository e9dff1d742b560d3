"""What all requests and all answers have in common, and the shapes that several resources share."""

from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, fields

from gateway import rules
from gateway.schemas.fields import CURSOR, MONTH_DAY, Part, Text, absent, said
from gateway.schemas.query_fields import QueryWhole

PAGE_LIMIT_DEFAULT = 50
PAGE_LIMIT_MAX = 100


class Request(Schema):
    """A body or a query string: a field that is not in the schema is refused."""

    error_messages = said(unknown=rules.UNKNOWN, type=rules.OBJECT)

    class Meta:
        """Refuse what is unknown."""

        unknown = RAISE


class Answer(Schema):
    """What leaves the gateway: only the fields named here, whatever a service answers."""

    class Meta:
        """Readers must accept fields that later versions add."""

        unknown = EXCLUDE


class Nothing(Request):
    """An empty body or query."""


class PageQuery(Request):
    """Which part of a long list."""

    cursor = Text(300, pattern=CURSOR, load_default=absent, metadata={"description": "From `next_cursor`."})
    limit = QueryWhole(1, PAGE_LIMIT_MAX, load_default=PAGE_LIMIT_DEFAULT)


class TextRequest(Request):
    """A text for people, French first."""

    fr = Text(200, required=True)
    en = Text(200, required=True)


class SeasonRequest(Request):
    """Days of any year, both inclusive; `from` after `to` spans the new year."""

    from_ = Text(5, min_length=5, pattern=MONTH_DAY, required=True, data_key="from", attribute="from")
    to = Text(5, min_length=5, pattern=MONTH_DAY, required=True)


class TextAnswer(Answer):
    """A text for people, French first."""

    fr = fields.String(required=True)
    en = fields.String(required=True)


class SeasonAnswer(Answer):
    """Days of any year, both inclusive; `from` after `to` spans the new year."""

    from_ = fields.String(required=True, data_key="from", attribute="from")
    to = fields.String(required=True)


def text(**kwargs: Any) -> fields.String:
    """A text that every answer has."""
    return fields.String(required=True, **kwargs)


def maybe_text(**kwargs: Any) -> fields.String:
    """A text that every answer has, or null."""
    return fields.String(required=True, allow_none=True, **kwargs)


def day() -> fields.String:
    """An ISO date that every answer has."""
    return fields.String(required=True, metadata={"format": "date"})


def instant() -> fields.String:
    """An RFC 3339 instant that every answer has."""
    return fields.String(required=True, metadata={"format": "date-time"})


def maybe_instant() -> fields.String:
    """An RFC 3339 instant that every answer has, or null."""
    return fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


def whole() -> fields.Integer:
    """An integer that every answer has."""
    return fields.Integer(required=True)


def maybe_whole() -> fields.Integer:
    """An integer that every answer has, or null."""
    return fields.Integer(required=True, allow_none=True)


def flag() -> fields.Boolean:
    """A boolean that every answer has."""
    return fields.Boolean(required=True)


def part(schema: type[Schema], **kwargs: Any) -> Part:
    """An object that every answer has."""
    return Part(schema, required=True, **kwargs)


def texts() -> fields.List[Any]:
    """A list of texts that every answer has."""
    return fields.List(fields.String(), required=True)


def parts(schema: type[Schema]) -> fields.List[Any]:
    """A list of objects that every answer has."""
    return fields.List(fields.Nested(schema), required=True)
