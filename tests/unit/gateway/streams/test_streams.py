"""Pages on real connections: what each is told, when it is dropped, and how its stream ends."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chassis.calls.client import RpcUnavailable
from chassis.calls.tokens import sign
from chassis.clock import now
from contracts.refusals import Refusal
from gateway.streams.hub import STREAMS_PER_CALLER_MAX, UNTAKEN_BYTES_MAX, WAITING_MAX, Hub
from gateway.streams.telling import RETRY_MS, RETRY_SPREAD_MS
from tests.unit.gateway.streams.serving import (
    ASKED_OF_HOLDER,
    ASKED_OF_PROVIDER,
    NOON,
    OWN,
    OWN_PATH,
    PROVIDER,
    PROVIDER_PATH,
    Served,
    answer,
    at,
    listed,
    played,
    recorded,
    visit_id,
)

Story = Callable[[Served], Coroutine[Any, Any, None]]
Play = Callable[..., None]
Headers = Callable[..., dict[str, str]]


@pytest.fixture
def play(public_keys: str, token_of: Headers) -> Play:
    """``play(story)``: as a holder, with a hub of its own."""

    def playing(story: Story, streams_max: int = 1_000) -> None:
        played(story, public_keys, token_of(kind="holder", subject=OWN), Hub(streams_max))

    return playing


def test_holder_and_provider_are_told_each_once_whatever_the_bus_repeats(
    play: Play, token_of: Headers
) -> None:
    async def story(gateway: Served) -> None:
        own = await gateway.page()
        desk = await gateway.page(PROVIDER_PATH, token_of(subject="stf_2"))
        for event in (
            recorded(1),
            recorded(1),
            recorded(2, 1),
            recorded(1, 0, cancelled_at=at(2)),
            recorded(2, 1),
        ):
            gateway.hub.tell(event)
        gateway.hub.tell(recorded(3, 3))
        for page in (own, desk):
            assert page.headers["content-type"].startswith("text/event-stream")
            assert page.headers["cache-control"] == "no-store"
            assert [await page.visit() for _ in range(4)] == [
                ("recorded", visit_id(1)),
                ("recorded", visit_id(2)),
                ("cancelled", visit_id(1)),
                ("recorded", visit_id(3)),
            ]

    play(story)


def test_a_change_is_the_visit_as_the_list_shows_it(play: Play) -> None:
    async def story(gateway: Served) -> None:
        page = await gateway.page()
        gateway.hub.tell(recorded(1, 5, visited_at=at(1), cancelled_at=at(9), revoked_meanwhile=True))
        told = await page.next()
        assert told
        assert told.data == {
            "id": visit_id(1),
            "card_id": "card_1",
            "offer_id": "off_1",
            "provider_id": PROVIDER,
            "site_id": "site_1",
            "gross_cents": 1_000,
            "reduction_cents": 200,
            "net_cents": 800,
            "paid_from_pot_cents": 0,
            "due_cents": 800,
            "occurred_at": at(1),
            "recorded_at": at(5),
            "revoked_meanwhile": True,
            "cancelled_at": at(9),
        }

    play(story)


def test_nobody_is_told_of_others_visits(play: Play, token_of: Headers) -> None:
    other_desk = PROVIDER[:-1] + "2"

    async def story(gateway: Served) -> None:
        pages = [
            await gateway.page(headers=token_of(kind="holder", subject="acc_2")),
            await gateway.page(PROVIDER_PATH.replace(PROVIDER, other_desk), token_of(subject="stf_2")),
        ]
        gateway.hub.tell(recorded(1))
        gateway.hub.tell(recorded(2, account_id=None))
        gateway.hub.tell(recorded(3, account_id="acc_2", provider_id=other_desk))
        assert [await page.visit() for page in pages] == [("recorded", visit_id(3))] * 2

    play(story)


def test_staff_of_a_programme_are_told_of_its_visits_only(play: Play, signing_key: str) -> None:
    claims = {"sub": "stf_3", "kind": "staff", "scope": "statistics:read", "programmes": ["passresot66"]}
    token = sign(claims, signing_key, 60)

    async def story(gateway: Served) -> None:
        page = await gateway.page(PROVIDER_PATH, {"Authorization": f"Bearer {token}"})
        gateway.hub.tell(recorded(1))
        gateway.hub.tell(recorded(2, programme="passresot66"))
        assert await page.visit() == ("recorded", visit_id(2))

    play(story)


def test_what_comes_while_a_stream_is_opened_is_told_once_after_what_was_missed(play: Play) -> None:
    async def story(gateway: Served) -> None:
        first = await gateway.page()

        def meanwhile() -> None:
            gateway.hub.tell(recorded(2, 2))
            gateway.hub.tell(recorded(3, 3))

        gateway.news.meanwhile = meanwhile
        gateway.services.answers[ASKED_OF_HOLDER] = answer(listed(1, 1), listed(2, 2))
        page = await gateway.page(last_id=first.last_id)
        assert [await page.visit() for _ in range(3)] == [("recorded", visit_id(one)) for one in (1, 2, 3)]
        assert gateway.services.calls[-1] == (ASKED_OF_HOLDER, {"since": NOON})

    play(story)


def test_a_page_that_goes_on_is_told_what_it_has_not_heard(play: Play) -> None:
    async def story(gateway: Served) -> None:
        page = await gateway.page()
        gateway.hub.tell(recorded(1, 10))
        gateway.hub.tell(recorded(3, 30))
        await page.visit()
        await page.visit()
        changes = [listed(1, 10), listed(2, 20), listed(3, 30), listed(1, 40, "cancelled")]
        gateway.services.answers[ASKED_OF_HOLDER] = answer(*changes)
        again = await gateway.page(last_id=page.last_id)
        # The bus brings one of them late.
        gateway.hub.tell(recorded(2, 20))
        gateway.hub.tell(recorded(4, 50))
        assert [await again.visit() for _ in range(3)] == [
            ("recorded", visit_id(2)),
            ("cancelled", visit_id(1)),
            ("recorded", visit_id(4)),
        ]

    play(story)


def test_a_page_that_was_away_for_too_long_is_told_to_read_the_list(play: Play) -> None:
    async def story(gateway: Served) -> None:
        page = await gateway.page()
        gateway.services.answers[ASKED_OF_HOLDER] = answer(listed(1, 40), since=at(40), complete=False)
        again = await gateway.page(last_id=page.last_id)
        assert again.last_id.startswith(at(40))
        told = await again.next()
        assert told
        assert (told.name, told.id) == ("gap", "")
        assert told.data["message"].keys() == {"fr", "en"}
        gateway.hub.tell(recorded(1, 40))
        gateway.hub.tell(recorded(2, 50))
        assert await again.visit() == ("recorded", visit_id(2))

    play(story)


def test_a_gap_while_a_stream_is_opened_is_told(play: Play) -> None:
    async def story(gateway: Served) -> None:
        def too_many() -> None:
            for number in range(WAITING_MAX + 1):
                gateway.hub.tell(recorded(number))

        for meanwhile in (gateway.hub.tell_gap, too_many):
            gateway.news.meanwhile = meanwhile
            told = await (await gateway.page()).next()
            assert told
            assert told.name == "gap"

    play(story)


def test_after_a_gap_a_page_stands_where_it_stood(play: Play) -> None:
    async def story(gateway: Served) -> None:
        page = await gateway.page()
        before = page.last_id
        gateway.hub.tell_gap()
        told = await page.next()
        assert told
        assert (told.name, page.last_id) == ("gap", before)

    play(story)


def test_who_reads_slowly_is_dropped_and_told_where_to_go_on_and_others_are_not(play: Play) -> None:
    async def story(gateway: Served) -> None:
        slow, other = await gateway.page(narrow=True), await gateway.page()
        number = 0
        while len(gateway.hub._all) == 2:
            number += 1
            gateway.hub.tell(recorded(number, number / 100))
            assert await other.visit() == ("recorded", visit_id(number))
        *told, last = await slow.rest()
        said = sum(len(one.id) + len(json.dumps(one.data)) for one in told)
        assert UNTAKEN_BYTES_MAX < said < 2 * UNTAKEN_BYTES_MAX
        assert [one.data["id"] for one in told] == [visit_id(one) for one in range(1, len(told) + 1)]
        assert (last.name, last.data["reason"], last.data["last_id"]) == ("dropped", "dropped", told[-1].id)
        gateway.hub.tell(recorded(number + 1, number / 100 + 1))
        assert await other.visit() == ("recorded", visit_id(number + 1))

    play(story)


def test_who_takes_nothing_at_all_is_cut_off(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.streams.hub.LINGER_S", 0.01)

    async def story(gateway: Served) -> None:
        await gateway.page(narrow=True)
        number = 0
        while gateway.hub._all:
            number += 1
            gateway.hub.tell(recorded(number, number / 100))
        await gateway.until(lambda: not gateway.state.connections)

    play(story)


def test_a_stream_ends_with_its_token_and_nothing_is_told_after(play: Play, token_of: Headers) -> None:
    async def story(gateway: Served) -> None:
        pages = [
            await gateway.page(headers=token_of(kind="holder", subject=OWN, lifetime_s=60)) for _ in range(2)
        ]
        later = now().timestamp() + 61
        pages.append(await gateway.page(headers=token_of(kind="holder", subject=OWN, lifetime_s=600)))
        first, *_ = gateway.hub._all
        first.beat(later)
        for listener in gateway.hub._all:
            listener.ends_at -= 61
        gateway.hub.tell(recorded(1))
        for page in pages[:2]:
            (last,) = await page.rest()
            assert (last.name, last.data["reason"]) == ("ended", "expired")
            assert last.data["message"]["fr"].startswith("Votre connexion a expiré")
        assert await pages[2].visit() == ("recorded", visit_id(1))

    play(story)


def test_every_page_is_kept_by_a_beat(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.streams.hub.BEAT_S", 0.2)

    async def story(gateway: Served) -> None:
        for page in [await gateway.page() for _ in range(5)]:
            assert await page.reader.readexactly(6) == b":\n\n:\n\n"

    play(story)


def test_a_gateway_that_stops_ends_its_streams_and_spreads_those_who_come_again(play: Play) -> None:
    async def story(gateway: Served) -> None:
        pages = [await gateway.page() for _ in range(STREAMS_PER_CALLER_MAX)]
        for connection in list(gateway.state.connections):
            connection.shutdown()
        ends = [await page.rest() for page in pages]
        assert {(last.name, last.data["reason"]) for (last,) in ends} == {("ended", "stopping")}
        retries = {last.retry_ms for (last,) in ends}
        assert all(RETRY_MS <= retry_ms <= RETRY_SPREAD_MS for retry_ms in retries)
        assert len(retries) > 1
        await gateway.until(lambda: not gateway.state.connections)
        assert not gateway.hub._all

    play(story)


def test_beyond_the_limits_a_page_is_refused_in_words_until_another_leaves(
    play: Play, token_of: Headers
) -> None:
    async def story(gateway: Served) -> None:
        pages = [await gateway.page() for _ in range(STREAMS_PER_CALLER_MAX)]
        assert (await gateway.problem())["code"] == "too_many_streams"
        other = token_of(kind="holder", subject="acc_2")
        pages.append(await gateway.page(headers=other))
        full = await gateway.problem(headers=other)
        assert (full["status"], full["code"], full["retry_after"]) == (503, "streams_full", "10")
        assert full["message"]["fr"].startswith("Trop de pages")
        pages[0].leave()
        await gateway.until(lambda: len(gateway.hub._all) == STREAMS_PER_CALLER_MAX)
        await gateway.page(headers=other)

    play(story, streams_max=STREAMS_PER_CALLER_MAX + 1)


def test_what_cannot_be_opened_is_a_problem_and_leaves_nothing(play: Play) -> None:
    async def story(gateway: Served) -> None:
        for last_id in ("yesterday", " ", "2020-13-41T12:00:00.000000Z~", f"{NOON}~r12345"):
            wrong = await gateway.problem(last_id=last_id)
            assert (wrong["status"], wrong["field"]) == (422, "Last-Event-ID"), last_id
        behind = await gateway.problem(behind=b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        assert (behind["status"], behind["code"]) == (400, "bad_request")
        gateway.services.answers[ASKED_OF_PROVIDER] = Refusal("not_found")
        assert (await gateway.problem(PROVIDER_PATH))["code"] == "not_found"
        gateway.services.answers[ASKED_OF_HOLDER] = RpcUnavailable("cards")
        assert (await gateway.problem())["code"] == "try_again"
        gateway.hub.news = None
        assert (await gateway.problem())["code"] == "try_again"
        assert not gateway.hub._all
        assert gateway.hub._by_whom == {}
        assert gateway.hub._by_caller == {}

    play(story)


def test_a_head_is_answered_and_over(play: Play) -> None:
    async def story(gateway: Served) -> None:
        page = await gateway.page(OWN_PATH, method="HEAD")
        assert (page.status, page.headers["content-type"][:17]) == (200, "text/event-stream")
        assert not gateway.hub._all

    play(story)
