"""The session: what a visitor's browser keeps for us, sealed in one cookie that no script can read."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "session"
# As long as a token of the API may be renewed without a new code.
SESSION_TTL_S = 12 * 3600


class SessionKeysError(Exception):
    """A key is not what Fernet can seal with."""


class Sessions:
    """Seals and opens sessions; ``keys`` are Fernet keys with commas between them."""

    def __init__(self, keys: str, *, is_secure: bool = True) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError as error:
            raise SessionKeysError from error
        self._is_secure = is_secure

    def open(self, request: Request) -> dict[str, Any]:
        """What the browser kept; empty where there is nothing, or what was not sealed by us or is too old."""
        sealed = request.cookies.get(COOKIE, "")
        try:
            kept = json.loads(self._fernet.decrypt(sealed.encode(), ttl=SESSION_TTL_S))
        except (InvalidToken, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def keep(self, response: Response, session: dict[str, Any]) -> None:
        """Let the browser keep it until it is closed."""
        sealed = self._fernet.encrypt(json.dumps(session).encode()).decode()
        response.set_cookie(COOKIE, sealed, httponly=True, samesite="lax", secure=self._is_secure, path="/")
