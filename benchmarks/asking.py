"""The requests of each case, without end: cards, desks and prices change, so that no scan repeats another."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import world as w
from benchmarks.load import Address, Ask, body_of, exchange
from benchmarks.world import World
from chassis.calls.tokens import sign
from contracts.access import scopes_of

# Longer than any run: tokens are judged by the platform's own clock, which ticks.
TOKEN_LIFETIME_S = 6 * 3600
# Coprime to every number of cards that people ask for: neighbours in time are no neighbours in the tables.
STRIDE = 7_919
# A scan within the repeat window differs in its price at least.
PRICES = 50_000
PAY_CENTS = 10
REPLAYED_KEYS = 64
HOT, OTHERS = "hot", "others"
# Of ten scans, so many are at the one provider.
HOT_OF_TEN = 9

Asks = Iterator[Ask]


class Asking:
    """Makes requests; the number of the next one is never used twice in a run."""

    def __init__(self, world: World, signing_jwk: str) -> None:
        self.world = world
        self._numbers = itertools.count(1)
        self._tokens = [_device_token(provider, signing_jwk).encode() for provider in range(w.PROVIDERS)]

    def redeem(self) -> Asks:
        """Without the pot."""
        while True:
            number = next(self._numbers)
            yield self._redemption(number, number * STRIDE % self.world.cards, number % w.PROVIDERS)

    def pot(self) -> Asks:
        """Some cents of each price from the household's pot."""
        while True:
            number = next(self._numbers)
            card, provider = self.world.pot_card(number * STRIDE), number % w.PROVIDERS
            yield self._redemption(number, card, provider, pay_cents=PAY_CENTS)

    def replay(self, address: Address) -> Asks:
        """Keys that were used before, with the same requests: the stored answers, byte for byte."""
        first = [ask for ask, _ in zip(self.redeem(), range(REPLAYED_KEYS), strict=False)]
        again = [Ask(ask.raw, ask.status, body_of(exchange(address, ask))) for ask in first]
        return itertools.cycle(again)

    def refusal(self) -> Asks:
        """One cent below what the offer begins at: the whole way through the rules, and remembered."""
        while True:
            number = next(self._numbers)
            card = number * STRIDE % self.world.cards
            body = self._body(number, card, number % w.PROVIDERS, gross_cents=w.MINIMUM_GROSS_CENTS - 1)
            raw = self._raw("redemptions", number % w.PROVIDERS, body, _key(number))
            yield Ask(raw, b"409", b'"minimum_not_reached"')

    def quote(self) -> Asks:
        """The price of a scan, without its effect."""
        while True:
            number = next(self._numbers)
            provider = number % w.PROVIDERS
            body = self._body(number, number * STRIDE % self.world.cards, provider)
            yield Ask(self._raw("quotes", provider, body), b"200", b'"id":null')

    def echo(self) -> Asks:
        """A redemption's request to the endpoint that does nothing."""
        while True:
            number = next(self._numbers)
            provider = number % w.PROVIDERS
            body = self._body(number, number * STRIDE % self.world.cards, provider)
            raw = self._raw("echoes", provider, body, _key(number))
            yield Ask(raw, b"201", b'"already_counted":false')

    def hot_provider(self) -> Asks:
        """Nine of ten scans at one provider's; the tenth anywhere else."""
        while True:
            number = next(self._numbers)
            is_hot = number % 10 < HOT_OF_TEN
            provider = 0 if is_hot else 1 + number // 10 % (w.PROVIDERS - 1)
            card = number * STRIDE % self.world.cards
            yield self._redemption(number, card, provider, group=HOT if is_hot else OTHERS)

    def hot_card(self) -> Asks:
        """Every second scan reads one family's card, on another device each time."""
        while True:
            number = next(self._numbers)
            is_hot = number % 2 == 0
            card = 0 if is_hot else 1 + number * STRIDE % (self.world.cards - 1)
            yield self._redemption(number, card, number % w.PROVIDERS, group=HOT if is_hot else OTHERS)

    def of(self, case: str, address: Address) -> Asks:
        """The requests of a case by its name."""
        if case == "replay":
            return self.replay(address)
        make: Callable[[], Asks] = getattr(self, case)
        return make()

    def _redemption(
        self, number: int, card: int, provider: int, *, pay_cents: int = 0, group: str = ""
    ) -> Ask:
        extra = {"pay_cents": pay_cents} if pay_cents else {}
        body = self._body(number, card, provider, **extra)
        raw = self._raw("redemptions", provider, body, _key(number))
        return Ask(raw, b"201", b'"already_counted":false', group)

    def _body(self, number: int, card: int, provider: int, **values: Any) -> bytes:
        scan = {
            "card": self.world.qr_text(card),
            "offer_id": w.offer_id(provider),
            "party": {"adults": w.ADULTS, "children": w.CHILDREN},
            "gross_cents": w.MINIMUM_GROSS_CENTS + number % PRICES,
        }
        return json.dumps(scan | values).encode()

    def _raw(self, path: str, provider: int, body: bytes, key: bytes = b"") -> bytes:
        head = (
            b"POST /v1/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" % path.encode()
        )
        head += b"Authorization: Bearer %s\r\nContent-Length: %d\r\n" % (self._tokens[provider], len(body))
        return head + (b"Idempotency-Key: %s\r\n" % key if key else b"") + b"\r\n" + body


def _key(number: int) -> bytes:
    # As long as a UUID, which is what devices send.
    return b"bench-%030d" % number


def _device_token(provider: int, signing_jwk: str) -> str:
    claims = {
        "sub": w.device_id(provider),
        "kind": "device",
        "scope": " ".join(sorted(scopes_of("device", None))),
        "provider_id": w.provider_id(provider),
        "site_id": w.site_id(provider),
        "programmes": [],
    }
    return sign(claims, signing_jwk, TOKEN_LIFETIME_S)
