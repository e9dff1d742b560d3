"""What is noted of each request, and the headers that each answer has."""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.log import bind_call_id, get_logger
from chassis.metrics import histogram
from chassis.proxies import address_behind, forwarded_for
from portal.api.client import visitor_address

# Nothing but our own stylesheet, scripts, pictures and forms, all of them files.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
INTERNAL_ERROR = 500
SAFE_HEADERS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}

log = get_logger()
_seconds = histogram("page_duration_seconds", "Time to answer a page", ["page", "method", "status"])


class Seen:
    """Around the application: a call id, one log line and one measurement for each request, safe headers."""

    def __init__(self, app: ASGIApp, proxies_in_front: int = 0) -> None:
        self._app, self._proxies = app, proxies_in_front

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bind_call_id(None)
        visitor_address.set(address_of(scope, self._proxies))
        began, status = perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                names = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in SAFE_HEADERS.items() if name not in names]
                if b"cache-control" not in names:
                    # A page may hold what is meant for one person.
                    more.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *more]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            # Starlette raises again what `went_wrong` has noted and answered.
            if status != INTERNAL_ERROR:
                raise
        route = getattr(scope.get("route"), "path", "none")
        taken_s = perf_counter() - began
        # HTTP lets anybody invent methods; a label must not.
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST") else "other"
        _seconds.labels(route, method, str(status)).observe(taken_s)
        log.info(
            "page_answered", page=route, method=method, status=status, duration_ms=round(taken_s * 1e3, 1)
        )


def address_of(scope: Scope, proxies_in_front: int) -> str:
    """The visitor's address."""
    peer: str = (scope.get("client") or ("",))[0]
    return address_behind(forwarded_for(scope["headers"]), proxies_in_front) or peer
