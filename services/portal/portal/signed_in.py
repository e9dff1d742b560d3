"""Who is signed in: the API's tokens, kept in the session and renewed before they end."""

from dataclasses import dataclass
from time import time
from typing import Any, Literal

from starlette.requests import Request

from portal.api import sign_in
from portal.api.client import Api, ApiProblem
from portal.pages import api_of

# No page takes longer, so a token that is good when it begins is good for all its calls.
RENEWED_BEFORE_END_S = 60
HOLDER = "holder"

Way = Literal["holder", "staff"]


@dataclass(frozen=True)
class Person:
    """Somebody who has signed in; ``role`` is None for holders, ``provider_id`` is of a provider's staff."""

    token: str
    kind: str
    role: str | None
    provider_id: str | None


class SignInNeeded(Exception):
    """The page is for somebody who has signed in; ``way`` says as what."""

    def __init__(self, way: Way) -> None:
        super().__init__(way)
        self.way: Way = way


async def holder(request: Request) -> Person:
    """The holder whose page this is; raises SignInNeeded."""
    person = await _person(request)
    if person is None or person.kind != HOLDER:
        raise SignInNeeded("holder")
    return person


async def staff(request: Request, *roles: str) -> Person:
    """The member of staff, in one of these roles, whose page this is; raises SignInNeeded."""
    person = await _person(request)
    if person is None or person.role not in roles:
        raise SignInNeeded("staff")
    return person


async def token_of(request: Request) -> str | None:
    """The token of whoever is signed in; None of a visitor."""
    person = await _person(request)
    return person.token if person else None


async def keep(request: Request, answered: dict[str, Any]) -> Person:
    """Somebody has signed in: keep the token that was answered, and what the API says of its owner."""
    me = await sign_in.whoami(api_of(request), answered["access_token"])
    request.session["person"] = {
        **_kept(answered),
        **{name: me.get(name) for name in ("kind", "role", "provider_id")},
    }
    return _as_person(request.session["person"])


async def forget(request: Request) -> None:
    """Sign out, here and at the API."""
    kept = request.session.pop("person", None)
    # What belongs to one person must not meet the next at the same browser.
    for name in [name for name in request.session if name != "language"]:
        del request.session[name]
    if kept and kept.get("refresh"):
        await sign_in.revoke(api_of(request), kept["refresh"])


async def _person(request: Request) -> Person | None:
    kept = request.session.get("person")
    if kept is None:
        return None
    if kept["until"] - time() < RENEWED_BEFORE_END_S:
        renewed = await _renewed(api_of(request), kept.get("refresh"))
        if renewed is None:
            del request.session["person"]
            return None
        kept |= _kept(renewed)
    return _as_person(kept)


async def _renewed(api: Api, refresh: str | None) -> dict[str, Any] | None:
    if refresh is None:
        return None
    try:
        return await sign_in.renew(api, refresh)
    except ApiProblem:
        return None


def _kept(answered: dict[str, Any]) -> dict[str, Any]:
    return {
        "token": answered["access_token"],
        "until": int(time()) + answered["expires_in"],
        "refresh": answered.get("refresh_token"),
    }


def _as_person(kept: dict[str, Any]) -> Person:
    return Person(kept["token"], kept["kind"], kept["role"], kept["provider_id"])
