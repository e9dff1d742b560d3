"""What the end-to-end tests say over and over, on top of the demo's acts: a family's card, a desk."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from demo import people
from demo.acts.checking import wait_for_card
from demo.acts.opening import PROVIDERS, take_in
from demo.acts.ordering import order
from demo.acts.scanning import CAVE, enrol, scan_body
from demo.acts.vouchers import read_pdf
from demo.api import Api, Visitor
from demo.narrator import Narrator
from demo.stage import Cast, Stage, eventually
from devstack.stack import Stack
from sandbox.mailbox.keeping import slug
from tests.e2e.quiet import wait_until_quiet

OFFICER = "controle@crt.example.org"
CHANNELS = ("tourist_office", "phone_desk")
# Three people whom the local CAF/MSA API knows, so that their pot is 3 × 70 €.
BONUS_POT_CENTS = 21_000
BONUS_GROSS_CENTS = 3_800
MEMBERS = [people.person("Zoé", "D'Hers", "2014-10-11"), people.person("Gabin", "D'Hers", "2018-07-26")]
FIRST_DAY, LAST_DAY = "2020-07-01", "2021-06-30"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card with what its voucher prints."""

    id: str
    name: str
    email: str
    order_id: str
    qr: str = field(repr=False)
    number: str = field(repr=False)
    code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Promise:
    """The mails that a person must have when everything is over: each once, by Message-ID."""

    email: str
    vouchers: int
    receipts: int


@dataclass(kw_only=True)
class World:
    """The running platform with an officer and two partner sites on stage."""

    platform: Stack
    stage: Stage
    promises: list[Promise] = field(default_factory=list)
    printed: list[dict[str, str]] = field(default_factory=list, repr=False)
    _sirets: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    @contextmanager
    def opened(cls, platform: Stack, documents: Path) -> Iterator["World"]:
        """Sign the officer in and register the partners."""
        api = Api(platform.gateway_url)
        try:
            officer = api.staff("officer", OFFICER, platform.create_officer(OFFICER))
            stage = Stage(platform, api, Narrator(documents), documents, Cast(officer))
            for channel in CHANNELS:
                made = officer.post("/v1/partners", {"name": f"Site {channel}", "channel": channel})
                stage.cast.partners[channel] = api.client(channel, made)
            yield cls(platform=platform, stage=stage)
        finally:
            api.close()

    @property
    def officer(self) -> Visitor:
        """Who may decide and read everything."""
        return self.stage.cast.officer

    @property
    def partner(self) -> Visitor:
        """A tourist office that takes orders."""
        return self.stage.cast.partners["tourist_office"]

    def at(self, *moment: int) -> None:
        """Let it be ``moment`` (year, month, day, hour, minute) in Paris on the whole platform."""
        self.stage.move_to(*moment)

    def order_bonus(self, name: str) -> dict[str, Any]:
        """A family of three orders a bonus card; the mails go to an address of its own."""
        maelys = people.holder(
            "Maëlys",
            "D'Hers",
            "1991-02-03",
            email_of(name),
            people.RODEZ,
            birth_name="D'Hers",
            sex="F",
            birth_place={"country": "99100", "insee": "12202"},
        )
        return order(self.stage, name, self.partner, "family_bonus", maelys, MEMBERS)

    def bonus_card(self, name: str) -> Card:
        """That family's card with its voucher read and its pot credited."""
        self.order_bonus(name)
        return self.card_of(name)

    def card_of(self, name: str) -> Card:
        """The card of an order, once the officer has accepted what waits for her."""
        self.accept(name)
        return self.voucher_of(name, wait_for_card(self.stage, name))

    def voucher_of(self, name: str, card_id: str) -> Card:
        """The card as its voucher prints it, once everything has settled: its pot is credited by then.

        The document comes from the API, as the mails may wait in a long queue.
        """
        placed = self.stage.cast.orders[name]
        printed = read_pdf(self.officer.get(f"/v1/cards/{card_id}/voucher.pdf"))
        self.printed.append(printed)
        wait_until_quiet(self.platform)
        return Card(
            id=card_id,
            name=name,
            email=placed["email"],
            order_id=placed["id"],
            qr=printed["qr"],
            number=printed["number"],
            code=printed["code"],
        )

    def accept(self, name: str) -> None:
        """Accept whatever of one order waits for an officer, until nothing waits for anybody."""
        eventually(lambda: self._accepted(name), f"{name}'s checks")

    def _accepted(self, name: str) -> bool:
        """These families are one family again and again, so a second pot is among what is accepted."""
        checks = self.whole_order(name)["checks"]
        for check in checks:
            if check["waiting_for"] == "officer":
                decision = {"outcome": "accepted", "note": "Une famille d’essai, autant de fois qu’il faut"}
                self.officer.post(f"/v1/checks/{check['id']}/decision", decision)
        return bool(checks) and all(check["state"] == "accepted" for check in checks)

    def owner(self, name: str) -> Visitor:
        """Whoever holds the order's secret."""
        return self.stage.api.public(name, order_secret=self.stage.cast.orders[name]["order_secret"])

    def whole_order(self, name: str) -> Any:
        """The order with its checks and its payment, as its owner reads it."""
        return self.owner(name).get(f"/v1/orders/{self.stage.cast.orders[name]['id']}")

    def desk(self, name: str, **changes: Any) -> dict[str, Any]:
        """An accepted provider like the demo's cave, its offers published and known to `cards`."""
        body = deepcopy(next(one for one in json.loads(PROVIDERS.read_text()) if one["name"] == CAVE))
        take_in(self.stage, {**body, "name": name, "legal_id": siret(next(self._sirets)), **changes})
        wait_until_quiet(self.platform)
        return self.stage.cast.providers[name]

    def device(self, desk: str) -> Visitor:
        """One more phone of a provider, enrolled and signed in."""
        enrol(self.stage, desk)
        device = self.stage.cast.devices[desk]
        device.get("/v1/redemptions")
        return device

    def bonus_scan(self, desk: str, card: Card, pay_cents: int, **more: Any) -> dict[str, Any]:
        """A mother with two children, 24 € to pay after the reduction, part of it from the pot."""
        asked = {"gross_cents": BONUS_GROSS_CENTS, "pay_cents": pay_cents, **more}
        return scan_body(self.stage, desk, card.qr, "family_bonus", 1, 2, **asked)

    def pot(self, card: Card) -> Any:
        """What the card may still spend."""
        return self.officer.get(f"/v1/cards/{card.id}/pot")

    def redemptions(self, card: Card) -> list[dict[str, Any]]:
        """Every redemption of the card, newest first."""
        return all_redemptions(self.officer, card.id)

    def sales(self, desk: str, first_day: str = FIRST_DAY, last_day: str = LAST_DAY) -> dict[str, Any]:
        """The provider's statistics, summed over these days."""
        return sales_of(self.officer, self.stage.cast.providers[desk]["id"], first_day, last_day)

    def payable_cents(self, desk: str) -> int:
        """What the ledger owes the provider."""
        provider_id = self.stage.cast.providers[desk]["id"]
        payable: int = self.officer.get(f"/v1/providers/{provider_id}/balance")["payable_cents"]
        return payable


def all_redemptions(officer: Visitor, card_id: str) -> list[dict[str, Any]]:
    """Every redemption of a card, newest first, page after page."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = officer.get(f"/v1/cards/{card_id}/redemptions", cursor=cursor, limit=100)
        found += page["redemptions"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def sales_of(officer: Visitor, provider_id: str, first_day: str, last_day: str) -> dict[str, Any]:
    """The total line of a provider's statistics between two days, inclusive."""
    # `from` is a word of Python's own, so the parameters come as a dictionary.
    days = {"from": first_day, "to": last_day, "by": "day"}
    answer = officer.call("GET", f"/v1/providers/{provider_id}/statistics", params=days)
    total: dict[str, Any] = answer["total"]
    return total


def email_of(name: str) -> str:
    """A mailbox of its own for each name."""
    return f"{slug(name, 'personne')}@famille.example.org"


def siret(number: int) -> str:
    """A made-up SIRET whose check digits fit, another one for each number."""
    return _with_check_digit(_with_check_digit(f"0009{number:04}") + "0001")


def _with_check_digit(digits: str) -> str:
    """The digits and the last one that makes them pass Luhn's test."""
    doubled = [int(digit) * (2 - index % 2) for index, digit in enumerate(reversed(digits))]
    total = sum(value - 9 * (value > 9) for value in doubled)
    return f"{digits}{-total % 10}"
