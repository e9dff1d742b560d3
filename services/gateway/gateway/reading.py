"""Reading a request strictly: JSON, forms, query strings and headers; what is not right is a 4xx problem."""

import json
import re
from typing import Any, NoReturn

from flask import Request
from gunicorn.http.errors import ParseException
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import Headers

from chassis.ids import new_id
from gateway.problems import Problem
from gateway.rules import FORM, NOT_REPEATED, REQUIRED, broken, broken_rules

BODY_BYTES_MAX = 64 * 1024
KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = "^[!-~]{8,128}$"
SECRET_HEADER = "Order-Secret"  # noqa: S105 - a header's name
SECRET_PATTERN = "^[!-~]{16,128}$"  # noqa: S105 - a header's form
JSON = "application/json"
IDENTITY = "identity"  # A body as it is: what is packed could unpack to more than any limit.
# How the server says that a body ends early or that its chunks are not well formed.
UNREADABLE = (OSError, ParseException)


def load(schema: Schema, values: Any) -> dict[str, Any]:
    """The values in the schema's form, or a 422 problem that names every field and rule."""
    try:
        loaded: dict[str, Any] = schema.load(values)
    except ValidationError as error:
        raise Problem("invalid_field", errors=broken_rules(error.messages)) from error
    return loaded


def read_body(request: Request) -> bytes:
    """The whole body; one that ends early, or was cut at the limit because it came in chunks, is refused."""
    if request.headers.get("Content-Encoding", IDENTITY).strip().lower() != IDENTITY:
        raise Problem("unsupported_media_type", detail="send the body without Content-Encoding")
    try:
        raw = request.get_data()
    except UNREADABLE as error:
        raise Problem("malformed_body", detail="the body could not be read") from error
    if request.content_length is None and len(raw) >= BODY_BYTES_MAX:
        raise Problem("body_too_large")
    if request.content_length is not None and len(raw) != request.content_length:
        raise Problem("malformed_body", detail="the body is shorter than its Content-Length")
    return raw


def read_json(request: Request) -> Any:
    """The body as JSON (RFC 8259: UTF-8, no NaN, no name twice); anything else is a problem."""
    raw = read_body(request)
    if not raw and not request.mimetype:
        raise Problem("malformed_body", detail="a JSON body is required")
    if request.mimetype != JSON:
        raise Problem("unsupported_media_type", detail=f"send {JSON}")
    try:
        text = raw.decode("utf-8")
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_name_twice)
    # Too many digits or a wrong byte are ValueErrors too; thousands of brackets exhaust the recursion.
    except (ValueError, RecursionError) as error:
        raise Problem("malformed_body", detail="the body is not valid JSON in UTF-8") from error


def read_no_body(request: Request) -> dict[str, Any]:
    """Calls without a body take none, or an empty object."""
    return {} if not read_body(request) else read_json(request)


def read_query(request: Request) -> dict[str, str]:
    """The query string as a flat mapping; a parameter given twice would be a guess."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        messages = {name: [NOT_REPEATED] for name in repeated}
        raise Problem("invalid_field", errors=broken_rules(messages))
    return request.args.to_dict()


def read_idempotency_key(headers: Headers, *, required: bool) -> str:
    """The caller's key, or a fresh one where it may be left out."""
    key = headers.get(KEY_HEADER)
    if key is None and not required:
        return new_id("key")
    return _checked(KEY_HEADER, key, KEY_PATTERN)


def read_order_secret(headers: Headers) -> str | None:
    """The secret that the order was answered with, if it was sent."""
    secret = headers.get(SECRET_HEADER)
    return None if secret is None else _checked(SECRET_HEADER, secret, SECRET_PATTERN)


def _checked(name: str, value: str | None, pattern: str) -> str:
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
