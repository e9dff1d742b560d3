"""A service's own signature on the calls that it makes in nobody else's name (ADR 0008)."""

import jwt

from chassis.calls.tokens import ALGORITHM, service_of
from chassis.clock import real_now
from chassis.settings import SettingsError

# A token read off the bus serves for so long at most, and only towards the one service it was made for.
SERVICE_TOKEN_LIFETIME_S = 300
# Renewed in time for clocks of two machines that differ.
SERVICE_TOKEN_RENEWED_S = 150


class Signer:
    """Signs for the service ``own_name`` with its Ed25519 JWK; raises SettingsError for another's key."""

    def __init__(self, signing_jwk: str, own_name: str) -> None:
        key = jwt.PyJWK.from_json(signing_jwk)
        if service_of(key.key_id or "") != own_name:
            raise SettingsError(f"SERVICE_SIGNING_KEY must be the key of {own_name}: its kid names another")
        self._key, self._own_name = key, own_name
        self._made: dict[str, tuple[str, int]] = {}

    def token_for(self, callee: str) -> str:
        """A token that only ``callee`` takes, for at least ``SERVICE_TOKEN_RENEWED_S`` more seconds."""
        at = int(real_now().timestamp())
        token, expires_at = self._made.get(callee, ("", 0))
        if expires_at - at < SERVICE_TOKEN_RENEWED_S:
            expires_at = at + SERVICE_TOKEN_LIFETIME_S
            token = self._sign(callee, at, expires_at)
            self._made[callee] = (token, expires_at)
        return token

    def _sign(self, callee: str, at: int, expires_at: int) -> str:
        claims = {
            "iss": self._own_name,
            "sub": f"service:{self._own_name}",
            "kind": "service",
            "aud": callee,
            "iat": at,
            "exp": expires_at,
        }
        return jwt.encode(claims, self._key.key, algorithm=ALGORITHM, headers={"kid": self._key.key_id})
