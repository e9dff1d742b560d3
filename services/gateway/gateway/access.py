"""Who may call an endpoint: tokens verified with local keys, and the scope that each endpoint asks for."""

from dataclasses import dataclass

from werkzeug.datastructures import Headers

from chassis.caller import ANONYMOUS, Caller
from chassis.tokens import Keys, TokenError
from contracts.refusals import Refusal
from gateway.problems import Problem

TOKEN_CHARACTERS_MAX = 4096
CHALLENGE = 'Bearer realm="occygene"'

# Every scope, as the documentation shows it. Which role has which is decided in `identity`.
SCOPES: dict[str, str] = {
    "orders:write": "place orders",
    "orders:read": "read one's orders",
    "checks:decide": "decide checks of applications",
    "cards:read": "read cards, vouchers, pots and their use",
    "cards:lookup": "find a card by what is printed on it",
    "cards:write": "revoke and reissue cards",
    "redemptions:write": "quote and redeem",
    "redemptions:read": "read the device's redemptions",
    "redemptions:cancel": "cancel a redemption",
    "providers:decide": "accept or refuse providers",
    "providers:read": "read providers and offers that are not public",
    "offers:write": "draft and withdraw offers",
    "offers:publish": "publish offers",
    "statistics:read": "read a provider's sales and balance",
    "partners:write": "create partner sites",
    "staff:write": "create staff accounts",
    "devices:write": "create and revoke devices",
}


@dataclass(frozen=True)
class Access:
    """``scope`` is what a token must allow; ``public`` endpoints take a token into account but need none."""

    scope: str | None
    public: bool

    def security(self) -> list[dict[str, list[str]]]:
        """The same, as an OpenAPI security requirement."""
        scoped = [] if self.scope is None else [{"oauth2": [self.scope]}]
        return [{}, *scoped] if self.public else scoped


def needs(scope: str) -> Access:
    """Only callers whose token has the scope."""
    return Access(scope, public=False)


def open_to_all(scope: str | None = None) -> Access:
    """Anyone; a token with ``scope`` lets the service do or show more."""
    return Access(scope, public=True)


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


def authorise(caller: Caller, access: Access) -> None:
    """Refuse early; the owning service decides in the end."""
    if access.public or access.scope is None or access.scope in caller.scopes:
        return
    if caller is ANONYMOUS:
        raise Refusal("not_authenticated")
    challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{access.scope}"'
    raise Problem("not_allowed", headers={"WWW-Authenticate": challenge})
