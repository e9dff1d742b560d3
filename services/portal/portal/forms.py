"""What was typed into a form, and how it becomes the body of a call."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request

FORM_TYPE = "application/x-www-form-urlencoded"
FORM_BYTES_MAX = 64 * 1024
FIELDS_MAX = 400
# The names of the fields that are ours, not the API's.
KEY_FIELD = "idempotency_key"
# As the API reads them.
KEY_CHARACTERS_MAX = 64


class FormUnreadable(Exception):
    """Not a form, or longer than any of ours."""


Typed = dict[str, str]


async def posted(request: Request) -> Typed:
    """What was typed, by field, without blanks around it; raises FormUnreadable."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM_TYPE:
        raise FormUnreadable
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > FORM_BYTES_MAX:
            raise FormUnreadable
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError as error:
        raise FormUnreadable from error
    typed = {name: value.strip() for name, value in pairs}
    # For the sign-in page, which keeps it where the session has ended meanwhile.
    request.state.typed = typed
    return typed


def new_key() -> str:
    """A form's idempotency key: sent twice, by a double click or a lost answer, it is done once."""
    return uuid4().hex


def key_of(typed: Mapping[str, str]) -> str:
    """The key that came with the form."""
    return typed.get(KEY_FIELD, "")[:KEY_CHARACTERS_MAX] or new_key()


def nested(typed: Mapping[str, str]) -> dict[str, Any]:
    """The body of a call: fields by their dotted names (``holder.address.street``, ``members.0.given_name``),
    without those that are empty or ours. Lists keep the order of their numbers."""
    whole: dict[str, Any] = {}
    for name, value in typed.items():
        if not value or name == KEY_FIELD:
            continue
        *path, last = name.split(".")
        part = whole
        for step in path:
            inner = part.setdefault(step, {})
            part = inner if isinstance(inner, dict) else {}
        part[last] = value
    listed: dict[str, Any] = _with_lists(whole)
    return listed


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdecimal() for name in value):
        return [_with_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _with_lists(inner) for name, inner in value.items()}
