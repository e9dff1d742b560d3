"""The session: what a visitor's browser keeps for us, sealed in one cookie that no script can read."""

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "session"
# As long as a holder may stay signed in; how long anybody really is, the API decides.
SESSION_TTL_S = 30 * 24 * 3600
# What a browser keeps of one cookie (RFC 6265 §6.1), with room for its attributes.
SEALED_CHARACTERS_MAX = 3_900


class SessionKeysError(Exception):
    """A key is not what Fernet can seal with."""


class Sessions:
    """Seals and opens; ``keys`` are Fernet keys with commas between them."""

    def __init__(self, keys: str, *, is_secure: bool = True) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])
        except ValueError as error:
            raise SessionKeysError from error
        self._is_secure = is_secure

    def seal(self, kept: dict[str, Any]) -> str:
        """A text that only the portal can read or make."""
        return self._fernet.encrypt(json.dumps(kept).encode()).decode()

    def open(self, sealed: str) -> dict[str, Any]:
        """What was sealed; empty where it was not sealed by us, or is too old."""
        try:
            kept = json.loads(self._fernet.decrypt(sealed.encode(), ttl=SESSION_TTL_S))
        except (InvalidToken, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def cookie(self, session: dict[str, Any]) -> str:
        """The header that lets the browser keep it until it is closed; an empty one is forgotten."""
        sealed = self.seal(session) if session else ""
        # A browser would drop it without a word.
        assert len(sealed) <= SEALED_CHARACTERS_MAX, "the session is too large for a cookie"
        return self.set_cookie(COOKIE, sealed, "/", None if session else 0)

    def set_cookie(self, name: str, sealed: str, path: str, max_age_s: int | None) -> str:
        """The header that sets a cookie which no script can read."""
        answer = Response()
        answer.set_cookie(
            name,
            sealed,
            max_age=max_age_s,
            httponly=True,
            samesite="lax",
            secure=self._is_secure,
            path=path,
        )
        return answer.headers["set-cookie"]


class Kept:
    """Around the application: ``request.session`` is what the browser kept; changed, it goes back."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app, self._sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        session = self._sessions.open(HTTPConnection(scope).cookies.get(COOKIE, ""))
        scope["session"] = session
        before = json.dumps(session)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and json.dumps(session) != before:
                MutableHeaders(scope=message).append("Set-Cookie", self._sessions.cookie(session))
            await send(message)

        await self._app(scope, receive, sending)
