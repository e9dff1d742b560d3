"""Reading a request strictly: JSON, forms, query strings and headers; what is not right is a 4xx problem."""

import json
import re
from typing import Any, NoReturn

from marshmallow import Schema, ValidationError

from chassis.ids import new_id
from gateway.asked import Asked, pairs
from gateway.problems import Problem
from gateway.rules import FORM, NOT_REPEATED, REQUIRED, broken, broken_rules

BODY_BYTES_MAX = 64 * 1024
KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = "^[!-~]{8,128}$"
SECRET_HEADER = "Order-Secret"  # noqa: S105 - a header's name
SECRET_PATTERN = "^[!-~]{16,128}$"  # noqa: S105 - a header's form
JSON = "application/json"
LAST_ID_HEADER = "Last-Event-ID"
IDENTITY = "identity"  # A body as it is: what is packed could unpack to more than any limit.


def load(schema: Schema, values: Any) -> dict[str, Any]:
    """The values in the schema's form, or a 422 problem that names every field and rule."""
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ValidationError as error:
        raise Problem("invalid_field", errors=broken_rules(error.messages)) from error
    return loaded


async def read_body(asked: Asked) -> bytes:
    """The whole body; one that ends early or is larger than the limit is refused."""
    if (asked.header("Content-Encoding") or IDENTITY).strip().lower() != IDENTITY:
        raise Problem("unsupported_media_type", detail="send the body without Content-Encoding")
    if (asked.declared_bytes or 0) > BODY_BYTES_MAX:
        raise Problem("body_too_large")
    raw = b""
    while not asked.body_is_read:
        raw += await asked.next_of_body()
        if len(raw) > BODY_BYTES_MAX:
            raise Problem("body_too_large")
    if asked.declared_bytes not in (None, len(raw)):
        raise Problem("malformed_body", detail="the body is shorter than its Content-Length")
    return raw


async def read_json(asked: Asked) -> Any:
    """The body as JSON (RFC 8259: UTF-8, no NaN, no name twice); anything else is a problem."""
    return _parsed(await read_body(asked), asked.mimetype)


def _parsed(raw: bytes, mimetype: str) -> Any:
    if not raw and not mimetype:
        raise Problem("malformed_body", detail="a JSON body is required")
    if mimetype != JSON:
        raise Problem("unsupported_media_type", detail=f"send {JSON}")
    try:
        text = raw.decode("utf-8")
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_name_twice)
    # Too many digits or a wrong byte are ValueErrors too; thousands of brackets exhaust the recursion.
    except (ValueError, RecursionError) as error:
        raise Problem("malformed_body", detail="the body is not valid JSON in UTF-8") from error


async def read_no_body(asked: Asked) -> dict[str, Any]:
    """Calls without a body take none, or an empty object."""
    raw = await read_body(asked)
    return _parsed(raw, asked.mimetype) if raw else {}


async def read_form(asked: Asked) -> dict[str, str]:
    """A form's fields as a flat mapping."""
    return _each_once(pairs(await read_body(asked)))


def read_query(asked: Asked) -> dict[str, str]:
    """The query string as a flat mapping."""
    return _each_once(asked.query) if asked.scope["query_string"] else {}


def _each_once(found: list[tuple[str, str]]) -> dict[str, str]:
    """A parameter given twice would be a guess."""
    values = dict(found)
    if len(values) != len(found):
        names = [name for name, _ in found]
        repeated = {name: [NOT_REPEATED] for name in values if names.count(name) > 1}
        raise Problem("invalid_field", errors=broken_rules(repeated))
    return values


def read_idempotency_key(asked: Asked, *, required: bool) -> str:
    """The caller's key, or a fresh one where it may be left out."""
    key = asked.header(KEY_HEADER)
    if key is None and not required:
        return new_id("key")
    return checked(KEY_HEADER, key, KEY_PATTERN)


def read_order_secret(asked: Asked) -> str | None:
    """The secret that the order was answered with, if it was sent."""
    secret = asked.header(SECRET_HEADER)
    return None if secret is None else checked(SECRET_HEADER, secret, SECRET_PATTERN)


def checked(name: str, value: str | None, pattern: str) -> str:
    """A header's value; raises Problem where there is none, or not in this form."""
    if value is None:
        raise Problem("invalid_field", errors=[broken(name, REQUIRED)])
    if not re.fullmatch(pattern, value):
        raise Problem("invalid_field", errors=[broken(name, FORM.format(regex=pattern))])
    return value


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which of two values they take, so neither is."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
