"""The server's worker: what it refuses before the application is asked is a problem as well."""

from contextlib import suppress
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from gateway.problems import Problem, problem_answer


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """gunicorn's threads; their own answers would be HTML that repeats the caller's words."""

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
