"""The OpenAPI 3.1 document as a whole: title, security schemes, shared problem answers, path parameters."""

from http import HTTPStatus
from typing import Any

from flask import Flask
from flask_smorest import Api

from contracts.access import SCOPES
from gateway.errors import http_exception
from gateway.paths import CONVERTERS, IdConverter, SlugConverter, id_parameter, slug_parameter
from gateway.problems import MEDIA_TYPE
from gateway.schemas.problems import ProblemAnswer

DESCRIPTION = """\
Order cards, verify them, scan them, follow their use. Amounts are integer euro cents (`*_cents`), times
RFC 3339 with offset, dates ISO 8601. Every “no” is a problem (RFC 9457) with a stable `code` and a sentence
in French and English. Send `Idempotency-Key` with whatever makes or moves something: the same request sent
again answers the same and counts once. `X-Request-Id` is taken along through every service and answered."""
TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - an address
RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait before trying again."}


class PublicApi(Api):  # type: ignore[misc]  # flask-smorest is untyped
    """flask-smorest's API with problem details for errors."""

    def _register_error_handlers(self) -> None:
        """`gateway.errors` registers ours."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            if status >= 400:
                self.spec.components.response(status.name, _problem_response(status), lazy=True)

    handle_http_exception = staticmethod(http_exception)


def make_api(app: Flask, public_url: str) -> PublicApi:
    """The API object; resources are registered on it."""
    for name, converter in CONVERTERS.items():
        app.url_map.converters[name] = converter
    app.config.update(API_TITLE="OCC’YGÈNE platform", API_VERSION="1.0.0", OPENAPI_VERSION="3.1.0")
    api = PublicApi()
    api.register_converter(IdConverter, id_parameter)
    api.register_converter(SlugConverter, slug_parameter)
    api.init_app(app, spec_kwargs={"info": {"description": DESCRIPTION}, "servers": [{"url": public_url}]})
    api.spec.components.security_scheme("oauth2", _security_scheme(public_url.rstrip("/")))
    return api


def _problem_response(status: HTTPStatus) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": status.phrase,
        "content": {MEDIA_TYPE: {"schema": ProblemAnswer}},
    }
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        found["headers"] = {"Retry-After": RETRY_AFTER}
    return found


def _security_scheme(public_url: str) -> dict[str, Any]:
    flows = ("clientCredentials", "password")
    return {
        "type": "oauth2",
        "description": "Signed access tokens of 15 minutes, sent as `Authorization: Bearer …`.",
        "flows": {flow: {"tokenUrl": public_url + TOKEN_PATH, "scopes": SCOPES} for flow in flows},
    }
