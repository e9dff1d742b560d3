"""Strict fields: nothing is guessed from another type, everything has a limit, rules are bilingual."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from gateway import rules

MAX_CENTS = 10_000_000  # 100,000 €: far above any ticket, far below what overflows a sum.
MAX_COUNT = 1_000_000

# Control characters, line separators and lone surrogates: PostgreSQL refuses some, printers choke on others.
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
FORBIDDEN_IN_NOTES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

ID = "^[a-z]{2,4}_[0-9a-z]{20,40}$"
SLUG = "^[a-z0-9][a-z0-9_-]{0,39}$"
INSEE = "^[0-9AB]{5}$"
POSTAL_CODE = "^[0-9]{5}$"
PHONE = "^[+]?[0-9][0-9 .-]{4,18}[0-9]$"
MONTH_DAY = "^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
CURSOR = "^[!-~]{1,300}$"

_DATE = re.compile(r"(19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}([.][0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def absent() -> None:
    """What an optional field that was left out is loaded as; null itself stays refused."""


def said(**messages: str) -> Any:
    """Error messages of a field, by marshmallow's keys."""
    return messages


class Pattern(validate.Regexp):
    """The whole text matches; ``$`` alone would let a final newline through."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern, error=rules.FORM)

    def __call__(self, value: Any) -> Any:
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class Said:
    """Our words for what every field can say."""

    default_error_messages = said(
        required=rules.REQUIRED, null=rules.NOT_NULL, validator_failed=rules.INVALID
    )


class Text(Said, fields.String):
    """A text of ``min_length`` to ``max_length`` characters, not blank, without control characters."""

    default_error_messages = said(invalid=rules.TEXT, characters=rules.CHARACTERS, blank=rules.NOT_BLANK)
    forbidden = FORBIDDEN

    def __init__(
        self, max_length: int, *, min_length: int = 1, pattern: str | None = None, **kwargs: Any
    ) -> None:
        checks: list[Any] = [validate.Length(min=min_length, max=max_length, error=rules.LENGTH)]
        if pattern is not None:
            checks.append(Pattern(pattern))
        super().__init__(validate=checks, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if self.forbidden.search(text):
            raise self.make_error("characters")
        if text and not text.strip():
            raise self.make_error("blank")
        return text


class Note(Text):
    """A text that may have several lines."""

    forbidden = FORBIDDEN_IN_NOTES


class Typed(Text):
    """A text that people type or paste: spaces around it do not count."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs).strip()


class Email(Typed):
    """An ASCII e-mail address of at most 254 characters (RFC 5321) in a domain with a dot: few servers could
    send to any other, and nobody's mail is at an IP address or `localhost`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(254, min_length=3, **_with_format(kwargs, "email"))
        self.validators += [validate.Email(error=rules.EMAIL), _check_sendable]


class WebAddress(Text):
    """An ``http`` or ``https`` address."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(300, min_length=8, **_with_format(kwargs, "uri"))
        self.validators.append(validate.URL(schemes={"http", "https"}, error=rules.URL))


class Day(Said, fields.String):
    """An ISO date, kept as text: messages carry JSON primitives."""

    default_error_messages = said(invalid=rules.DATE)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_with_format(kwargs, "date"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise self.make_error("invalid") from error


class Instant(Said, fields.String):
    """An RFC 3339 instant with its offset, kept as text."""

    default_error_messages = said(invalid=rules.INSTANT)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**_with_format(kwargs, "date-time"))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise self.make_error("invalid")
        try:
            datetime.fromisoformat(value.upper())
        except ValueError as error:
            raise self.make_error("invalid") from error
        return value.upper()


class Choice(Said, fields.String):
    """One of a closed list."""

    default_error_messages = said(invalid=rules.TEXT)

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(choices, error=rules.CHOICES), **kwargs)


class Whole(Said, fields.Integer):
    """An integer within limits; ``5.0``, ``"5"`` and ``true`` are none."""

    default_error_messages = said(invalid=rules.INTEGER, too_large=rules.INTEGER)

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most, error=rules.RANGE), **kwargs)


def cents(**kwargs: Any) -> Whole:
    """An amount in euro cents, 0 to `MAX_CENTS`."""
    return Whole(0, MAX_CENTS, **kwargs)


class Number(Said, fields.Float):
    """A JSON number within limits; texts are none."""

    default_error_messages = said(invalid=rules.NUMBER, special=rules.NUMBER, too_large=rules.NUMBER)

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most, error=rules.RANGE), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, (int, float)):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class YesNo(Said, fields.Boolean):
    """``true`` or ``false``, nothing that looks like it."""

    default_error_messages = said(invalid=rules.BOOLEAN)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Many(Said, fields.List[Any]):
    """A list of ``least`` to ``most`` items; ``unique`` refuses a value given twice."""

    default_error_messages = said(invalid=rules.LIST)

    def __init__(self, inner: Any, most: int, *, least: int = 0, unique: bool = False, **kwargs: Any) -> None:
        checks: list[Any] = [validate.Length(min=least, max=most, error=rules.COUNT)]
        if unique:
            checks.append(_each_once)
            kwargs["metadata"] = {**kwargs.get("metadata", {}), "uniqueItems": True}
        super().__init__(inner, validate=checks, **kwargs)


class Part(Said, fields.Nested):
    """An object inside an object."""

    default_error_messages = said(type=rules.OBJECT)


def identifier(**kwargs: Any) -> Text:
    """An opaque id such as ``off_…``."""
    return Text(45, min_length=23, pattern=ID, **kwargs)


def slug(**kwargs: Any) -> Text:
    """A code of a programme, card type, category …"""
    return Text(40, pattern=SLUG, **kwargs)


def _each_once(values: Sequence[Any]) -> None:
    if len(set(map(repr, values))) != len(values):
        raise ValidationError(rules.UNIQUE)


def _check_sendable(address: str) -> None:
    domain = address.rpartition("@")[2]
    if not address.isascii() or "." not in domain or domain.startswith("["):
        raise ValidationError(rules.EMAIL)


def _with_format(kwargs: dict[str, Any], name: str) -> dict[str, Any]:
    return {**kwargs, "metadata": {"format": name, **kwargs.get("metadata", {})}}
