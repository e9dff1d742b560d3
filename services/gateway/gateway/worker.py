"""The server's worker: its own refusals are problems as well, a slow sender holds no thread for long, and who
is connected when it stops is answered."""

from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from socket import SHUT_RD
from time import monotonic
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from gateway.problems import Problem, problem_answer

# From a request's first byte to its last; a connection that has said nothing yet holds no thread at all.
REQUEST_TIMEOUT_S = 10


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """gunicorn's threads; their own answers would be HTML that repeats the caller's words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handled: dict[Any, float] = {}

    def enqueue_req(self, conn: Any) -> None:
        """Let a new connection wait in the poller until it speaks; gunicorn's would take a thread at once."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = monotonic() + (self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called with False when the worker stops: take in who has connected already, and let the port go so
        that the next is refused at once and goes to another; gunicorn's would hang up on them at its end."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                self._accept_all(listener)
                listener.close()

    def _accept_all(self, listener: Any) -> None:
        before = -1
        while before != self.nr_conns:
            before = self.nr_conns
            self.accept(listener)

    def _cap_keepalive(self, deadline: float) -> None:
        """Called once when the worker stops: who has said nothing yet gets no more time than one that waits
        between two requests."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle(self, conn: Any) -> Any:
        """Answer a request, in a thread."""
        self._handled[conn] = monotonic() + REQUEST_TIMEOUT_S
        try:
            return super().handle(conn)
        finally:
            del self._handled[conn]

    def murder_pending(self) -> None:
        """Called every second: besides silent connections, end requests that do not arrive."""
        super().murder_pending()
        now = monotonic()
        for conn, deadline in list(self._handled.items()):
            if deadline < now:
                # Its thread reads the end; an answer that is on its way can still be sent.
                with suppress(OSError):
                    conn.sock.shutdown(SHUT_RD)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that could not be read, on its socket."""
        if not isinstance(exc, ParseException):
            self.log.exception("request_failed")
        with suppress(OSError):
            write_nonblock(client, raw_answer(code_of(exc)))


def code_of(error: BaseException) -> str:
    """The problem's code for what went wrong between the socket and the application."""
    if isinstance(error, LimitRequestLine):
        return "address_too_long"
    if isinstance(error, LimitRequestHeaders):
        return "headers_too_large"
    return "bad_request" if isinstance(error, ParseException) else "internal_error"


def raw_answer(code: str) -> bytes:
    """A problem as it goes over the wire; the connection ends with it."""
    answer = problem_answer(Problem(code))
    answer.headers.update({"Connection": "close", "Cache-Control": "no-store"})
    lines = [f"HTTP/1.1 {answer.status}", *(f"{name}: {value}" for name, value in answer.headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + answer.get_data()
