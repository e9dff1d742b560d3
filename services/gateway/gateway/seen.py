"""What can be seen of every request: one log line, metrics, a call id in and out, and safe headers.

Never a query string, a body, a card number or a token: the log line is made of named fields only.
"""

import re
from contextlib import suppress
from time import perf_counter

from flask import Flask, Response, g, request

from chassis.caller import ANONYMOUS
from chassis.log import bind_call_id, get_logger
from chassis.metrics import histogram
from gateway.reading import UNREADABLE

CALL_ID_HEADER = "X-Request-Id"
CALL_ID = re.compile("[A-Za-z0-9_-]{1,64}")
UNKNOWN_ROUTE = "unknown"
DRAINED_BYTES_MAX = 16 * 1024 * 1024
PUBLIC_MAX_AGE_S = 30

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

log = get_logger()
request_seconds = histogram(
    "http_request_duration_seconds", "Requests of the public API.", ("route", "method", "status")
)


def watch(app: Flask) -> None:
    """Have every request begun and finished here."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.started = perf_counter()
    given = request.headers.get(CALL_ID_HEADER, "")
    g.call_id = bind_call_id(given if CALL_ID.fullmatch(given) else None)
    g.caller = ANONYMOUS
    g.public = False


def _finish(answer: Response) -> Response:
    _add_headers(answer)
    _drain()
    took_s = perf_counter() - g.started
    route = request.url_rule.rule if request.url_rule else UNKNOWN_ROUTE
    request_seconds.labels(route, _method(), str(answer.status_code)).observe(took_s)
    log.info(
        "request_answered",
        route=route,
        method=_method(),
        status=answer.status_code,
        duration_ms=round(took_s * 1000, 2),
        caller=g.caller.subject,
        caller_kind=g.caller.kind,
    )
    return answer


def _add_headers(answer: Response) -> None:
    answer.headers[CALL_ID_HEADER] = g.call_id
    if g.public and request.method == "GET":
        # What anyone may read, any site may show; with a token the answer may differ.
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Vary"] = "Authorization"
        if answer.status_code == 200 and g.caller is ANONYMOUS:
            answer.headers.setdefault("Cache-Control", f"public, max-age={PUBLIC_MAX_AGE_S}")
    for name, value in SAFE_HEADERS.items():
        answer.headers.setdefault(name, value)


def _drain() -> None:
    """Take in what is left of the body: closing on a sender would reset it before it reads our answer."""
    if not request.environ.get("wsgi.input_terminated"):
        return
    stream, left = request.environ["wsgi.input"], DRAINED_BYTES_MAX
    with suppress(*UNREADABLE):
        while left > 0 and (chunk := stream.read(65536)):
            left -= len(chunk)


def _method() -> str:
    """The method as a label: callers may invent methods, and every label's value is kept for ever."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    return request.method if request.method in known else "OTHER"
