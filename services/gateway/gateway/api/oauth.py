"""Tokens (RFC 6749) and the codes that holders sign in with."""

from typing import Any

from contracts.access import OPEN, SIGNED_IN, access_of
from contracts.refusals import Refusal
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.grants import GRANTS, issue_token, read_grant, token_problem
from gateway.problems import Problem
from gateway.schemas.credentials import CallerAnswer, LoginCodeRequest, SignOutRequest, TokenAnswer

oauth = Resource("oauth", "Access tokens.")

ONE_GRANT = {"schema": {"oneOf": list(GRANTS.values())}}
TOKEN_DOC = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": ONE_GRANT, "application/json": ONE_GRANT},
    }
}


@oauth.post("/oauth/token", access=OPEN, answer=TokenAnswer, reads_itself=True, key="none", doc=TOKEN_DOC)
async def create_token(call: Call) -> Any:
    """Exchange a credential for a short-lived access token."""
    grant = None
    try:
        values = await read_grant(call.asked)
        grant = values.get("grant_type")
        return await issue_token(call.services.identity, values, call.asked.header("Authorization") or "")
    except (Problem, Refusal) as no:
        return token_problem(no, grant)


@oauth.post(
    "/oauth/email-codes",
    access=access_of("identity.request_login_code"),
    status=202,
    body=LoginCodeRequest,
    key="none",
)
async def request_login_code(call: Call) -> None:
    """Have a sign-in code mailed; the answer never tells whether the address is known."""
    await ask(call.services.identity.request_login_code, email=call.body["email"])


@oauth.post(
    "/oauth/revocations",
    access=access_of("identity.end_sign_in"),
    status=204,
    body=SignOutRequest,
    key="none",
)
async def end_sign_in(call: Call) -> None:
    """Sign out: no refresh token of the sign-in is good any more; an access token runs on to its end."""
    await ask(call.services.identity.end_sign_in, refresh_token=call.body["token"])


@oauth.get("/me", access=SIGNED_IN, answer=CallerAnswer)
async def get_caller(call: Call) -> Any:
    """What the token says of its owner. Empty `programmes` of staff are all of them."""
    caller = call.caller
    return {
        "kind": caller.kind,
        "role": caller.role,
        "provider_id": caller.provider_id,
        "site_id": caller.site_id,
        "channel": caller.channel,
        "organisation": caller.organisation,
        "programmes": list(caller.programmes),
        "scopes": sorted(caller.scopes),
    }
