"""The OpenAPI 3.1 document as a whole: title, security schemes, shared problem answers, every endpoint."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from contracts.access import SCOPES
from gateway.endpoint import Resource
from gateway.paths import documented, parameters
from gateway.problems import MEDIA_TYPE
from gateway.schemas.problems import ProblemAnswer

DESCRIPTION = """\
Order cards, verify them, scan them, follow their use. Amounts are integer euro cents (`*_cents`), times
RFC 3339 with offset, dates ISO 8601. Every “no” is a problem (RFC 9457) with a stable `code` and a sentence
in French and English. Send `Idempotency-Key` with whatever makes or moves something: the same request sent
again answers the same and counts once. `X-Request-Id` is taken along through every service and answered."""
TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - an address
RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait before trying again."}


def document(resources: Iterable[Resource], public_url: str) -> dict[str, Any]:
    """What the resources' endpoints declare, as one document."""
    spec = APISpec(
        title="OCC’YGÈNE platform",
        version="1.0.0",
        openapi_version="3.1.0",
        plugins=[MarshmallowPlugin()],
        info={"description": DESCRIPTION},
        servers=[{"url": public_url}],
    )
    for status in HTTPStatus:
        if status >= 400:
            spec.components.response(status.name, _problem_response(status), lazy=True)
    spec.components.security_scheme("oauth2", _security_scheme(public_url.rstrip("/")))
    for resource in resources:
        spec.tag({"name": resource.name, "description": resource.description})
        for one in resource.endpoints:
            described = {one.shape.method.lower(): one.described}
            spec.path(documented(one.rule), operations=described, parameters=parameters(one.rule))
    return spec.to_dict()


def _problem_response(status: HTTPStatus) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": ProblemAnswer}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        found["headers"] = {"Retry-After": RETRY_AFTER}
    return found


def _security_scheme(public_url: str) -> dict[str, Any]:
    token_url = {"tokenUrl": public_url + TOKEN_PATH}
    return {
        "type": "oauth2",
        "description": "Signed access tokens of 15 minutes, sent as `Authorization: Bearer …`.",
        "flows": {
            "clientCredentials": {**token_url, "scopes": SCOPES},
            "password": {**token_url, "refreshUrl": public_url + TOKEN_PATH, "scopes": SCOPES},
        },
    }
