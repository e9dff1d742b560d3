"""What can be seen of every request: one log line, metrics, a call id in and out, and safe headers.

Never a query string, a body, a card number or a token: the log line is made of named fields only.
"""

import re
from time import perf_counter

from starlette.responses import Response

from chassis.calls.caller import ANONYMOUS
from chassis.log import bind_call_id, get_logger
from chassis.metrics import histogram
from gateway.asked import Asked
from gateway.problems import Problem

CALL_ID_HEADER = "X-Request-Id"
CALL_ID = re.compile("[A-Za-z0-9_-]{1,64}")
DRAINED_BYTES_MAX = 16 * 1024 * 1024
PUBLIC_MAX_AGE_S = 30
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

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


def begin(asked: Asked) -> None:
    """From here on every line carries the call's id."""
    given = asked.header(CALL_ID_HEADER) or ""
    asked.call_id = bind_call_id(given if CALL_ID.fullmatch(given) else None)


async def finish(asked: Asked, answer: Response) -> None:
    """Make the answer ready to be sent, and tell of it."""
    _add_headers(asked, answer)
    if not asked.body_is_read:
        await _drain(asked, answer)
    took_s = perf_counter() - asked.started
    # Callers may invent methods, and every label's value is kept for ever.
    method = asked.method if asked.method in METHODS else "OTHER"
    request_seconds.labels(asked.rule, method, str(answer.status_code)).observe(took_s)
    log.info(
        "request_answered",
        route=asked.rule,
        method=method,
        status=answer.status_code,
        duration_ms=round(took_s * 1000, 2),
        caller=asked.caller.subject,
        caller_kind=asked.caller.kind,
    )


def _add_headers(asked: Asked, answer: Response) -> None:
    headers = {CALL_ID_HEADER: asked.call_id, **asked.answer_headers}
    if asked.public and asked.method == "GET":
        # What anyone may read, any site may show; with a token the answer may differ.
        headers |= {"Access-Control-Allow-Origin": "*", "Vary": "Authorization"}
        if answer.status_code == 200 and asked.caller is ANONYMOUS:
            headers["Cache-Control"] = f"public, max-age={PUBLIC_MAX_AGE_S}"
    own = {name.decode("latin-1") for name, _ in answer.raw_headers}
    for name, value in (SAFE_HEADERS | headers).items():
        lower = name.lower()
        if lower not in own:
            answer.raw_headers.append((lower.encode("latin-1"), value.encode("latin-1")))
        elif name in headers and name != "Cache-Control":
            answer.headers[name] = value


async def _drain(asked: Asked, answer: Response) -> None:
    """Take in what is left of the body: closing on a sender would reset it before it reads our answer."""
    left = DRAINED_BYTES_MAX
    try:
        while not asked.body_is_read and left > 0:
            left -= len(await asked.next_of_body())
    except Problem:
        left = 0
    if left <= 0:
        answer.headers["Connection"] = "close"
