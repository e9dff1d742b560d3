"""An order that is being filled in: sealed in a cookie of its own, which only its own pages are sent.

So every step has an address without anything personal in it, the browser's back button works, two tabs do not
meet, and nothing is kept by us before the order is sent.
"""

import re
import zlib
from base64 import b85decode, b85encode
from secrets import token_urlsafe

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from portal.forms import Typed
from portal.session import SEALED_CHARACTERS_MAX, Sessions

COOKIE = "order"
FOLDER = "/commander/brouillon"
# What is not sent within a day is gone.
DRAFT_TTL_S = 24 * 3600
DRAFT_ID = re.compile("[A-Za-z0-9_-]{12}")


class DraftTooLarge(Exception):
    """More people with long names than a browser keeps."""


def new_draft_id() -> str:
    """Of a draft's address; it says nothing of anybody."""
    return token_urlsafe(9)


def address_of(draft_id: str, step: str) -> str:
    """The page of a step."""
    return f"{FOLDER}/{draft_id}/{step}"


def open_draft(request: Request) -> Typed | None:
    """What was typed so far, by the API's fields; None where there is no such draft."""
    if not DRAFT_ID.fullmatch(request.path_params["draft_id"]):
        return None
    kept = _sessions(request).open(request.cookies.get(COOKIE, ""))
    packed = kept.get(request.path_params["draft_id"])
    return None if packed is None else _unpacked(packed)


def keep_draft(request: Request, answer: Response, draft_id: str, typed: Typed) -> None:
    """Let the browser keep it; raises DraftTooLarge."""
    sealed = _sessions(request).seal({draft_id: _packed(typed)})
    if len(sealed) > SEALED_CHARACTERS_MAX:
        raise DraftTooLarge
    _set(request, answer, draft_id, sealed, DRAFT_TTL_S)


def forget_draft(request: Request, answer: Response, draft_id: str) -> None:
    """The order was sent."""
    _set(request, answer, draft_id, "", 0)


def _set(request: Request, answer: Response, draft_id: str, sealed: str, max_age_s: int) -> None:
    cookie = _sessions(request).set_cookie(COOKIE, sealed, f"{FOLDER}/{draft_id}", max_age_s)
    MutableHeaders(raw=answer.raw_headers).append("Set-Cookie", cookie)


def _packed(typed: Typed) -> str:
    lines = "\n".join(f"{name}={value}" for name, value in typed.items() if value)
    return b85encode(zlib.compress(lines.encode(), 9)).decode()


def _unpacked(packed: str) -> Typed:
    lines = zlib.decompress(b85decode(packed)).decode().split("\n")
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions
