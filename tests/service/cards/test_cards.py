"""Cards: read by their owners, found by officers, revoked and reissued; offers by version in any order."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from cards import catalogue, published, reading, reissuing, revoking
from chassis.calls.caller import ANONYMOUS
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.offers import OfferWithdrawn
from contracts.refusals import Refusal
from tests.admission import admitted


def revoke(stage: Any, card_id: str, reason: str, caller: Any = None) -> Any:
    """Revoke a card, as an officer unless said otherwise."""
    with stage.db.transaction() as session:
        return revoking.revoke_card(
            session,
            admitted(caller or stage.caller("officer"), "cards.revoke_card"),
            stage.programmes,
            idempotency_key=new_id("key"),
            card_id=card_id,
            reason=reason,  # type: ignore[arg-type]
        )


def reissue(stage: Any, card_id: str, caller: Any = None, key: str | None = None) -> Any:
    """Reissue a card, as an officer unless said otherwise."""
    with stage.db.transaction() as session:
        return reissuing.reissue_card(
            session,
            admitted(caller or stage.caller("officer"), "cards.reissue_card"),
            stage.programmes,
            stage.keys,
            idempotency_key=key or new_id("key"),
            card_id=card_id,
        )


def read(stage: Any, what: str, caller: Any, **by: Any) -> Any:
    """Call one of the reading functions."""
    more = {
        "get_card": (stage.programmes,),
        "get_pots": (stage.programmes,),
        "get_voucher": (stage.keys,),
        "lookup_card": (stage.programmes, stage.keys),
    }
    with stage.db.transaction() as session:
        return getattr(reading, what)(session, caller, *more.get(what, ()), **by)


def test_a_holder_reads_their_own_card_voucher_pots_and_use(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    redemption = stage.redeem(stage.scan(card, offer, pay_cents=1000))
    holder = stage.caller("holder", subject=card.account_id)
    view = read(stage, "get_card", holder, card_id=card.id)
    assert (view["state"], view["number_ends"]) == ("valid", card.number[-4:])
    voucher = read(stage, "get_voucher", holder, card_id=card.id)
    assert (voucher["number"], voucher["qr_text"], voucher["card_code"]) == (
        card.number,
        card.qr_text,
        card.card_code,
    )
    assert (voucher["adults"], voucher["children"]) == (1, 2)
    pots = read(stage, "get_pots", holder, card_id=card.id)
    assert pots["remaining_cents"] == 6000
    assert pots["pots"][0]["label"]["fr"] == "Cagnotte Région"
    page = read(stage, "find_card_redemptions", holder, card_id=card.id, cursor=None, limit=10)
    assert [each["id"] for each in page["redemptions"]] == [redemption["id"]]


@pytest.mark.parametrize("what", ["get_card", "get_voucher", "get_pots"])
def test_a_card_does_not_exist_for_anybody_else(stage: Any, what: str) -> None:
    card = stage.card()
    strangers = (
        ANONYMOUS,
        stage.caller("holder"),
        stage.caller("partner"),
        stage.caller("office_officer"),
        stage.caller("provider_manager"),
        stage.device(),
    )
    for caller in strangers:
        with pytest.raises(Refusal, match="not_found"):
            read(stage, what, caller, card_id=card.id)
    assert read(stage, what, stage.caller("service"), card_id=card.id)


def test_an_officer_finds_a_card_by_what_is_printed_and_learns_nothing_of_others(stage: Any) -> None:
    card, officer = stage.card(), stage.caller("officer")
    spaced = " ".join(card.number[i : i + 4] for i in range(0, 16, 4))
    assert read(stage, "lookup_card", officer, number=spaced, qr=None)["id"] == card.id
    assert read(stage, "lookup_card", officer, number=None, qr=card.qr_text)["id"] == card.id
    dashed, read_so = spaced.replace(" ", "\u2013"), f"]Q1{card.qr_text.lower()}\r"
    assert read(stage, "lookup_card", officer, number=dashed, qr=None)["id"] == card.id
    assert read(stage, "lookup_card", officer, number=None, qr=read_so)["id"] == card.id
    for number, qr in (("0" * 16, None), (None, "OCY1:" + "A" * 26)):
        with pytest.raises(Refusal, match="unknown_card"):
            read(stage, "lookup_card", officer, number=number, qr=qr)
    for number, qr, name in (("12", None, "number"), (None, "x", "qr")):
        with pytest.raises(Refusal, match="not_a_card_code") as caught:
            read(stage, "lookup_card", officer, number=number, qr=qr)
        assert caught.value.field == name
    with pytest.raises(Refusal, match="invalid_field"):
        read(stage, "lookup_card", officer, number=None, qr=None)
    with pytest.raises(Refusal, match="not_allowed"):
        admitted(stage.caller("holder"), "cards.lookup_card")


def test_a_devices_scans_come_in_pages_newest_first(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    made = [
        stage.redeem(stage.scan(card, offer, gross_cents=4000 + step), device=device)["id"]
        for step in range(5)
    ]
    stage.redeem(stage.scan(card, offer))
    first = read(stage, "find_device_redemptions", device, since=None, cursor=None, limit=3)
    rest = read(stage, "find_device_redemptions", device, since=None, cursor=first["next_cursor"], limit=3)
    assert {each["id"] for each in first["redemptions"] + rest["redemptions"]} == set(made)
    assert (len(first["redemptions"]), rest["next_cursor"]) == (3, None)
    later = "2020-07-11T00:00:00+02:00"
    none = read(stage, "find_device_redemptions", device, since=later, cursor=None, limit=3)
    assert none == {"redemptions": [], "next_cursor": None}
    for wrong in ({"since": "2020-07-11", "cursor": None}, {"since": None, "cursor": "red_of_nobody"}):
        with pytest.raises(Refusal, match="invalid_field"):
            read(stage, "find_device_redemptions", device, limit=3, **wrong)


def test_a_lost_card_is_reissued_with_the_same_days_and_pots_and_a_new_number(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    holder = stage.caller("holder", subject=card.account_id)
    assert revoke(stage, card.id, "lost", holder)["state"] == "revoked"
    new = reissue(stage, card.id, holder, key="reissue-it")
    assert reissue(stage, card.id, holder, key="reissue-it") == new
    printed = stage.printed(id=new["id"])
    assert printed.number != card.number
    assert printed.qr_text != card.qr_text
    assert read(stage, "get_card", holder, card_id=card.id)["replaced_by"] == new["id"]
    assert new["replaces"] == card.id
    assert stage.announced("card_validated")[-1]["replaces"] == card.id
    with pytest.raises(Refusal, match="card_revoked"):
        stage.redeem(stage.scan(card, offer))
    assert stage.redeem(stage.scan(printed, offer, pay_cents=1000))["pot_remaining_cents"] == 6000


def test_a_reissued_card_goes_on_where_the_lost_one_stopped(stage: Any) -> None:
    holder = {"organisation": "OT de Collioure", "birth_date": "1990-01-01"}
    card = stage.card(stage.request("staff", programme="passresot66", holder=holder, members=[]))
    offer = stage.publish(programme="passresot66", card_types=["staff"], audience="holder", kind="free")
    scan = {"party": {"adults": 1, "children": 0}, "gross_cents": 900}
    stage.redeem(stage.scan(card, offer, **scan))
    revoke(stage, card.id, "lost")
    new = stage.printed(id=reissue(stage, card.id)["id"])
    with pytest.raises(Refusal, match="usage_limit_reached"):
        stage.redeem(stage.scan(new, offer, **scan))


def test_a_card_is_reissued_only_once_and_only_when_revoked_for_no_fraud(stage: Any) -> None:
    card = stage.card()
    with pytest.raises(Refusal, match="card_not_revoked"):
        reissue(stage, card.id)
    revoke(stage, card.id, "stolen")
    with pytest.raises(Refusal, match="card_already_revoked"):
        revoke(stage, card.id, "stolen")
    new = reissue(stage, card.id)
    with pytest.raises(Refusal, match="already_exists"):
        reissue(stage, card.id)
    revoke(stage, new["id"], "fraud")
    with pytest.raises(Refusal, match="not_allowed"):
        reissue(stage, new["id"])
    other = stage.card()
    revoke(stage, other.id, "lost")
    stage.at(datetime(2021, 7, 1, 12, tzinfo=UTC))
    with pytest.raises(Refusal, match="card_expired"):
        reissue(stage, other.id)


def test_a_holder_reports_a_loss_and_nothing_worse_and_no_other_card(stage: Any) -> None:
    card = stage.card()
    holder = stage.caller("holder", subject=card.account_id)
    for reason in ("error", "fraud"):
        with pytest.raises(Refusal, match="not_allowed"):
            revoke(stage, card.id, reason, holder)
    with pytest.raises(Refusal, match="not_found"):
        revoke(stage, card.id, "lost", stage.caller("holder"))
    with pytest.raises(Refusal, match="not_allowed"):
        revoke(stage, card.id, "lost", stage.caller("partner"))


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_the_highest_version_of_an_offer_wins_in_any_order_of_events(
    stage: Any, order: tuple[int, ...]
) -> None:
    for version in order:
        if version == 2:
            withdrawn = OfferWithdrawn(**stamp(), offer_id="off_1", version=2)
            with stage.db.transaction() as session:
                published.withdraw_offer(session, withdrawn)
        else:
            stage.publish(offer_id="off_1", version=version, percent=20 if version == 1 else 50)
    assert stage.redeem(stage.scan(stage.card(), "off_1"))["net_cents"] == 2000


def test_the_catalogue_shows_what_a_form_needs(stage: Any) -> None:
    codes = [each["code"] for each in catalogue.find_programmes(stage.programmes)]
    assert codes == ["occygene-2020", "passresot66"]
    view = catalogue.get_programme(stage.programmes, "occygene-2020")
    bonus = next(each for each in view["card_types"] if each["code"] == "family_bonus")
    assert bonus["required_fields"] == ["sex", "birth_place"]
    assert bonus["pots"][0]["cap_per_household_cents"] == 30000
    with pytest.raises(Refusal, match="not_found"):
        catalogue.get_programme(stage.programmes, "nowhere")
