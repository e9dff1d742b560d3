"""Access tokens: JWTs signed with Ed25519 (RFC 8037), verified by every process with local keys (ADR 0008).

`identity` signs people's tokens for the whole platform; a service signs its own calls, each for one callee.
"""

import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import jwt

from chassis.calls.caller import Caller, service_caller
from chassis.clock import now, real_now
from chassis.ids import new_id

AUDIENCE = "occygene"
ISSUER = "identity"
ALGORITHM = "EdDSA"
PEOPLE = ("partner", "device", "staff", "holder")
VERIFIED_TOKENS_MAX = 4096


class TokenError(Exception):
    """The token is not ours, not for us, or no longer valid."""


def sign(claims: dict[str, Any], signing_jwk: str, lifetime_s: int) -> str:
    """A person's or device's token with ``claims`` (None left out), valid for ``lifetime_s`` seconds."""
    key = jwt.PyJWK.from_json(signing_jwk)
    issued = int(now().timestamp())
    body = {name: value for name, value in claims.items() if value is not None}
    body |= {"iss": ISSUER, "aud": AUDIENCE, "iat": issued, "exp": issued + lifetime_s, "jti": new_id("tok")}
    return jwt.encode(body, key.key, algorithm=ALGORITHM, headers={"kid": key.key_id})


@dataclass(frozen=True)
class _Trusted:
    """A public key, with the one issuer and audience that it may sign for."""

    key: Any
    issuer: str
    audience: str
    is_service: bool


class Keys:
    """Public keys by id. Verified tokens are remembered: a device sends the same one for minutes.

    ``jwks`` are `identity`'s; ``service_jwks`` those of the services that call the service ``own_name``, each
    named after its service (``cards`` or ``cards.2``). A key counts for its own issuer only.
    """

    def __init__(self, jwks: str, service_jwks: str = '{"keys": []}', own_name: str = "") -> None:
        self._trusted = {
            key["kid"]: _Trusted(jwt.PyJWK.from_dict(key).key, ISSUER, AUDIENCE, is_service=False)
            for key in json.loads(jwks)["keys"]
        } | {
            key["kid"]: _Trusted(
                jwt.PyJWK.from_dict(key).key, service_of(key["kid"]), own_name, is_service=True
            )
            for key in json.loads(service_jwks)["keys"]
        }
        self._verified: OrderedDict[str, tuple[Caller, int]] = OrderedDict()

    def verify(self, token: str) -> Caller:
        """The caller that the token names; raises TokenError."""
        caller, expires_at = self._known(token)
        # Between services only real time counts: moving the domain's clock must not silence them.
        moment = real_now() if caller.kind == "service" else now()
        if expires_at <= moment.timestamp():
            raise TokenError("expired")
        return caller

    def expires_at(self, token: str) -> int:
        """When a token ends, in seconds of the epoch; raises TokenError."""
        return self._known(token)[1]

    def _known(self, token: str) -> tuple[Caller, int]:
        return self._verified.get(token) or self._check(token)

    def _check(self, token: str) -> tuple[Caller, int]:
        try:
            trusted = self._trusted[jwt.get_unverified_header(token)["kid"]]
            # The algorithm is ours, never the token's; expiry is judged by our own clock in `verify`.
            claims = jwt.decode(
                token,
                trusted.key,
                algorithms=[ALGORITHM],
                audience=trusted.audience,
                issuer=trusted.issuer,
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "sub", "kind"]},
            )
            caller = service_caller(trusted.issuer) if trusted.is_service else _person(claims)
            found = (caller, int(claims["exp"]))
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, UnicodeError) as error:
            raise TokenError("not valid") from error
        self._verified[token] = found
        if len(self._verified) > VERIFIED_TOKENS_MAX:
            self._verified.popitem(last=False)
        return found


def service_of(key_id: str) -> str:
    """The service that a key is of: ``cards`` for ``cards`` and ``cards.2``."""
    return key_id.partition(".")[0]


def _person(claims: dict[str, Any]) -> Caller:
    if claims["kind"] not in PEOPLE:
        raise ValueError("kind")
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
