"""A request on its way: what was asked, by whom, and what is kept of it until it is answered."""

from time import perf_counter
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.types import Receive, Scope

from chassis.calls.caller import ANONYMOUS, Caller
from gateway.problems import Problem

UNKNOWN_ROUTE = "unknown"


class Asked(Request):
    """A request. ``rule`` is its route's, for logs and metrics; ``public`` says whether anyone may keep the
    answer; ``answer_headers`` are added to whatever it is answered with."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        super().__init__(scope, receive)
        self.started = perf_counter()
        self.rule = UNKNOWN_ROUTE
        self.parts: dict[str, str] = {}
        self.call_id = ""
        self.caller: Caller = ANONYMOUS
        self.token: str | None = None
        self.public = False
        self.answer_headers: dict[str, str] = {}
        self._fields: dict[str, str] = {}
        for name, value in scope["headers"]:
            self._add_field(name.decode("latin-1"), value.decode("latin-1"))
        # A request without either header has no body (RFC 9112 §6.3).
        self.body_is_read = not {"content-length", "transfer-encoding"} & self._fields.keys()

    def _add_field(self, name: str, value: str) -> None:
        """One that stands there twice is a list (RFC 9110 §5.3), and so no token, key or secret."""
        self._fields[name] = f"{self._fields[name]},{value}" if name in self._fields else value

    def header(self, name: str) -> str | None:
        """A header's value."""
        return self._fields.get(name.lower())

    @property
    def mimetype(self) -> str:
        """The body's media type, without parameters."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def declared_bytes(self) -> int | None:
        """The body's length as its sender says it; None for one in chunks."""
        length = self.header("Content-Length")
        return None if length is None or self.header("Transfer-Encoding") else int(length)

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query string's names and values, as often as they stand there."""
        return pairs(self.scope["query_string"])

    async def next_of_body(self) -> bytes:
        """What has come of the body, empty once it `body_is_read`; raises Problem where it ends early."""
        if self.body_is_read:
            return b""
        message = await self.receive()
        if message["type"] == "http.disconnect" or self.scope.get("cut"):
            self.body_is_read = True
            raise Problem("malformed_body", detail="the body could not be read")
        self.body_is_read = not message.get("more_body", False)
        return bytes(message.get("body", b""))


def pairs(text: bytes) -> list[tuple[str, str]]:
    """A query string or form, decoded."""
    return parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True)
