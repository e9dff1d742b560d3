"""What must be true when the story has been played, on whatever platform it was: money, mails, statistics."""

from collections import Counter
from typing import Any, Protocol

from demo.acts.vouchers import has_pdf
from demo.api import Api, Visitor
from demo.stage import Platform, Stage, eventually
from sandbox.reading import Mail, read_mails, wait_for_mails
from tests.e2e.world import FIRST_DAY, LAST_DAY, all_redemptions, sales_of

INSPECTOR = "inspection@crt.example.org"
RECEIPT = "Votre reçu"
CANCELLATION = "Passage annulé"
MAIL_TIMEOUT_S = 60.0


class PlatformWithBooks(Platform, Protocol):
    """A platform whose money equation can be asked for."""

    def money_equation(self) -> dict[str, Any]:
        """`terms`, `on_the_way_cents`, `drift_cents` and `faults`."""


def check_the_story(platform: PlatformWithBooks, stage: Stage) -> None:
    """Every check of a story that was just played."""
    api = Api(platform.gateway_url)
    try:
        officer = api.staff("inspector", INSPECTOR, platform.create_officer(INSPECTOR))
        every_cent_has_arrived(platform)
        the_pot_has_gone_back_to_its_funder(officer, stage)
        every_card_has_one_voucher(platform, stage)
        every_redemption_has_one_receipt(platform, officer, stage)
        statistics_and_balances_are_the_redemptions(officer, stage)
    finally:
        api.close()


def every_cent_has_arrived(platform: PlatformWithBooks) -> dict[str, Any]:
    """The equation holds at once, and soon nothing is on its way any more."""
    assert_balanced(platform.money_equation())
    return eventually(lambda: _arrived(platform), "all money to arrive")


def assert_balanced(equation: dict[str, Any]) -> None:
    """Not a cent too many nor too few, whatever is on its way."""
    assert equation["drift_cents"] == 0, equation
    assert equation["faults"] == [], equation


def the_pot_has_gone_back_to_its_funder(officer: Visitor, stage: Stage) -> None:
    """Nothing is left to spend in a pot that was closed."""
    pots = officer.get(f"/v1/cards/{stage.cast.orders['Amira']['card_id']}/pot")["pots"]
    assert [(pot["credited_cents"], pot["remaining_cents"], pot["closed"]) for pot in pots] == [
        (30_000, 0, True)
    ]


def every_card_has_one_voucher(platform: Platform, stage: Stage) -> None:
    """One mail a card; a second one would be the same message, by its id."""
    for name in stage.cast.vouchers:
        email = stage.cast.orders[name]["email"]
        vouchers = [mail for mail in read_mails(platform.mail_folder, email) if has_pdf(mail)]
        assert len(vouchers) == 1, f"{name} has {len(vouchers)} vouchers"
        assert vouchers[0].message_id.startswith("<msg_"), vouchers[0].message_id


def every_redemption_has_one_receipt(platform: Platform, officer: Visitor, stage: Stage) -> None:
    """One mail for each redemption, one more for each that was cancelled."""
    for name in stage.cast.vouchers:
        used = all_redemptions(officer, stage.cast.orders[name]["card_id"])
        cancelled = [one for one in used if one["cancelled_at"]]
        email = stage.cast.orders[name]["email"]
        assert len(mails_about(platform, email, RECEIPT, len(used))) == len(used), name
        assert len(mails_about(platform, email, CANCELLATION, len(cancelled))) == len(cancelled), name


def statistics_and_balances_are_the_redemptions(officer: Visitor, stage: Stage) -> None:
    """What a provider is told it sold, and what it is owed, is the sum of its cards' uses."""
    counted: dict[str, Counter[str]] = {}
    for placed in stage.cast.orders.values():
        for used in all_redemptions(officer, placed["card_id"]) if placed.get("card_id") else []:
            if not used["cancelled_at"]:
                counted.setdefault(used["provider_id"], Counter()).update(sums_of(used))
    assert counted, "something was redeemed"
    for provider_id, wanted in counted.items():
        sold = sales_of(officer, provider_id, FIRST_DAY, LAST_DAY)
        assert {name: sold[name] for name in wanted} == dict(wanted)
        balance = officer.get(f"/v1/providers/{provider_id}/balance")
        assert balance["payable_cents"] == wanted["paid_from_pot_cents"]


def sums_of(redemption: dict[str, Any]) -> dict[str, int]:
    """What one redemption adds to its provider's statistics."""
    names = ("gross_cents", "reduction_cents", "net_cents", "paid_from_pot_cents")
    return {"redemptions": 1, **{name: redemption[name] for name in names}}


def mails_about(
    platform: Platform, email: str, subject: str, count: int, timeout_s: float = MAIL_TIMEOUT_S
) -> set[str]:
    """The Message-IDs of a person's mails of one kind, once there are ``count`` of them."""

    def wanted(mail: Mail) -> bool:
        return mail.subject.startswith(subject)

    found = wait_for_mails(platform.mail_folder, wanted, count=count, recipient=email, timeout_s=timeout_s)
    ids = {mail.message_id for mail in found}
    assert len(ids) == len(found), f"{email} got a mail “{subject}” twice"
    return ids


def _arrived(platform: PlatformWithBooks) -> dict[str, Any] | None:
    equation = platform.money_equation()
    assert_balanced(equation)
    return equation if equation["on_the_way_cents"] == 0 else None
