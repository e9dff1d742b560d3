"""Access tokens: JWTs signed by one service with Ed25519 (RFC 8037), verified by all with local keys."""

import json
from collections import OrderedDict
from typing import Any

import jwt

from chassis.caller import Caller
from chassis.clock import now
from chassis.ids import new_id

AUDIENCE = "occygene"
ISSUER = "identity"
ALGORITHM = "EdDSA"
VERIFIED_TOKENS_MAX = 4096


class TokenError(Exception):
    """The token is not ours, not for us, or no longer valid."""


def sign(claims: dict[str, Any], signing_jwk: str, lifetime_s: int) -> str:
    """A token with ``claims`` (None values left out), valid for ``lifetime_s`` seconds from now."""
    key = jwt.PyJWK.from_json(signing_jwk)
    issued = int(now().timestamp())
    body = {name: value for name, value in claims.items() if value is not None}
    body |= {"iss": ISSUER, "aud": AUDIENCE, "iat": issued, "exp": issued + lifetime_s, "jti": new_id("tok")}
    return jwt.encode(body, key.key, algorithm=ALGORITHM, headers={"kid": key.key_id})


class Keys:
    """Public keys by id. Verified tokens are remembered: a device sends the same one for minutes."""

    def __init__(self, jwks: str) -> None:
        self._keys = {key["kid"]: jwt.PyJWK.from_dict(key) for key in json.loads(jwks)["keys"]}
        self._verified: OrderedDict[str, tuple[Caller, int]] = OrderedDict()

    def verify(self, token: str) -> Caller:
        """The caller that the token names; raises TokenError."""
        caller, expires_at = self._verified.get(token) or self._check(token)
        if expires_at <= now().timestamp():
            raise TokenError("expired")
        return caller

    def _check(self, token: str) -> tuple[Caller, int]:
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            # The algorithm is ours, never the token's; expiry is judged by our own clock in `verify`.
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "sub", "kind"]},
            )
            found = (_caller(claims), int(claims["exp"]))
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, UnicodeError) as error:
            raise TokenError("not valid") from error
        self._verified[token] = found
        if len(self._verified) > VERIFIED_TOKENS_MAX:
            self._verified.popitem(last=False)
        return found


def _caller(claims: dict[str, Any]) -> Caller:
    return Caller(
        kind=claims["kind"],
        subject=claims["sub"],
        scopes=frozenset(claims.get("scope", "").split()),
        role=claims.get("role"),
        provider_id=claims.get("provider_id"),
        site_id=claims.get("site_id"),
        programmes=tuple(claims.get("programmes", ())),
        organisation=claims.get("organisation"),
        channel=claims.get("channel"),
    )
