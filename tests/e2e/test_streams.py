"""Pages that follow visits: what is scanned is told, to nobody else, nothing lost and nothing repeated."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from demo.api import Visitor
from devstack.stack import Stack
from sandbox.reading import wait_for_mails
from tests.e2e.following import Page, gateway_of_its_own
from tests.e2e.world import Card, World

DESK, OTHER_DESK = "Base des pages", "Base d’à côté"
OWN = "/v1/me/visits/stream"


def token_of(visitor: Visitor) -> str:
    """The visitor's token, signed in if need be."""
    assert visitor.sign_in
    visitor._token = visitor._token or visitor.sign_in()
    return visitor._token


def holder_of(world: World, platform: Stack, card: Card) -> Visitor:
    """The card's holder, who signs in by the code that is mailed."""

    def read_code() -> str:
        mails = wait_for_mails(
            platform.mail_folder,
            lambda mail: mail.subject.startswith("Votre code de connexion"),
            recipient=card.email,
            timeout_s=60,
        )
        found = re.search(r"(?<!\d)\d{6}(?!\d)", mails[-1].text)
        assert found
        return found.group()

    return world.stage.api.holder(card.name, card.email, read_code)


def manager_of(world: World, desk: str) -> Visitor:
    """Who manages a desk's provider."""
    provider_id = world.stage.cast.providers[desk]["id"]
    email = f"manager-{provider_id}@example.org"
    made = world.officer.post(
        "/v1/staff", {"email": email, "role": "provider_manager", "provider_id": provider_id}
    )
    return world.stage.api.staff("manager", email, made["one_time_password"])


class Cast:
    """Two desks with their managers, two families, and a second gateway."""

    def __init__(self, world: World, platform: Stack, second_url: str) -> None:
        world.at(2020, 8, 20, 10, 0)
        self.world, self.urls = world, (platform.gateway_url, second_url)
        for desk in (DESK, OTHER_DESK):
            world.desk(desk)
        self.card, self.other_card = world.bonus_card("Famille suivie"), world.bonus_card("Famille voisine")
        self.holder, self.other_holder = (
            token_of(holder_of(world, platform, card)) for card in (self.card, self.other_card)
        )
        self.manager, self.other_manager = (token_of(manager_of(world, desk)) for desk in (DESK, OTHER_DESK))
        self.devices = {desk: world.device(desk) for desk in (DESK, OTHER_DESK)}
        self.gross_cents = 3_000

    def stream_of(self, desk: str) -> str:
        """Where a desk's visits are followed."""
        return f"/v1/providers/{self.world.stage.cast.providers[desk]['id']}/visits/stream"

    def scan(self, desk: str = DESK, card: Card | None = None) -> str:
        """One more visit, at another price each time, so that none repeats another; its id."""
        self.gross_cents += 1
        body = self.world.bonus_scan(desk, card or self.card, 0, gross_cents=self.gross_cents)
        visit_id: str = self.devices[desk].post("/v1/redemptions", body)["id"]
        return visit_id

    def cancel(self, visit_id: str, desk: str = DESK) -> Any:
        """Undone at the desk."""
        return self.devices[desk].post(f"/v1/redemptions/{visit_id}/cancellation")


@pytest.fixture(scope="module")
def second(platform: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gateway_of_its_own(platform, tmp_path_factory.mktemp("second")) as (url, _process):
        yield url


@pytest.fixture(scope="module")
def cast(world: World, platform: Stack, second: str) -> Cast:
    return Cast(world, platform, second)


def test_a_scan_and_its_cancellation_are_told_to_the_family_and_the_desk_at_every_gateway(cast: Cast) -> None:
    pages = [
        Page(url, path, token).opened()
        for url in cast.urls
        for path, token in ((OWN, cast.holder), (cast.stream_of(DESK), cast.manager))
    ]
    visit_id = cast.scan()
    assert [page.visit() for page in pages] == [("recorded", visit_id)] * len(pages)
    cast.cancel(visit_id)
    assert [page.visit() for page in pages] == [("cancelled", visit_id)] * len(pages)
    for page in pages:
        page.close()
