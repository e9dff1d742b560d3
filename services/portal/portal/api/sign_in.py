"""Signing in and out, as the public API has it (RFC 6749)."""

from typing import Any

from portal.api.client import Api

EMAIL_CODE_GRANT = "urn:occygene:email-code"


async def request_code(api: Api, email: str) -> None:
    """Have a code mailed, if the address is known."""
    await api.post("/oauth/email-codes", {"email": email})


async def use_code(api: Api, email: str, code: str) -> dict[str, Any]:
    """A holder's tokens for the code that was mailed."""
    return await api.post("/oauth/token", {"grant_type": EMAIL_CODE_GRANT, "email": email, "code": code})


async def use_password(api: Api, username: str, password: str, new_password: str) -> dict[str, Any]:
    """A member of staff's tokens; ``new_password`` takes the place of a one-time password."""
    body = {"grant_type": "password", "username": username, "password": password}
    return await api.post("/oauth/token", body | ({"new_password": new_password} if new_password else {}))


async def renew(api: Api, refresh_token: str) -> dict[str, Any]:
    """New tokens for an old refresh token."""
    return await api.post("/oauth/token", {"grant_type": "refresh_token", "refresh_token": refresh_token})


async def revoke(api: Api, refresh_token: str) -> None:
    """Nothing more for this sign-in."""
    await api.post("/oauth/revocations", {"token": refresh_token})


async def whoami(api: Api, token: str) -> dict[str, Any]:
    """``kind``, ``role`` and ``provider_id`` of whom the token belongs to."""
    return await api.get("/me", token=token)
