"""The four ways to a token, and how RFC 6749 wants its errors."""

import base64
import json
from typing import Any

from marshmallow import Schema
from starlette.responses import Response

from contracts.identity import IdentityRpc, Token
from contracts.refusals import Refusal
from gateway import reading
from gateway.asked import Asked
from gateway.call import ask
from gateway.problems import MEDIA_TYPE, Problem, problem_answer, refusal_answer
from gateway.rules import CHOICES, NOT_REPEATED, REQUIRED, broken
from gateway.schemas.credentials import (
    EMAIL_CODE_GRANT,
    REFRESH_GRANT,
    ClientCredentialsRequest,
    EmailCodeRequest,
    PasswordRequest,
    RefreshRequest,
)

FORM = "application/x-www-form-urlencoded"
CLIENT_GRANT = "client_credentials"
GRANTS: dict[str, type[Schema]] = {
    CLIENT_GRANT: ClientCredentialsRequest,
    "password": PasswordRequest,
    EMAIL_CODE_GRANT: EmailCodeRequest,
    REFRESH_GRANT: RefreshRequest,
}
# RFC 6749 §5.2; codes that are not here are `invalid_request`.
RFC_ERRORS = {
    "sign_in_refused": "invalid_grant",
    "new_password_required": "invalid_grant",
    "try_again": "temporarily_unavailable",
    "too_many_attempts": "temporarily_unavailable",
    "too_many_requests": "temporarily_unavailable",
}
RFC_STATUSES = {401: 400, 403: 400, 422: 400}


async def issue_token(identity: IdentityRpc, values: dict[str, Any], authorization: str) -> Token:
    """Have `identity` answer the grant; ``authorization`` is the request's header."""
    grant = values.get("grant_type")
    if not isinstance(grant, str) or grant not in GRANTS:
        rule = REQUIRED if grant is None else CHOICES.format(choices=", ".join(GRANTS))
        raise Problem("invalid_field", errors=[broken("grant_type", rule)])
    body = reading.load(
        GRANTS[grant](), _with_basic(values, authorization) if grant == CLIENT_GRANT else values
    )
    if grant == CLIENT_GRANT:
        return await ask(
            identity.issue_client_token, client_id=body["client_id"], client_secret=body["client_secret"]
        )
    if grant == EMAIL_CODE_GRANT:
        return await ask(identity.issue_email_code_token, email=body["email"], code=body["code"])
    if grant == REFRESH_GRANT:
        return await ask(identity.issue_renewed_token, refresh_token=body["refresh_token"])
    return await ask(
        identity.issue_password_token,
        username=body["username"],
        password=body["password"],
        new_password=body["new_password"],
    )


async def read_grant(asked: Asked) -> dict[str, Any]:
    """A form, as the RFC has it, or a JSON object."""
    if asked.mimetype == FORM:
        return await reading.read_form(asked)
    values = await reading.read_json(asked)
    if not isinstance(values, dict):
        raise Problem("malformed_body", detail="the body must be a JSON object")
    return values


def token_problem(no: Problem | Refusal, grant: object) -> Response:
    """The problem with RFC 6749's ``error`` beside it, and that RFC's statuses."""
    answer = refusal_answer(no) if isinstance(no, Refusal) else problem_answer(no)
    body = json.loads(bytes(answer.body))
    body["error"] = _rfc_error(no, body, grant)
    body["error_description"] = body["title"]
    if body["error"] == "invalid_client":
        headers = {"WWW-Authenticate": 'Basic realm="occygene"'}
    else:
        body["status"] = RFC_STATUSES.get(answer.status_code, answer.status_code)
        headers = {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}
    return Response(json.dumps(body), body["status"], headers, MEDIA_TYPE)


def _rfc_error(no: Problem | Refusal, body: dict[str, Any], grant: object) -> str:
    if no.code == "sign_in_refused" and grant == CLIENT_GRANT:
        return "invalid_client"
    if grant is not None and body.get("field") == "grant_type":
        return "unsupported_grant_type"
    return RFC_ERRORS.get(no.code, "invalid_request")


def _with_basic(values: dict[str, Any], authorization: str) -> dict[str, Any]:
    """Client id and secret may come as HTTP Basic (RFC 6749 §2.3.1), but not there and in the body."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        basic = base64.b64decode(encoded.strip(), validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        return values
    client_id, colon, client_secret = basic.partition(":")
    if not colon:
        return values
    if "client_id" in values or "client_secret" in values:
        raise Problem("invalid_field", errors=[broken("client_id", NOT_REPEATED)])
    return {**values, "client_id": client_id, "client_secret": client_secret}
