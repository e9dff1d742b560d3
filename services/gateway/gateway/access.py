"""Who may call an endpoint: tokens verified with local keys, held against the table of `contracts.access`."""

from chassis.calls.access import admit
from chassis.calls.caller import ANONYMOUS, Caller
from chassis.calls.tokens import Keys, TokenError
from contracts.access import Access
from contracts.refusals import Refusal
from gateway.asked import Asked
from gateway.problems import Problem

TOKEN_CHARACTERS_MAX = 4096
CHALLENGE = 'Bearer realm="occygene"'


def security(access: Access) -> list[dict[str, list[str]]]:
    """What a call asks for, as an OpenAPI security requirement."""
    scoped = [] if access.scope is None else [{"oauth2": [access.scope]}]
    return [{}, *scoped] if access.public else scoped


def authenticate(asked: Asked, keys: Keys) -> Caller:
    """Read the ``Authorization`` header; a token that is not valid is refused even where none is needed.

    The token is kept with the request: it travels on with every RPC, where it is checked again.
    """
    header = asked.header("Authorization")
    if header is None:
        return ANONYMOUS
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= TOKEN_CHARACTERS_MAX:
        raise Problem("not_authenticated", headers={"WWW-Authenticate": CHALLENGE})
    try:
        asked.caller, asked.token = keys.verify(token), token
    except TokenError as error:
        challenge = f'{CHALLENGE}, error="invalid_token"'
        raise Problem("not_authenticated", headers={"WWW-Authenticate": challenge}) from error
    return asked.caller


def authorise(caller: Caller, access: Access) -> None:
    """Refuse early what the owning service would refuse by the same row; it alone knows whose it is."""
    try:
        admit(caller, access)
    except Refusal as refusal:
        if caller is ANONYMOUS or access.scope is None:
            raise
        challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{access.scope}"'
        raise Problem(refusal.code, headers={"WWW-Authenticate": challenge}) from None
