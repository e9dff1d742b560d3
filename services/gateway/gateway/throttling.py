"""How many requests a caller may send: by its credential, or by its address where it has none.

Every process counts for itself and forgets when it ends: more processes let that many times more through.
Guesses are counted exactly elsewhere, in the databases of `identity` and `cards`; this keeps one caller from
taking the time of all others.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address
from math import ceil
from time import monotonic

from starlette.responses import Response

from chassis.calls.caller import ANONYMOUS, Caller
from chassis.calls.tokens import Keys
from chassis.metrics import counter
from contracts.refusals import Refusal
from gateway.access import authenticate
from gateway.asked import Asked
from gateway.grants import token_problem
from gateway.openapi import TOKEN_PATH
from gateway.problems import Problem, refusal_answer

# Of some 200 bytes each; whoever asked longest ago is forgotten first.
TRACKED_MAX = 20_000
IPV6_NETWORK_BITS = 64


@dataclass(frozen=True)
class Limit:
    """``calls`` may come at once, and then as many in every ``window_s`` seconds."""

    calls: int
    window_s: int


LIMITS: dict[str, Limit] = {
    # By credential. A busy desk scans two or three cards a second, each with a quote before it; after an
    # outage a phone sends again what it could not.
    "device": Limit(600, 60),
    # A partner is one credential for all residents who order through its site.
    "partner": Limit(3_000, 60),
    "person": Limit(600, 60),
    # By address. A carrier or a tourist office may hide many people behind one.
    "page": Limit(600, 60),
    "form": Limit(120, 60),
    "sign_in": Limit(120, 60),
    "probe": Limit(120, 60),
}
CLASS_OF_KIND = {"device": "device", "partner": "partner"}
# By address whoever asks: a credential must not buy more tries.
CLASS_OF_ROUTE = {
    TOKEN_PATH: "sign_in",
    "/v1/oauth/email-codes": "sign_in",
    "/v1/oauth/revocations": "sign_in",
    "/v1/devices/enrolment": "sign_in",
    "/v1/orders/<id:order_id>/email-changes": "sign_in",
    "/v1/orders/<id:order_id>/email-changes/confirm": "sign_in",
    "/readyz": "probe",
}
# Says one word from memory; a process that does not answer its supervisor is killed.
FREE_ROUTES = frozenset({"/healthz"})

throttled_total = counter("throttled_total", "Requests refused because their caller sent too many", ["class"])


class Throttle:
    """The callers of this process. ``scale`` multiplies every limit; ``clock_s`` is in seconds."""

    def __init__(self, scale: int = 1, clock_s: Callable[[], float] = monotonic) -> None:
        self._scale, self._clock_s = scale, clock_s
        # When each caller's allowance is whole again (the generic cell rate algorithm, ITU-T I.371).
        self._whole_at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def admit(self, kind: str, who: str) -> int:
        """Count a request; 0, or the seconds after which ``who`` may ask again. Refused ones do not count."""
        limit, at = LIMITS[kind], self._clock_s()
        whole_at = max(self._whole_at.get((kind, who), at), at)
        after = whole_at + limit.window_s / (limit.calls * self._scale)
        wait_s = after - at - limit.window_s
        self._whole_at[kind, who] = whole_at if wait_s > 0 else after
        self._whole_at.move_to_end((kind, who))
        if len(self._whole_at) > TRACKED_MAX:
            self._whole_at.popitem(last=False)
        return max(1, ceil(wait_s)) if wait_s > 0 else 0


def refuse_too_many(asked: Asked, keys: Keys, counted: Throttle) -> Response | None:
    """Count the request before anything else is done for it; the refusal, where it is one too many."""
    if asked.rule in FREE_ROUTES:
        return None
    kind, who = _class_and_key(asked, keys)
    wait_s = counted.admit(kind, who)
    if wait_s == 0:
        return None
    throttled_total.labels(kind).inc()
    refusal = Refusal("too_many_requests", retry_after_s=wait_s)
    return token_problem(refusal, None) if asked.rule == TOKEN_PATH else refusal_answer(refusal)


def network_of(address: str) -> str:
    """What an address is counted under: one subscriber has a whole IPv6 network to choose from."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or int(parsed) >> (128 - IPV6_NETWORK_BITS))


def _class_and_key(asked: Asked, keys: Keys) -> tuple[str, str]:
    kind = CLASS_OF_ROUTE.get(asked.rule)
    caller = ANONYMOUS if kind else _caller(asked, keys)
    if caller is not ANONYMOUS:
        return CLASS_OF_KIND.get(caller.kind, "person"), caller.subject
    # Kept in memory only: an address is personal data and stands in no log, label or table.
    address = network_of(asked.client.host if asked.client else "")
    return kind or ("page" if asked.method in ("GET", "HEAD", "OPTIONS") else "form"), address


def _caller(asked: Asked, keys: Keys) -> Caller:
    """Who asks; nobody where the token is not valid, which the endpoint will say."""
    try:
        return authenticate(asked, keys)
    except Problem:
        return ANONYMOUS
