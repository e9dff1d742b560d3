"""Access tokens: what a signed-in caller's token says, signed for every service to verify by itself."""

from dataclasses import dataclass
from typing import Literal

from chassis.calls import tokens
from contracts.access import scopes_of
from contracts.identity import Token

# A revoked device may go on for so long at most: nobody asks back whether a token still holds.
TOKEN_LIFETIME_S = 900

Kind = Literal["partner", "device", "staff", "holder"]


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who has signed in; the fields are those of `chassis.calls.caller.Caller`."""

    kind: Kind
    subject: str
    role: str | None = None
    provider_id: str | None = None
    site_id: str | None = None
    programmes: tuple[str, ...] = ()
    organisation: str | None = None
    channel: str | None = None


def issue(principal: Principal, signing_jwk: str) -> Token:
    """Return a signed token with the scopes of the principal's kind and role."""
    scope = " ".join(sorted(scopes_of(principal.kind, principal.role)))
    claims = {
        "sub": principal.subject,
        "kind": principal.kind,
        "role": principal.role,
        "scope": scope,
        "provider_id": principal.provider_id,
        "site_id": principal.site_id,
        "programmes": list(principal.programmes),
        "organisation": principal.organisation,
        "channel": principal.channel,
    }
    return {
        "access_token": tokens.sign(claims, signing_jwk, TOKEN_LIFETIME_S),
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFETIME_S,
        "scope": scope,
    }
