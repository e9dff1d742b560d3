"""Pages that follow visits: what is scanned is told, to nobody else, nothing lost and nothing repeated."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chassis.broker.url import read_broker_url
from demo.acts.vouchers import sign_in
from demo.api import Visitor
from devstack.stack import Stack
from tests.chaos.links import linked
from tests.e2e.following import PATIENCE_S, Page, gateway_of_its_own, token_of
from tests.e2e.world import Card, World

DESK, OTHER_DESK = "Base des pages", "Base d’à côté"
OWN = "/v1/me/visits/stream"


def holder_of(world: World, card: Card) -> Visitor:
    """The card's holder, who signs in by the code that is mailed."""
    sign_in(world.stage, card.name)
    return world.stage.cast.holders[card.name]


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
        self.card, self.other_card = (
            world.bonus_card("Famille aux pages"),
            world.bonus_card("Famille aux autres pages"),
        )
        self.holder, self.other_holder = (
            token_of(holder_of(world, card)) for card in (self.card, self.other_card)
        )
        self.manager, self.other_manager = (token_of(manager_of(world, desk)) for desk in (DESK, OTHER_DESK))
        self.devices = {desk: world.device(desk) for desk in (DESK, OTHER_DESK)}
        self.gross_cents = 3_000
        self.pages: list[Page] = []

    def page(self, *opening: Any) -> Page:
        """A page, which is left at the end of its test."""
        self.pages.append(Page(*opening))
        return self.pages[-1]

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
def whole_cast(world: World, platform: Stack, second: str) -> Cast:
    return Cast(world, platform, second)


@pytest.fixture
def cast(whole_cast: Cast) -> Iterator[Cast]:
    yield whole_cast
    while whole_cast.pages:
        whole_cast.pages.pop().close()


def test_a_scan_and_its_cancellation_are_told_to_the_family_and_the_desk_at_every_gateway(cast: Cast) -> None:
    pages = [
        cast.page(url, path, token).opened()
        for url in cast.urls
        for path, token in ((OWN, cast.holder), (cast.stream_of(DESK), cast.manager))
    ]
    visit_id = cast.scan()
    assert [page.visit() for page in pages] == [("recorded", visit_id)] * len(pages)
    cast.cancel(visit_id)
    assert [page.visit() for page in pages] == [("cancelled", visit_id)] * len(pages)


def test_nobody_else_is_told(cast: Cast) -> None:
    others = [
        cast.page(cast.urls[0], OWN, cast.other_holder).opened(),
        cast.page(cast.urls[1], cast.stream_of(OTHER_DESK), cast.other_manager).opened(),
    ]
    cast.cancel(cast.scan())
    visit_id = cast.scan(OTHER_DESK, cast.other_card)
    assert [page.visit() for page in others] == [("recorded", visit_id)] * len(others)


def test_an_officer_follows_any_desk(cast: Cast) -> None:
    page = cast.page(cast.urls[0], cast.stream_of(OTHER_DESK), token_of(cast.world.officer)).opened()
    visit_id = cast.scan(OTHER_DESK)
    assert page.visit() == ("recorded", visit_id)


@pytest.mark.parametrize("whose", ["holder", "manager"])
def test_a_page_goes_on_at_another_gateway_and_misses_and_repeats_nothing(cast: Cast, whose: str) -> None:
    path, token = (OWN, cast.holder) if whose == "holder" else (cast.stream_of(DESK), cast.manager)
    page = cast.page(cast.urls[0], path, token).opened()
    first, second = cast.scan(), cast.scan()
    assert [page.visit() for _ in range(2)] == [("recorded", first), ("recorded", second)]
    page.close()

    third = cast.scan()
    cast.cancel(first)
    again = cast.page(cast.urls[1], path, token, page.last_id).opened()
    fourth = cast.scan()
    expected = [("recorded", third), ("cancelled", first), ("recorded", fourth)]
    assert [again.visit() for _ in expected] == expected
    again.close()

    # Nothing was missed by now.
    once_more = cast.page(cast.urls[0], path, token, again.last_id).opened()
    fifth = cast.scan()
    assert once_more.visit() == ("recorded", fifth)


def test_what_is_told_again_is_the_same_to_the_letter(cast: Cast) -> None:
    live = cast.page(cast.urls[0], OWN, cast.holder).opened()
    visit_id, before = cast.scan(), live.last_id
    told = live.next()
    missed = cast.page(cast.urls[1], OWN, cast.holder, before).opened().next()
    assert told
    assert missed
    assert (missed.name, missed.data) == (told.name, told.data)
    assert told.data == next(one for one in cast.world.redemptions(cast.card) if one["id"] == visit_id)


def test_after_the_broker_was_away_every_page_is_told_that_some_may_be_missing(
    cast: Cast, platform: Stack, tmp_path: Path
) -> None:
    uri = platform.environment("gateway")["AMQP_URI"]
    with (
        linked({"amqp": read_broker_url(uri).hosts[0].port}) as links,
        gateway_of_its_own(platform, tmp_path, AMQP_URI=links.uri("amqp", uri)) as (url, _process),
    ):
        pages = [
            cast.page(url, OWN, cast.holder).opened(),
            cast.page(url, cast.stream_of(DESK), cast.manager).opened(),
        ]
        links.turn(["amqp"], "cut")
        missed = cast.scan()
        links.turn(["amqp"], "open")
        for page in pages:
            gap = page.next()
            assert gap
            assert (gap.name, gap.id) == ("gap", "")
        # What is told goes on, and what was missed is told to a page that comes again.
        after = cast.scan()
        assert [page.visit() for page in pages] == [("recorded", after)] * 2
        again = cast.page(cast.urls[0], OWN, cast.holder, pages[0].last_id).opened()
        assert again.visit() == ("recorded", missed)


def test_a_gateway_that_stops_says_so_and_another_goes_on(
    cast: Cast, platform: Stack, tmp_path: Path
) -> None:
    with gateway_of_its_own(platform, tmp_path) as (url, process):
        page = cast.page(url, OWN, cast.holder).opened()
        first = cast.scan()
        assert page.visit() == ("recorded", first)
        process.terminate()
        (last,) = page.rest()
        assert (last.name, last.data["reason"]) == ("ended", "stopping")
        assert last.retry_ms >= 2_000
        assert process.wait(PATIENCE_S) == 0
    missed = cast.scan()
    again = cast.page(cast.urls[0], OWN, cast.holder, page.last_id).opened()
    assert again.visit() == ("recorded", missed)


def test_beyond_its_limit_a_gateway_refuses_in_words(cast: Cast, platform: Stack, tmp_path: Path) -> None:
    with gateway_of_its_own(platform, tmp_path, STREAMS_MAX="1") as (url, _process):
        cast.page(url, OWN, cast.holder).opened()
        refused = cast.page(url, OWN, cast.other_holder).refused()
        assert (refused["status"], refused["code"]) == (503, "streams_full")
        assert refused["message"]["fr"].startswith("Trop de pages")


def test_a_stream_ends_with_its_token(cast: Cast, platform: Stack) -> None:
    """Last here: the clock goes on by the life of a token."""
    page = cast.page(cast.urls[0], OWN, cast.holder).opened()
    cast.world.at(2020, 8, 20, 10, 30)
    (last,) = page.rest()
    assert (last.name, last.data["reason"]) == ("ended", "expired")
    assert last.data["message"].keys() == {"fr", "en"}
    assert cast.page(cast.urls[0], OWN, cast.holder).refused()["code"] == "not_authenticated"
