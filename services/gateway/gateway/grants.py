"""The three ways to a token, and how RFC 6749 wants its errors."""

import json
from typing import Any

from flask import Request, Response
from marshmallow import Schema
from werkzeug.datastructures import Authorization

from contracts.identity import IdentityRpc, Token
from contracts.refusals import Refusal
from gateway import reading
from gateway.problems import Problem, problem_answer, refusal_answer
from gateway.rules import CHOICES, NOT_REPEATED, REQUIRED, broken, broken_rules
from gateway.schemas.credentials import (
    EMAIL_CODE_GRANT,
    ClientCredentialsRequest,
    EmailCodeRequest,
    PasswordRequest,
)

FORM = "application/x-www-form-urlencoded"
CLIENT_GRANT = "client_credentials"
GRANTS: dict[str, type[Schema]] = {
    CLIENT_GRANT: ClientCredentialsRequest,
    "password": PasswordRequest,
    EMAIL_CODE_GRANT: EmailCodeRequest,
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


def issue_token(identity: IdentityRpc, values: dict[str, Any], basic: Authorization | None) -> Token:
    """Have `identity` answer the grant; ``basic`` is the request's ``Authorization``."""
    grant = values.get("grant_type")
    if not isinstance(grant, str) or grant not in GRANTS:
        rule = REQUIRED if grant is None else CHOICES.format(choices=", ".join(GRANTS))
        raise Problem("invalid_field", errors=[broken("grant_type", rule)])
    body = reading.load(GRANTS[grant](), _with_basic(values, basic) if grant == CLIENT_GRANT else values)
    if grant == CLIENT_GRANT:
        return identity.issue_client_token(client_id=body["client_id"], client_secret=body["client_secret"])
    if grant == EMAIL_CODE_GRANT:
        return identity.issue_email_code_token(email=body["email"], code=body["code"])
    return identity.issue_password_token(
        username=body["username"], password=body["password"], new_password=body["new_password"]
    )


def read_grant(request: Request) -> dict[str, Any]:
    """A form, as the RFC has it, or a JSON object."""
    if request.mimetype != FORM:
        values = reading.read_json(request)
        if not isinstance(values, dict):
            raise Problem("malformed_body", detail="the body must be a JSON object")
        return values
    reading.read_body(request)
    repeated = {name: [NOT_REPEATED] for name, found in request.form.lists() if len(found) > 1}
    if repeated:
        raise Problem("invalid_field", errors=broken_rules(repeated))
    return request.form.to_dict()


def token_problem(no: Problem | Refusal, grant: object) -> Response:
    """The problem with RFC 6749's ``error`` beside it, and that RFC's statuses."""
    answer = refusal_answer(no) if isinstance(no, Refusal) else problem_answer(no)
    body = json.loads(answer.get_data())
    body["error"] = _rfc_error(no, body, grant)
    body["error_description"] = body["title"]
    if body["error"] == "invalid_client":
        answer.headers["WWW-Authenticate"] = 'Basic realm="occygene"'
    else:
        body["status"] = answer.status_code = RFC_STATUSES.get(answer.status_code, answer.status_code)
        answer.headers.pop("WWW-Authenticate", None)
    answer.set_data(json.dumps(body))
    return answer


def _rfc_error(no: Problem | Refusal, body: dict[str, Any], grant: object) -> str:
    if no.code == "sign_in_refused" and grant == CLIENT_GRANT:
        return "invalid_client"
    if grant is not None and body.get("field") == "grant_type":
        return "unsupported_grant_type"
    return RFC_ERRORS.get(no.code, "invalid_request")


def _with_basic(values: dict[str, Any], basic: Authorization | None) -> dict[str, Any]:
    """Client id and secret may come as HTTP Basic (RFC 6749 §2.3.1), but not there and in the body."""
    if basic is None or basic.type != "basic":
        return values
    if "client_id" in values or "client_secret" in values:
        raise Problem("invalid_field", errors=[broken("client_id", NOT_REPEATED)])
    return {**values, "client_id": basic.username, "client_secret": basic.password}
