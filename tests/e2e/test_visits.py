"""A visit counts when it took place, through the gateway: in answers, lists, statistics and the receipt."""

from uuid import uuid4

import pytest

from demo.api import Refused
from devstack.stack import Stack
from sandbox.reading import wait_for_mails
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import RECEIPT, every_cent_has_arrived
from tests.e2e.world import World

DESK = "Base de la nuit"
SEEN, SEEN_UTC = "2020-08-10T23:58:00+02:00", "2020-08-10T21:58:00.000000Z"


@pytest.fixture(scope="module", autouse=True)
def desk(world: World) -> None:
    """A desk in a gorge, on a summer's evening."""
    world.at(2020, 8, 10, 20, 0)
    world.desk(DESK)


def test_a_visit_at_23_58_that_is_uploaded_at_00_03_is_of_10_august_everywhere(
    world: World, platform: Stack
) -> None:
    card, device = world.bonus_card("Famille du soir"), world.device(DESK)
    world.at(2020, 8, 11, 0, 3)
    answer = device.post("/v1/redemptions", world.bonus_scan(DESK, card, 1_000, occurred_at=SEEN))
    assert answer["occurred_at"] == SEEN_UTC
    assert answer["recorded_at"].startswith("2020-08-10T22:03")

    for listed in (*world.redemptions(card), *device.get("/v1/redemptions", since=SEEN)["redemptions"]):
        assert listed["id"] == answer["id"]
        assert (listed["occurred_at"], listed["recorded_at"]) == (SEEN_UTC, answer["recorded_at"])
        assert not listed["revoked_meanwhile"]
    wait_until_quiet(platform)
    assert world.sales(DESK, "2020-08-10", "2020-08-10")["redemptions"] == 1
    assert world.sales(DESK, "2020-08-11", "2020-08-11")["redemptions"] == 0
    (receipt,) = wait_for_mails(
        platform.mail_folder, lambda mail: mail.subject.startswith(RECEIPT), count=1, recipient=card.email
    )
    assert "10 août 2020 à 23 h 58" in receipt.text.replace("\u00a0", " ")


def test_the_csv_says_the_visits_day(world: World) -> None:
    provider_id = world.stage.cast.providers[DESK]["id"]
    days = {"from": "2020-08-01", "to": "2020-08-31", "by": "day"}
    sheet = world.officer.http.get(
        f"/v1/providers/{provider_id}/statistics",
        params=days,
        headers={"Authorization": f"Bearer {world.officer._token}", "Accept": "text/csv"},
    )
    assert "2020-08-10" in sheet.text
    assert "2020-08-11" not in sheet.text


def test_a_replayed_key_says_in_a_header_that_its_redemption_was_cancelled(
    world: World, platform: Stack
) -> None:
    card, device, key = world.bonus_card("Famille indécise"), world.device(DESK), uuid4().hex
    body = world.bonus_scan(DESK, card, 500)
    first = device.send("POST", "/v1/redemptions", key=key, json=body)
    again = device.send("POST", "/v1/redemptions", key=key, json=body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "Redemption-Cancelled-At" not in again.headers
    cancelled = device.post(f"/v1/redemptions/{first.json()['id']}/cancellation")
    after = device.send("POST", "/v1/redemptions", key=key, json=body)
    assert (after.status_code, after.content) == (201, first.content)
    assert after.headers["Redemption-Cancelled-At"] == cancelled["cancelled_at"]
    every_cent_has_arrived(platform)


def test_a_stolen_card_used_before_its_revocation_is_accepted_and_marked_for_the_officer(
    world: World,
) -> None:
    world.at(2020, 8, 12, 14, 0)
    card, device = world.bonus_card("Famille volée"), world.device(DESK)
    world.at(2020, 8, 12, 14, 20)
    world.officer.post(f"/v1/cards/{card.id}/revocation", {"reason": "stolen"})
    world.at(2020, 8, 12, 14, 25)
    scan = world.bonus_scan(DESK, card, 1_000, occurred_at="2020-08-12T14:15:00+02:00")
    assert device.post("/v1/redemptions", scan)["message"]["fr"].startswith("Carte annulée depuis")
    (used,) = world.redemptions(card)
    assert used["revoked_meanwhile"]
    with pytest.raises(Refused, match="card_revoked"):
        device.post("/v1/redemptions", {**scan, "occurred_at": "2020-08-12T14:21:00+02:00"})


def test_two_phones_at_one_gate_count_one_family_once(world: World) -> None:
    world.at(2020, 8, 13, 10, 0)
    card = world.bonus_card("Famille au portail")
    scan = world.bonus_scan(DESK, card, 1_000)
    first, second = (world.device(DESK).post("/v1/redemptions", scan) for _ in range(2))
    assert (second["already_counted"], second["id"]) == (True, first["id"])
    third = world.device(DESK).post("/v1/redemptions", {**scan, "second_visit": True})
    assert (third["already_counted"], third["id"] == first["id"]) == (False, False)
