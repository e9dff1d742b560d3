"""The stream that a card's page follows."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.portal.serving import portal
from tests.portal.test_sign_in import FORM
from tests.server_sent import Told, told_by

STREAM = "/mon-espace/visites/flux"


def told(lines: Iterator[str]) -> Told:
    """The next event, comments apart."""
    while True:
        if found := told_by(list(iter(lambda: next(lines), ""))):
            return found


@pytest.fixture
def holder(browser: httpx.Client) -> httpx.Client:
    """Somebody who has signed in by a code."""
    assert browser.post("/connexion/code", data=FORM).status_code == 303
    return browser


def test_a_page_is_told_of_a_visit_and_goes_on_where_it_stood(holder: httpx.Client) -> None:
    with holder.stream("GET", STREAM, headers={"Last-Event-ID": "stood~here"}) as answer:
        lines = answer.iter_lines()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Cache-Control"] == "no-store"
        assert told(lines).id == "stood~here"
        visit = told(lines)
    assert (visit.name, visit.data) == ("recorded", {"id": "red_0"})


def test_only_who_has_signed_in_follows_and_nobody_is_sent_to_the_stream(browser: httpx.Client) -> None:
    assert browser.get(STREAM).status_code == 401
    assert browser.post("/connexion/code", data=FORM).headers["Location"] == "/mon-espace"


def test_whoever_asks_for_the_head_only_has_no_stream(holder: httpx.Client) -> None:
    answer = holder.head(STREAM)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_token_that_has_ended_is_renewed_before_the_stream_begins(browser: httpx.Client) -> None:
    browser.post("/connexion/code", data=FORM | {"code": "111111"})
    with browser.stream("GET", STREAM) as answer:
        assert answer.status_code == 200
        assert "session" in answer.headers["Set-Cookie"]


def test_many_pages_follow_and_others_are_still_answered(holder: httpx.Client) -> None:
    streams = [holder.stream("GET", STREAM) for _ in range(90)]
    more = httpx.Client(base_url=holder.base_url, cookies=holder.cookies, trust_env=False)
    opened = [one.__enter__() for one in streams]
    try:
        assert {one.status_code for one in opened} == {200}
        with more:
            assert more.get("/mon-espace/cartes/car_1").status_code == 200
    finally:
        for one in streams:
            one.__exit__(None, None, None)


def test_a_stop_ends_streams_as_a_whole_so_that_pages_come_again(gateway_url: str, tmp_path: Path) -> None:
    with portal(gateway_url, tmp_path) as browser:
        browser.post("/connexion/code", data=FORM)
        url, cookies = browser.base_url, browser.cookies
        outside = httpx.Client(base_url=url, cookies=cookies, trust_env=False)
        following = outside.stream("GET", STREAM)
        lines = following.__enter__().iter_lines()
        told(lines)
    # An answer that was cut short would raise.
    assert [line for line in lines if line.startswith("id: third")] == []
    following.__exit__(None, None, None)
    outside.close()
    assert "stop_cut_short" not in (tmp_path / "portal.log").read_text()
