"""HTTP/1.1 as the gateway speaks it: uvicorn's, with our limits, our words for what the server refuses
itself, an end to slow senders, and an answer for who is connected when the gateway stops."""

import asyncio
import re
from http import HTTPStatus
from typing import Any, Protocol

import httptools
from starlette.responses import Response
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.problems import Problem, problem_answer
from gateway.seen import SAFE_HEADERS

# llhttp would read HTTP/0.9 and 2.0 too.
VERSIONS = frozenset({"1.0", "1.1"})
# RFC 9110 §9.1: any token may be a method. llhttp knows a list of them.
UNHEARD_OF_METHOD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ")
# llhttp has no limits of its own.
TARGET_BYTES_MAX = 4_080
HEADERS_MAX = 50
HEADER_BYTES_MAX = 8_190
HEAD_BYTES_MAX = TARGET_BYTES_MAX + HEADERS_MAX * HEADER_BYTES_MAX
# From a request's first byte to its last.
REQUEST_TIMEOUT_S = 10
# Who says nothing, from the start or between two requests.
KEEPALIVE_S = 15
# Who is refused, or connected when the gateway stops, and then says nothing.
LINGER_S = 2


class Streaming(Protocol):
    """Who goes on writing to a connection (`gateway.streams.hub.Listener`)."""

    def stop(self) -> None:
        """The gateway stops: say so, and close."""

    def left(self) -> None:
        """The connection has ended."""


class Connection(HttpToolsProtocol):
    """One connection. Once it is ``deaf`` it takes in what comes without reading it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_stopping = self._is_deaf = self._is_arriving = self._is_in_head = False
        self._head_bytes = self._header_count = self._begun = 0
        self._refused_as = "bad_request"
        self._unheard_of = ""
        self._in_time: Any = None
        self._streaming: Streaming | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin."""
        super().connection_made(transport)
        self._hang_up_in(KEEPALIVE_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_timing()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)
        if self._streaming:
            self._streaming.left()
            self._streaming = None

    def data_received(self, data: bytes) -> None:
        """Take in what has come, and expect the rest of it in time."""
        if self._is_deaf or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self._feed(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse("headers_too_large")
        if not self._is_arriving:
            self._stop_timing()
            if not self._is_answering() and self.timeout_keep_alive_task is None:
                self._hang_up_in(LINGER_S if self.is_stopping else KEEPALIVE_S)
        elif self._in_time is None and not self._is_deaf:
            self._in_time = self.loop.call_later(REQUEST_TIMEOUT_S, self._cut)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio takes it as "leave it open"
        """Whoever has sent all may still wait for the answer."""
        self._cut()
        return True

    def shutdown(self) -> None:
        """Called when the gateway stops: the request that is on its way, or the next one, is the last."""
        self.is_stopping = True
        if self._streaming:
            self._streaming.stop()
        elif self._is_answering():
            self.cycle.keep_alive = False
        elif not self._is_arriving:
            self._hang_up_in(LINGER_S)

    def may_stream(self, scope: Scope) -> bool:
        """Whether an answer without end can be given: nothing was asked behind the request."""
        return self.cycle is not None and self.cycle.scope is scope and not self.transport.is_closing()

    def hand_over(self, answer: Response, streaming: Streaming) -> asyncio.Transport:
        """Answer with this one's head; all else is written by whoever goes on, until the connection ends.

        What a request is answered by goes at once: thousands may listen for hours.
        """
        self._is_deaf = True
        self._stop_timing()
        self._unset_keepalive_if_required()
        for name, value in self.server_state.default_headers:
            answer.headers.setdefault(name.decode(), value.decode())
        self.transport.write(head_of(answer))
        self.cycle.response_started = self.cycle.response_complete = True
        self.scope = self.headers = self.cycle = self.parser = None  # type: ignore[assignment]
        self._streaming = streaming
        return self.transport

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._is_arriving = self._is_in_head = True
        self._begun += 1
        self._head_bytes = self._header_count = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """More of the request's target."""
        super().on_url(url)
        if len(self.url) > TARGET_BYTES_MAX:
            self._refuse_with("address_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; or a trailer, which has no say: it could name another caller, or another sender."""
        self._header_count += 1
        if self._header_count > HEADERS_MAX or len(name) + len(value) > HEADER_BYTES_MAX:
            self._refuse_with("headers_too_large")
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """A request that can be answered, though its body may still come."""
        self._is_in_head = False
        if self._is_offered():
            return
        if self.parser.get_http_version() not in VERSIONS:
            self._refuse_with("bad_request")
        super().on_headers_complete()
        if self._unheard_of:
            self.scope["method"], self._unheard_of = self._unheard_of, ""
        self.cycle.scope["connection"] = self  # type: ignore[typeddict-unknown-key]
        if self.is_stopping:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        if not self._is_offered():
            self._is_arriving = False
            super().on_message_complete()

    def _feed(self, data: bytes) -> None:
        first = 0 if self._is_arriving else self._begun + 1
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
        except httptools.HttpParserInvalidMethodError:
            method = UNHEARD_OF_METHOD.match(data) if self._begun == first else None
            if method is None:
                self._refuse("bad_request")
            else:
                self._unheard_of = method[1].decode()
                self._feed_anew(b"PUT", data[method.end(1) :])
        except httptools.HttpParserError:
            self._refuse(self._refused_as)

    def _feed_anew(self, *parts: bytes) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"".join(parts))

    def _is_offered(self) -> bool:
        """Whether the sender would rather speak another protocol from here on: llhttp then stops reading."""
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def _decline(self, rest: bytes) -> None:
        """Read the request as if nothing had been offered (RFC 9110 §7.8)."""
        line = b"%b %b HTTP/1.1\r\n" % (self.parser.get_method(), self.url)
        kept = [b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        self._feed_anew(line, *kept, b"\r\n", rest)

    def _refuse_with(self, code: str) -> None:
        self._refused_as = code
        raise httptools.HttpParserError(code)

    def _refuse(self, code: str) -> None:
        self._cut()
        if not self._is_answering():
            self.transport.write(raw_answer(code))
            # Closed at once it would be reset, and who still sends would never read why.
            self.transport.write_eof()
            self._hang_up_in(LINGER_S)

    def _cut(self) -> None:
        """Nothing more is read: who is being answered is answered, with the body that there is."""
        self._is_deaf = True
        self._stop_timing()
        if not self._is_answering():
            self._hang_up_in(0)
            return
        self.cycle.keep_alive = False
        if self.cycle.more_body:
            self.cycle.scope["cut"] = True  # type: ignore[typeddict-unknown-key]
            self.cycle.message_event.set()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _hang_up_in(self, seconds: float) -> None:
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def _stop_timing(self) -> None:
        if self._in_time is not None:
            self._in_time.cancel()
            self._in_time = None


def raw_answer(code: str) -> bytes:
    """A problem as it goes over the wire; the connection ends with it."""
    answer = problem_answer(Problem(code))
    for name, value in {**SAFE_HEADERS, "Connection": "close"}.items():
        answer.headers[name] = value
    return head_of(answer) + bytes(answer.body)


def head_of(answer: Response) -> bytes:
    """Status line and headers as they go over the wire."""
    lines = [
        f"HTTP/1.1 {answer.status_code} {HTTPStatus(answer.status_code).phrase}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
