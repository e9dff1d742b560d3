"""One call to the public gateway: its answer, its "no", or that it is away."""

from collections.abc import AsyncGenerator, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

import httpx

from chassis.log import current_call_id, get_logger

# The gateway answers within 3 s whatever is behind it; then a page says that it is away.
GATEWAY_TIMEOUT_S = 5.0
# The stream of server-sent events has a comment every 15 s.
STREAM_SILENCE_S = 45.0

log = get_logger()
# The visitor's address, so that the gateway counts each visitor for themselves and not all of them as one.
visitor_address: ContextVar[str] = ContextVar("visitor_address", default="")


class GatewayAway(Exception):
    """Nobody answered, or it was not able to."""


class ApiProblem(Exception):
    """The API's "no" (RFC 9457): ``message`` in French and English, rules of ``fields`` by dotted names."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("code")))
        self.status, self.code = status, str(body.get("code", ""))
        self.message: dict[str, str] = dict(body.get("message") or {})
        self.fields = {
            one["field"]: {"fr": one.get("rule_fr", ""), "en": one.get("rule", "")}
            for one in body.get("errors") or []
        }
        # A refusal of one field's value, which the sentence is about.
        if not self.fields and "field" in body:
            self.fields = {str(body["field"]): self.message}


class File(NamedTuple):
    """A file that the API answered."""

    content: bytes
    media_type: str


class Api:
    """The public API under ``/v1``; one for the process, as it keeps connections.

    ``token`` is a signed-in person's, ``key`` an idempotency key, ``order_secret`` what reads an order
    without a token. Every call raises ApiProblem or GatewayAway.
    """

    def __init__(self, gateway_url: str) -> None:
        base_url = f"{gateway_url.rstrip('/')}/v1"
        self._client = httpx.AsyncClient(base_url=base_url, timeout=GATEWAY_TIMEOUT_S, trust_env=False)
        # Apart, as each keeps a connection for as long as it lasts: pages must not wait for one.
        self._streams = httpx.AsyncClient(
            base_url=base_url, limits=httpx.Limits(max_connections=None), trust_env=False
        )

    async def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
        order_secret: str | None = None,
    ) -> dict[str, Any]:
        """The body of an answer."""
        answer = await self._ask("GET", path, query, None, _headers(token, None, order_secret))
        return _body(answer)

    async def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        key: str | None = None,
        order_secret: str | None = None,
    ) -> dict[str, Any]:
        """The body of an answer; empty where the API has nothing to say."""
        answer = await self._ask("POST", path, None, body, _headers(token, key, order_secret))
        return _body(answer) if answer.content else {}

    async def file(self, path: str, query: Mapping[str, str] | None = None, *, token: str) -> File:
        """A PDF, a picture, a table."""
        answer = await self._ask("GET", path, query, None, _headers(token, None, None))
        return File(answer.content, answer.headers.get("content-type", "application/octet-stream"))

    async def stream(self, path: str, *, token: str, last_id: str | None = None) -> AsyncGenerator[bytes]:
        """Server-sent events as they come, piece by piece, until either side hangs up."""
        headers = _headers(token, None, None) | ({"Last-Event-ID": last_id} if last_id else {})
        timeout = httpx.Timeout(GATEWAY_TIMEOUT_S, read=STREAM_SILENCE_S)
        try:
            async with self._streams.stream("GET", path, headers=headers, timeout=timeout) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    _raise_for(answer)
                async for piece in answer.aiter_raw():
                    yield piece
        except httpx.HTTPError as error:
            log.warning("gateway_away", error=type(error).__name__)
            raise GatewayAway from error

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()
        await self._streams.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Mapping[str, Any] | None,
        headers: dict[str, str],
    ) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, params=query, json=body, headers=headers)
        except httpx.HTTPError as error:
            log.warning("gateway_away", error=type(error).__name__)
            raise GatewayAway from error
        _raise_for(answer)
        return answer


def _headers(token: str | None, key: str | None, order_secret: str | None) -> dict[str, str]:
    given = {
        "X-Request-Id": current_call_id(),
        "X-Forwarded-For": visitor_address.get(),
        "Authorization": f"Bearer {token}" if token else None,
        "Idempotency-Key": key,
        "Order-Secret": order_secret,
    }
    return {name: value for name, value in given.items() if value}


def _raise_for(answer: httpx.Response) -> None:
    if answer.status_code >= 500:
        log.warning("gateway_away", status=answer.status_code)
        raise GatewayAway
    if answer.status_code >= 400:
        raise ApiProblem(answer.status_code, _body(answer))


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        return dict(answer.json())
    except ValueError as error:
        log.warning("gateway_away", error=type(error).__name__)
        raise GatewayAway from error
