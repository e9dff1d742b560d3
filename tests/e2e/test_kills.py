"""A service is killed with -9 in the middle of many scans and started again: everything is done once."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest

from demo.api import Visitor
from devstack.host.ports import wait_until
from devstack.stack import Stack
from tests.e2e.persisting import PATIENCE_S, redeem_surely
from tests.e2e.quiet import parked, wait_until_quiet
from tests.e2e.story_checks import every_cent_has_arrived, sums_of
from tests.e2e.world import BONUS_GROSS_CENTS, BONUS_POT_CENTS, Card, Promise, World

DEVICES = 4
SCANS = 64
KILL_AFTER = 20
# From here on the phones wait until the service is back: a third of the scans before, while away, and after.
BACK_FROM = 44
# Those which only hear of a scan stay away for a third of them; without `cards` none is answered meanwhile.
START_AGAIN_AFTER = {"notify": BACK_FROM, "offers": BACK_FROM, "wallet": BACK_FROM, "cards": KILL_AFTER}
PAY_CENTS = 20


@dataclass(frozen=True)
class Scan:
    """What one phone sends until it is answered; its key never changes."""

    device: Visitor
    body: dict[str, Any]
    key: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Run:
    """The scans in order, and the answers so far."""

    scans: Sequence[Scan]
    answers: list[httpx.Response] = field(default_factory=list)
    is_back: threading.Event = field(default_factory=threading.Event)

    def send(self, turn: int) -> None:
        """One phone sends all its scans, one after the other."""
        for number in range(turn, len(self.scans), DEVICES):
            if number >= BACK_FROM:
                self.is_back.wait()
            scan = self.scans[number]
            self.answers.append(redeem_surely(scan.device, scan.body, scan.key))

    def wait_for(self, answers: int) -> None:
        """Wait until so many were answered."""
        assert wait_until(lambda: len(self.answers) >= answers, PATIENCE_S, 0.005)


@pytest.mark.parametrize("victim", START_AGAIN_AFTER)
def test_a_service_killed_in_the_middle_leaves_every_scan_done_once(
    world: World, platform: Stack, victim: str
) -> None:
    world.at(2020, 7, 25, 14, 0)
    desk = f"Parc sans {victim}"
    world.desk(desk)
    card = world.bonus_card(f"Famille sans {victim}")
    late = f"Retardataires sans {victim}"
    world.order_bonus(late)
    run = Run(scans_of(world, desk, card))

    with ThreadPoolExecutor(DEVICES + 1) as threads:
        sending = [threads.submit(run.send, turn) for turn in range(DEVICES)]
        try:
            run.wait_for(KILL_AFTER)
            # A card that becomes valid in just this moment must get its voucher and its pot all the same.
            sending.append(threads.submit(world.accept, late))
            platform.kill(victim)
            run.wait_for(START_AGAIN_AFTER[victim])
            platform.start_service(victim)
        finally:
            run.is_back.set()
        for done in sending:
            done.result()
    wait_until_quiet(platform)

    assert [answer.status_code for answer in run.answers] == [201] * SCANS
    check_each_scan_counts_once(world, desk, card, run)
    assert [answer.content for answer in replayed(run)] == sorted(answer.content for answer in run.answers)
    check_the_late_family_has_its_card(world, late)
    every_cent_has_arrived(platform)
    assert parked(platform) == {}
    # A mail that the killed process had in its hands comes when its lease has run out: looked at in the end.
    world.promises.append(Promise(email=card.email, vouchers=1, receipts=SCANS))
    world.promises.append(Promise(email=world.stage.cast.orders[late]["email"], vouchers=1, receipts=0))


def scans_of(world: World, desk: str, card: Card) -> list[Scan]:
    """Every scan differs in its price, so that none is a second read of another."""
    devices = [world.device(desk) for _ in range(DEVICES)]
    return [
        Scan(
            devices[number % DEVICES],
            world.bonus_scan(desk, card, PAY_CENTS + number, gross_cents=BONUS_GROSS_CENTS + number),
        )
        for number in range(SCANS)
    ]


def check_each_scan_counts_once(world: World, desk: str, card: Card, run: Run) -> None:
    """Redemptions, pot, statistics and ledger agree with what the phones were told."""
    answers = [answer.json() for answer in run.answers]
    used = world.redemptions(card)
    assert sorted(one["id"] for one in used) == sorted(answer["id"] for answer in answers)
    assert len(used) == SCANS
    paid_cents = sum(answer["paid_from_pot_cents"] for answer in answers)
    assert paid_cents == sum(PAY_CENTS + number for number in range(SCANS))
    assert world.pot(card)["remaining_cents"] == BONUS_POT_CENTS - paid_cents
    assert world.payable_cents(desk) == paid_cents
    sold = world.sales(desk)
    counted = [sums_of(one) for one in used]
    assert {name: sold[name] for name in counted[0]} == {
        name: sum(one[name] for one in counted) for name in counted[0]
    }


def replayed(run: Run) -> list[httpx.Response]:
    """The same keys once more, now that all is calm; the answers in the order of their bytes."""
    again = [redeem_surely(scan.device, scan.body, scan.key) for scan in run.scans]
    return sorted(again, key=lambda answer: answer.content)


def check_the_late_family_has_its_card(world: World, name: str) -> None:
    """The order is validated, the pot credited in full."""
    whole = world.whole_order(name)
    assert whole["state"] == "validated"
    pot = world.officer.get(f"/v1/cards/{whole['card_id']}/pot")
    assert pot["remaining_cents"] == BONUS_POT_CENTS
