"""Tokens that nobody may take: right in all but one thing, as somebody would make them who wants in."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt

from chassis.calls.tokens import ALGORITHM, AUDIENCE, ISSUER
from chassis.clock import now
from devstack.secrets import make_token_keys

LIFETIME_S = 600
Claims = dict[str, Any]


def right_claims(**more: Any) -> Claims:
    """What `identity` would sign for an officer with every scope; None takes a claim out."""
    issued = int(now().timestamp())
    usual = {"iss": ISSUER, "aud": AUDIENCE, "iat": issued, "exp": issued + LIFETIME_S, "jti": "tok_forged"}
    person = {"sub": "stf_1", "kind": "staff", "role": "officer", "scope": "cards:read checks:decide"}
    return {name: value for name, value in {**usual, **person, **more}.items() if value is not None}


def signed(signing_jwk: str, claims: Claims, kid: str | None = None) -> str:
    """A token signed with this key, under its own name or another's."""
    key = jwt.PyJWK.from_json(signing_jwk)
    return jwt.encode(claims, key.key, algorithm=ALGORITHM, headers={"kid": kid or key.key_id})


def forged_tokens(signing_jwk: str) -> dict[str, str]:
    """One token for each way to forge one, given the platform's own key to be nearly right with."""
    jwk = json.loads(signing_jwk)
    strange, _ = make_token_keys()
    key = jwt.PyJWK.from_json(signing_jwk).key
    head, body, seal = signed(signing_jwk, right_claims()).split(".")
    minute_ago = int(now().timestamp()) - 60
    return {
        "expired": signed(signing_jwk, right_claims(exp=minute_ago)),
        "expired this second": signed(signing_jwk, right_claims(exp=int(now().timestamp()))),
        "another key under a known name": signed(strange, right_claims(), kid=jwk["kid"]),
        "another key under its own name": signed(strange, right_claims()),
        "the right key under an unknown name": signed(signing_jwk, right_claims(), kid="unknown"),
        "no key's name": jwt.encode(right_claims(), key, algorithm=ALGORITHM),
        "no algorithm": f"{_packed({'alg': 'none', 'kid': jwk['kid']})}.{body}.",
        "no signature": f"{head}.{body}.",
        "half a signature": f"{head}.{body}.{seal[: len(seal) // 2]}",
        **{f"HS256 with {what}": _with_hmac(secret, jwk["kid"]) for what, secret in _public(jwk).items()},
        "tampered claims": f"{head}.{_packed(right_claims(sub='stf_2'))}.{seal}",
        "another audience": signed(signing_jwk, right_claims(aud="elsewhere")),
        "a service's audience": signed(signing_jwk, right_claims(aud="cards")),
        "another issuer": signed(signing_jwk, right_claims(iss="gateway")),
        "an unknown kind": signed(signing_jwk, right_claims(kind="king")),
        "a service's kind": signed(signing_jwk, right_claims(kind="service", sub="service:notify")),
        **{
            f"without {claim}": signed(signing_jwk, right_claims(**{claim: None}))
            for claim in ("exp", "sub", "kind", "aud", "iss")
        },
        "no token at all": "not.a.token",
    }


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _with_hmac(secret: bytes, kid: str) -> str:
    """The public key, which everybody may know, taken for a shared secret (RFC 8725, 2.1)."""
    told = f"{_packed({'alg': 'HS256', 'kid': kid, 'typ': 'JWT'})}.{_packed(right_claims())}"
    seal = hmac.new(secret, told.encode(), hashlib.sha256).digest()
    return f"{told}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def _public(jwk: dict[str, str]) -> dict[str, bytes]:
    """The public half as an attacker may write it."""
    public = {name: value for name, value in jwk.items() if name != "d"}
    raw = base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))
    return {"the public key": raw, "the public key's JSON": json.dumps(public).encode()}


FORGERIES = tuple(forged_tokens(make_token_keys()[0]))
