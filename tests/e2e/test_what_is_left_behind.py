"""Looked at when all other end-to-end tests are done: mails, money and messages; and what the logs hold."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from demo.acts.vouchers import has_pdf
from demo.stage import PARIS, eventually
from devstack.host.ports import wait_until
from devstack.reconciling import count_faults
from devstack.stack import Stack
from notify.leasing import LEASE_S
from sandbox.reading import Mail, read_mails
from tests.e2e.quiet import parked, wait_until_quiet
from tests.e2e.story_checks import RECEIPT, every_cent_has_arrived
from tests.e2e.world import Promise, World

# A mail that a killed process had in its hands waits for the end of its lease.
PATIENCE_S = LEASE_S + 60.0

QR_TEXT = re.compile(r"OCY1:")
MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
# Digits alone: an id, a time or a port may hold some, but never 16 of them with nothing else around.
CARD_NUMBER = re.compile(
    r"(?<![\w.-])\d{4}[ \u00a0\u202f]?\d{4}[ \u00a0\u202f]?\d{4}[ \u00a0\u202f]?\d{4}(?![\w.-])"
)
# Every way in which the family quotient is called in the API's answers and in our own tables.
QUOTIENT = re.compile(r'"(?:quotient_familial|quotient|valeur|value|family_quotient)"\s*:\s*"?\d')
# The broker and the database name the node, never a person.
OWN_ADDRESSES = re.compile(r"(?:platform|rabbit)@[\w.-]+")


def test_every_mail_of_the_killed_runs_arrived_and_none_twice(world: World, platform: Stack) -> None:
    def missing() -> list[Promise]:
        return [promise for promise in world.promises if not is_kept(platform, promise)]

    assert wait_until(lambda: not missing(), PATIENCE_S, 1.0), missing()
    for promise in world.promises:
        vouchers, receipts = mails_of(platform, promise.email)
        assert len({mail.message_id for mail in vouchers}) == promise.vouchers, promise
        assert len({mail.message_id for mail in receipts}) == promise.receipts, promise


def test_nothing_is_on_its_way_nothing_is_parked_and_every_cent_is_there(platform: Stack) -> None:
    wait_until_quiet(platform)
    assert parked(platform) == {}
    assert every_cent_has_arrived(platform)["on_the_way_cents"] == 0


def test_the_reconciliation_of_all_services_finds_nothing(platform: Stack) -> None:
    wait_until_quiet(platform)
    assert count_faults(platform.wiring) == {}


def test_the_wallet_reconciles_by_itself_when_it_is_night(platform: Stack) -> None:
    wait_until_quiet(platform)
    tomorrow = platform.clock.now().astimezone(PARIS) + timedelta(days=1)
    platform.clock.set_time(tomorrow.replace(hour=3, minute=10))
    log = platform.folder / "logs" / "wallet.log"

    def nights() -> list[Any]:
        lines = [line for line in log.read_text().splitlines() if '"reconciliation_finished"' in line]
        return [json.loads(line)["findings"] for line in lines]

    assert eventually(nights, "the end of the night's reconciliation") == [{}]


def test_no_log_holds_a_card_an_address_or_a_quotient(platform: Stack) -> None:
    logs = [log for log in (platform.folder / "logs").glob("*.log") if log.stat().st_size]
    assert len(logs) >= 9, "six services, the sandbox, and the preparations"
    found = [f"{log.name}: {told}" for log in logs for told in what_it_tells(log)]
    assert found == []


@pytest.mark.parametrize(
    "told", ["OCY1:ABCDEFGH", "1234 5678 9012 3456", "1234567890123456", "a@b.fr", '"value": 640']
)
def test_a_log_that_tells_would_be_found(tmp_path: Path, told: str) -> None:
    log = tmp_path / "a.log"
    log.write_text('{"event": "request_answered", "call_id": "call_01m81t15x1c3ke6btwa9ps4c1v"}\n')
    assert what_it_tells(log) == set()
    log.write_text(f'{{"event": "card_seen", {told}}}\n')
    assert len(what_it_tells(log)) == 1


def is_kept(platform: Stack, promise: Promise) -> bool:
    """Whether all mails of the promise are there."""
    vouchers, receipts = mails_of(platform, promise.email)
    return len(vouchers) >= promise.vouchers and len(receipts) >= promise.receipts


def mails_of(platform: Stack, email: str) -> tuple[list[Mail], list[Mail]]:
    """A person's vouchers and receipts."""
    mails = read_mails(platform.mail_folder, email)
    vouchers = [mail for mail in mails if has_pdf(mail)]
    return vouchers, [mail for mail in mails if mail.subject.startswith(RECEIPT)]


def what_it_tells(log: Path) -> set[str]:
    """Which kinds of what must never be in a log are in this one."""
    kinds = {
        "a QR text": QR_TEXT,
        "a card number": CARD_NUMBER,
        "a mail address": MAIL_ADDRESS,
        "a quotient": QUOTIENT,
    }
    text = OWN_ADDRESSES.sub("", log.read_text())
    return {f"{kind}: {shown(found)}" for kind, pattern in kinds.items() if (found := pattern.search(text))}


def shown(found: re.Match[str]) -> str:
    """The place, for whoever has to mend it."""
    return json.dumps(found.string[max(0, found.start() - 80) : found.end() + 20], ensure_ascii=False)
