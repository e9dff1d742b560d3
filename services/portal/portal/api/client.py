"""One call to the public gateway: its answer, its "no", or that it is away."""

from collections.abc import Mapping
from typing import Any

import httpx

from chassis.log import current_call_id, get_logger

# The gateway answers within 3 s whatever is behind it; then a page says that it is away.
GATEWAY_TIMEOUT_S = 5.0
CALL_ID_HEADER = "X-Request-Id"

log = get_logger()


class GatewayAway(Exception):
    """Nobody answered, or it was not able to."""


class ApiProblem(Exception):
    """The API's "no" (RFC 9457): ``message`` in French and English, ``errors`` of fields by their names."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("code")))
        self.status, self.code = status, str(body.get("code", ""))
        self.message: dict[str, str] = dict(body.get("message") or {})
        self.fields = {
            one["field"]: {"fr": one.get("rule_fr", ""), "en": one.get("rule", "")}
            for one in body.get("errors") or []
        }


class Api:
    """The public API under ``/v1``; one for the process, as it keeps connections."""

    def __init__(self, gateway_url: str) -> None:
        self._client = httpx.AsyncClient(
            base_url=gateway_url.rstrip("/"), timeout=GATEWAY_TIMEOUT_S, trust_env=False
        )

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The body of an answer; raises ApiProblem or GatewayAway."""
        headers = {CALL_ID_HEADER: current_call_id() or ""}
        try:
            answer = await self._client.get(f"/v1{path}", params=query, headers=headers)
            body = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            log.warning("gateway_away", error=type(error).__name__)
            raise GatewayAway from error
        if answer.status_code >= 500:
            log.warning("gateway_away", status=answer.status_code)
            raise GatewayAway
        if answer.status_code >= 400:
            raise ApiProblem(answer.status_code, body)
        return dict(body)

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose()
