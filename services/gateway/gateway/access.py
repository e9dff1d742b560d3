"""Who may call an endpoint: tokens verified with local keys, held against the table of `contracts.access`."""

from dataclasses import dataclass

from flask import g, request
from werkzeug.datastructures import Headers

from chassis.access import admit
from chassis.caller import ANONYMOUS, Caller
from chassis.tokens import Keys, TokenError
from contracts.access import Access
from contracts.refusals import Refusal
from gateway.problems import Problem

TOKEN_CHARACTERS_MAX = 4096
CHALLENGE = 'Bearer realm="occygene"'


def security(access: Access) -> list[dict[str, list[str]]]:
    """What a call asks for, as an OpenAPI security requirement."""
    scoped = [] if access.scope is None else [{"oauth2": [access.scope]}]
    return [{}, *scoped] if access.public else scoped


@dataclass(frozen=True)
class Credentials:
    """The verified caller and the token that travels on with every RPC, where it is checked again."""

    caller: Caller
    token: str | None


def authenticate(headers: Headers, keys: Keys) -> Credentials:
    """Read the ``Authorization`` header; a token that is not valid is refused even where none is needed."""
    header = headers.get("Authorization")
    if header is None:
        return Credentials(ANONYMOUS, None)
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= TOKEN_CHARACTERS_MAX:
        raise Problem("not_authenticated", headers={"WWW-Authenticate": CHALLENGE})
    try:
        return Credentials(keys.verify(token), token)
    except TokenError as error:
        challenge = f'{CHALLENGE}, error="invalid_token"'
        raise Problem("not_authenticated", headers={"WWW-Authenticate": challenge}) from error


def credentials_of_request(keys: Keys) -> Credentials:
    """What `authenticate` finds in the current request's headers, read once however often it is asked for."""
    if "credentials" not in g:
        g.credentials = authenticate(request.headers, keys)
    found: Credentials = g.credentials
    return found


def authorise(caller: Caller, access: Access) -> None:
    """Refuse early what the owning service would refuse by the same row; it alone knows whose it is."""
    try:
        admit(caller, access)
    except Refusal as refusal:
        if caller is ANONYMOUS or access.scope is None:
            raise
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{access.scope}"'
        raise Problem(refusal.code, headers={"WWW-Authenticate": challenge}) from None
