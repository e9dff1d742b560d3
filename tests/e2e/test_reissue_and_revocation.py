"""A card is lost: its code is worth nothing any more, a new voucher comes, and the pot stays the family's."""

import pytest

from demo.acts.vouchers import has_pdf, sign_in
from demo.api import Refused
from devstack.stack import Stack
from sandbox.reading import wait_for_mails
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.story_checks import every_cent_has_arrived, mails_about
from tests.e2e.world import BONUS_POT_CENTS, World

DESK = "Moulin de la Chouette"
NAME = "Famille distraite"


def test_a_lost_card_is_revoked_and_reissued_and_the_pot_goes_on(world: World, platform: Stack) -> None:
    world.at(2020, 8, 3, 10, 0)
    world.desk(DESK)
    device = world.device(DESK)
    lost = world.bonus_card(NAME)
    device.post("/v1/redemptions", world.bonus_scan(DESK, lost, 1_000))

    sign_in(world.stage, NAME)
    holder = world.stage.cast.holders[NAME]
    revoked = holder.post(f"/v1/cards/{lost.id}/revocation", {"reason": "lost"})
    assert revoked["state"] == "revoked"
    with pytest.raises(Refused, match="card_revoked"):
        device.post("/v1/redemptions", world.bonus_scan(DESK, lost, 500))

    new = holder.post(f"/v1/cards/{lost.id}/reissue")
    assert (new["state"], new["replaces"], new["valid_until"]) == ("valid", lost.id, revoked["valid_until"])
    vouchers = wait_for_mails(platform.mail_folder, has_pdf, count=2, recipient=lost.email, timeout_s=60)
    assert len({mail.message_id for mail in vouchers}) == 2
    found = world.voucher_of(NAME, new["id"])
    assert found.number != lost.number
    assert found.qr != lost.qr

    assert world.pot(found)["remaining_cents"] == BONUS_POT_CENTS - 1_000
    with pytest.raises(Refused, match="card_revoked"):
        device.post("/v1/redemptions", world.bonus_scan(DESK, lost, 500))
    answer = device.post("/v1/redemptions", world.bonus_scan(DESK, found, 2_000))
    assert answer["pot_remaining_cents"] == BONUS_POT_CENTS - 3_000

    wait_until_quiet(platform)
    assert world.payable_cents(DESK) == 3_000
    assert len(mails_about(platform, lost.email, "Carte annulée", 1)) == 1
    every_cent_has_arrived(platform)


def test_a_card_is_reissued_once_and_only_after_it_was_revoked(world: World) -> None:
    world.at(2020, 8, 4, 10, 0)
    card = world.bonus_card("Famille prudente")
    with pytest.raises(Refused, match="card_not_revoked"):
        world.officer.post(f"/v1/cards/{card.id}/reissue")
    world.officer.post(f"/v1/cards/{card.id}/revocation", {"reason": "stolen"})
    world.officer.post(f"/v1/cards/{card.id}/reissue")
    with pytest.raises(Refused, match="already_exists"):
        world.officer.post(f"/v1/cards/{card.id}/reissue")
