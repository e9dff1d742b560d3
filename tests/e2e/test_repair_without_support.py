"""A mistyped address is repaired by those whose order it is, through the API alone."""

import re
from typing import Any
from uuid import uuid4

import pytest

from demo import people
from demo.acts.checking import wait_for_card
from demo.acts.ordering import order
from demo.acts.vouchers import has_pdf, read_pdf, sign_in
from demo.api import Refused, Visitor
from demo.stage import eventually
from devstack.stack import Stack
from sandbox.reading import Mail, wait_for_mails
from tests.e2e.quiet import wait_until_quiet
from tests.e2e.world import MEMBERS, World, email_of

MAILS_AN_HOUR = 3
CHANGED = "Adresse modifiée"


def mistyped(world: World, name: str) -> tuple[dict[str, Any], str]:
    """A family's order with a mistyped address, and the address that it should have had."""
    right = email_of(f"{name} {uuid4().hex[:8]}")
    holder = people.holder(
        "Maëlys",
        "D'Hers",
        "1991-02-03",
        right.replace("example.org", "exmaple.org"),
        people.RODEZ,
        birth_name="D'Hers",
        sex="F",
        birth_place={"country": "99100", "insee": "12202"},
    )
    return order(world.stage, name, world.partner, "family_bonus", holder, MEMBERS), right


def path(placed: dict[str, Any], what: str) -> str:
    return f"/v1/orders/{placed['id']}/{what}"


def mailed_code(platform: Stack, email: str, count: int = 1) -> str:
    """The digits of the newest mail that confirms an address."""
    mails = wait_for_mails(
        platform.mail_folder,
        lambda mail: mail.subject.startswith("Confirmez cette adresse"),
        count=count,
        recipient=email,
        timeout_s=60,
    )
    found = re.search(r"(?<!\d)\d{6}(?!\d)", mails[-1].text)
    assert found, "the mail holds a code of 6 digits"
    return found.group()


def correct(world: World, platform: Stack, who: Visitor, placed: dict[str, Any], email: str) -> None:
    """Ask for another address and confirm it."""
    assert "expires_at" in who.post(path(placed, "email-changes"), {"email": f" {email} "})
    who.post(path(placed, "email-changes/confirm"), {"code": mailed_code(platform, email)})
    world.stage.cast.orders[who_ordered(world, placed)]["email"] = email


def who_ordered(world: World, placed: dict[str, Any]) -> str:
    return next(name for name, kept in world.stage.cast.orders.items() if kept["id"] == placed["id"])


def vouchers(platform: Stack, email: str, count: int) -> list[Mail]:
    return wait_for_mails(platform.mail_folder, has_pdf, count=count, recipient=email, timeout_s=60)


def printed(mail: Mail) -> dict[str, str]:
    return read_pdf(next(one for one in mail.attachments if one.media_type == "application/pdf").content)


def test_a_mistyped_address_is_corrected_with_the_code_mailed_to_the_new_one(
    world: World, platform: Stack
) -> None:
    world.at(2020, 8, 5, 10, 0)
    name = "Famille pressée"
    placed, right = mistyped(world, name)
    world.accept(name)
    card_id = wait_for_card(world.stage, name)
    wrong = world.stage.cast.orders[name]["email"]
    (lost,) = vouchers(platform, wrong, 1)

    sign_in(world.stage, name)
    stranger = world.stage.cast.holders[name]
    assert stranger.get(f"/v1/cards/{card_id}")["id"] == card_id

    # They cannot sign in with the right address: what they have is the order's secret.
    correct(world, platform, world.owner(name), placed, right)
    (found,) = vouchers(platform, right, 1)
    assert printed(found) == printed(lost)

    world.stage.cast.orders[name]["codes_read"] = 0
    wait_until_quiet(platform)
    sign_in_after_repair(world, platform, name)
    assert world.stage.cast.holders[name].get(f"/v1/cards/{card_id}")["id"] == card_id
    # The token of before is out yet, and sees the order no more.
    with pytest.raises(Refused, match="not_found"):
        stranger.get(f"/v1/cards/{card_id}")


def sign_in_after_repair(world: World, platform: Stack, name: str) -> None:
    """By the code of the sign-in mail, not by that of the change."""
    email = world.stage.cast.orders[name]["email"]

    def read_code() -> str:
        mails = wait_for_mails(
            platform.mail_folder,
            lambda mail: mail.subject.startswith("Votre code de connexion"),
            recipient=email,
            timeout_s=60,
        )
        found = re.search(r"(?<!\d)\d{6}(?!\d)", mails[-1].text)
        assert found
        return found.group()

    world.stage.cast.holders[name] = world.stage.api.holder(name, email, read_code)


def test_the_old_one_is_told(world: World, platform: Stack) -> None:
    world.at(2020, 8, 5, 11, 0)
    name = "Famille prévenue"
    placed, right = mistyped(world, name)
    wrong = world.stage.cast.orders[name]["email"]
    correct(world, platform, world.partner, placed, right)
    (told,) = wait_for_mails(
        platform.mail_folder,
        lambda mail: mail.subject.startswith(CHANGED),
        recipient=wrong,
        timeout_s=60,
    )
    assert placed["id"] in told.text
    assert f"{right[0]}•••@f•••.org" in told.text
    assert right not in told.text
    # Nothing of the new one, and no voucher yet: the card is not made.
    assert not told.attachments
    world.accept(name)
    wait_for_card(world.stage, name)
    assert len(vouchers(platform, right, 1)) == 1


def test_the_voucher_is_sent_again_a_limited_number_of_times(world: World, platform: Stack) -> None:
    world.at(2020, 8, 5, 12, 0)
    name = "Famille étourdie"
    placed = world.order_bonus(name)
    owner, email = world.owner(name), world.stage.cast.orders[name]["email"]
    eventually(lambda: world.whole_order(name)["checks"], "checks")
    with pytest.raises(Refused, match="card_not_made"):
        owner.post(path(placed, "voucher-mails"))
    world.accept(name)
    wait_for_card(world.stage, name)
    for who in (owner, world.partner, world.officer):
        key = uuid4().hex
        for _ in range(2):
            who.post(path(placed, "voucher-mails"), key=key)
    sent = vouchers(platform, email, 1 + MAILS_AN_HOUR)
    assert len({mail.message_id for mail in sent}) == 1 + MAILS_AN_HOUR
    with pytest.raises(Refused, match="too_many_mails") as refused:
        owner.post(path(placed, "voucher-mails"))
    assert refused.value.status == 429
    assert "minutes" in refused.value.problem["message"]["fr"]

    card_id = world.whole_order(name)["card_id"]
    world.officer.post(f"/v1/cards/{card_id}/revocation", {"reason": "lost"})
    with pytest.raises(Refused, match="card_revoked"):
        owner.post(path(placed, "voucher-mails"))


def test_a_stranger_can_do_neither(world: World, platform: Stack) -> None:
    world.at(2020, 8, 5, 13, 0)
    placed, right = mistyped(world, "Famille tranquille")
    other = world.order_bonus("Famille voisine")
    sign_in(world.stage, "Famille voisine")
    strangers = (
        world.stage.api.public("personne"),
        world.stage.api.public("voisine", order_secret=other["order_secret"]),
        world.stage.cast.partners["phone_desk"],
        world.stage.cast.holders["Famille voisine"],
    )
    world.owner("Famille tranquille").post(path(placed, "email-changes"), {"email": right})
    code = mailed_code(platform, right)
    for stranger in strangers:
        for what, body in (
            ("email-changes", {"email": "voleur@example.org"}),
            ("email-changes/confirm", {"code": code}),
            ("voucher-mails", None),
        ):
            with pytest.raises(Refused, match="not_found"):
                stranger.post(path(placed, what), body)
    # The code is still good for those whose order it is.
    world.officer.post(path(placed, "email-changes/confirm"), {"code": code})


def test_a_wrong_code_changes_nothing(world: World, platform: Stack) -> None:
    world.at(2020, 8, 5, 14, 0)
    name = "Famille patiente"
    placed, right = mistyped(world, name)
    owner = world.owner(name)
    with pytest.raises(Refused, match="email_code_refused"):
        owner.post(path(placed, "email-changes/confirm"), {"code": "000000"})
    owner.post(path(placed, "email-changes"), {"email": right})
    code = mailed_code(platform, right)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        with pytest.raises(Refused, match="email_code_refused") as refused:
            owner.post(path(placed, "email-changes/confirm"), {"code": wrong})
        assert (refused.value.status, refused.value.field) == (422, "code")
    with pytest.raises(Refused, match="email_code_refused"):
        owner.post(path(placed, "email-changes/confirm"), {"code": code})
    world.accept(name)
    wait_for_card(world.stage, name)
    assert len(vouchers(platform, world.stage.cast.orders[name]["email"], 1)) == 1
