"""Requests as bytes on the wire, for what no client library would send; and a plain one for the rest."""

import socket
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage, HTTPResponse
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.e2e.conformance.answers import problem_in, rules_in
from tests.e2e.conformance.inside import inside_told

TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status, headers (their names in any case, RFC 9110 §5.1) and body as they came."""

    status: int
    headers: HTTPMessage
    body: bytes

    def problem(self) -> dict[str, Any]:
        """The problem document; AssertionError where it is none."""
        return problem_in(self.status, self.headers.get("Content-Type", ""), self.body)

    def fault(self, field: str) -> str | None:
        """What is wrong with a problem that should name this field and its rule, if anything is."""
        try:
            problem = self.problem()
            named = rules_in(problem)
            assert any(name == field or name.startswith(f"{field}.") for name in named), f"{problem}"
        except AssertionError as fault:
            return str(fault)
        return None


class Wire:
    """One kept connection to the gateway."""

    def __init__(self, gateway_url: str) -> None:
        parts = urlsplit(gateway_url)
        assert parts.hostname
        assert parts.port
        self.host, self.port = parts.hostname, parts.port
        self._kept = HTTPConnection(self.host, self.port, timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._kept.close()

    def send(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes | str | None = None
    ) -> Answer:
        """An ordinary request on the kept connection; texts leave as UTF-8."""
        content = body.encode() if isinstance(body, str) else body
        self._kept.request(method, target, content, headers or {})
        answer = self._kept.getresponse()
        if answer.headers["Content-Type"] and answer.headers["Content-Type"].startswith("text/event-stream"):
            # Without end: the head is the answer.
            answer.close()
            self._kept.close()
            return Answer(status=answer.status, headers=answer.headers, body=b"")
        return _read(answer)

    def exchange(self, *parts: bytes) -> Answer:
        """These bytes on a connection of their own, each part as it is; then the answer."""
        with socket.create_connection((self.host, self.port), TIMEOUT_S) as link:
            for part in parts:
                link.sendall(part)
            response = HTTPResponse(link)
            response.begin()
            return _read(response)

    def request(self, method: str, target: str, headers: list[bytes], body: bytes = b"") -> Answer:
        """A request line and raw header lines on a connection of its own."""
        lines = [f"{method} {target} HTTP/1.1".encode(), f"Host: {self.host}:{self.port}".encode(), *headers]
        return self.exchange(b"\r\n".join([*lines, b"Connection: close", b"", b""]), body)


def _read(response: HTTPResponse) -> Answer:
    """Whatever was refused, no answer tells how the platform is built; others repeat people's words."""
    body = response.read()
    told = inside_told(response.headers, body) if response.status >= 400 else set()
    assert not told, f"answered {response.status} with {told}: {body[:500]!r}"
    return Answer(status=response.status, headers=response.headers, body=body)
