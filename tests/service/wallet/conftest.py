"""The wallet on a real PostgreSQL, the local bank as a real process, and the messages that reach them."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from chassis.database.engine import Database
from chassis.events.outbox import stamp
from contracts.cards import (
    AllowanceReleased,
    CardValidated,
    OrderView,
    RedemptionCancelled,
    RedemptionRecorded,
)
from wallet.bank import Bank
from wallet.paying import Page

BANK_KEY = "a-key-of-tests"
BANK_SECRET = "a-secret-of-tests"
PROGRAMME = "occygene-2020"


@pytest.fixture
def db(database: Callable[[str], Database]) -> Database:
    """The wallet's empty database."""
    return database("wallet")


@dataclass(frozen=True)
class LocalBank:
    """The sandbox's bank, what it told its merchant, and a payer's two clicks."""

    bank: Bank
    page: Page
    heard: list[tuple[str, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def choose(self, pay_url: str, choice: str, notification: str = "never") -> None:
        """The person pays or refuses on the bank's page."""
        form = {"choice": choice, "notification": notification, "delay_s": "0"}
        answer = httpx.post(pay_url, data=form, trust_env=False)
        assert answer.status_code == 303

    def notification(self) -> tuple[str, str]:
        """The next notification that the bank sends: body and signature."""
        assert self.arrived.wait(timeout=5)
        self.arrived.clear()
        return self.heard[-1]


@pytest.fixture(scope="session")
def _bank_url() -> Iterator[str]:
    environment = {
        **os.environ,
        "BANK_PORT": "0",
        "BANK_API_KEY": BANK_KEY,
        "BANK_NOTIFICATION_SECRET": BANK_SECRET,
    }
    command = [sys.executable, "-m", "sandbox.bank"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        ready = next(filter(None, (re.search(r" ready on (\S+)", line) for line in process.stderr)))
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        reader.start()
        yield ready.group(1)
        process.terminate()
        reader.join()


@pytest.fixture
def local_bank(_bank_url: str) -> Iterator[LocalBank]:
    """A bank that notifies this test."""
    heard: list[tuple[str, str]] = []
    arrived = threading.Event()

    class Merchant(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            heard.append((body, self.headers["Bank-Signature"]))
            self.send_response(204)
            self.end_headers()
            arrived.set()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing to tell."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Merchant)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    notify_url = f"http://127.0.0.1:{server.server_port}/"
    page = Page(description="Carte famille", return_url="http://127.0.0.1:1/return", notify_url=notify_url)
    yield LocalBank(Bank(api_url=_bank_url, api_key=BANK_KEY), page, heard, arrived)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def order() -> OrderView:
    """An order of a family card that costs 15 euros."""
    return OrderView(
        id="ord_1",
        programme=PROGRAMME,
        card_type="family",
        channel="region_site",
        state="placed",
        reason_code=None,
        checks_required=["residence"],
        amount_due_cents=1500,
        paid=False,
        placed_at="2020-07-06T07:00:00Z",
        card_id=None,
    )


class Messages:
    """Events as `cards` would announce them; each call is another event."""

    @staticmethod
    def validated(household_id: str = "hh_1", persons: int = 5, **fields: Any) -> CardValidated:
        """A family bonus card, which has one pot of 70 euros a person."""
        values: dict[str, Any] = {
            "card_id": "card_1",
            "order_id": "ord_1",
            "programme": PROGRAMME,
            "card_type": "family_bonus",
            "household_id": household_id,
            "holder_id": "hol_1",
            "persons": persons,
            "valid_from": "2020-07-06",
            "valid_until": "2021-06-30",
            "replaces": None,
        }
        return CardValidated(**stamp(), **{**values, **fields})

    @staticmethod
    def recorded(redemption_id: str, draws: dict[str, int], provider_id: str = "prv_1") -> RedemptionRecorded:
        """A scan that was paid from these pots."""
        return RedemptionRecorded(**stamp(), **_redemption(redemption_id, draws, provider_id))

    @staticmethod
    def cancelled(
        redemption_id: str, draws: dict[str, int], provider_id: str = "prv_1"
    ) -> RedemptionCancelled:
        """The same scan, undone."""
        values = _redemption(redemption_id, draws, provider_id)
        return RedemptionCancelled(**stamp(), **values, cancelled_at="2020-07-10T10:05:00Z")

    @staticmethod
    def released(
        release_id: str, pot_id: str, amount_cents: int, *, closes_pot: bool = False
    ) -> AllowanceReleased:
        """Money that `cards` has taken off an allowance."""
        return AllowanceReleased(
            **stamp(),
            release_id=release_id,
            pot_id=pot_id,
            amount_cents=amount_cents,
            reason="spend_until_passed",
            closes_pot=closes_pot,
        )


@pytest.fixture
def messages() -> Messages:
    """What `cards` announces."""
    return Messages()


@dataclass(frozen=True)
class Books:
    """What stands in the wallet's database."""

    db: Database

    def announced(self, name: str) -> list[dict[str, Any]]:
        """The payloads of one kind of event, in the order of their announcement."""
        query = "SELECT payload FROM outbox WHERE name = :name ORDER BY seq"
        return [json.loads(row) if isinstance(row, str) else row for row in self._column(query, name=name)]

    def transfers(self, kind: str) -> list[int]:
        """The amounts of one kind of transfer, smallest first."""
        query = "SELECT amount_cents FROM transfers WHERE kind = :kind ORDER BY amount_cents"
        return self._column(query, kind=kind)

    def pot_balances(self) -> list[int]:
        """The balance of every pot, in the order of their opening."""
        return self._column("SELECT balance_cents FROM pots ORDER BY id")

    def pot_id(self, household_id: str = "hh_1") -> str:
        """The household's only pot."""
        (pot_id,) = self._column("SELECT id FROM pots WHERE household_id = :id", id=household_id)
        return str(pot_id)

    def balance(self, account_id: str) -> int:
        """Debits minus credits of an account."""
        query = (
            "SELECT coalesce(sum(CASE debit_account_id WHEN :id THEN amount_cents ELSE -amount_cents END), 0)"
            " FROM transfers WHERE :id IN (debit_account_id, credit_account_id)"
        )
        return int(self._column(query, id=account_id)[0])

    def rows(self, table: str) -> list[Any]:
        """Every row of a table."""
        with self.db.transaction() as session:
            return list(session.execute(text(f"SELECT * FROM {table} ORDER BY 1")).mappings())  # noqa: S608

    def let_time_pass(self, seconds: float) -> None:
        """Real time cannot be moved, so what waits for it is dated back instead."""
        with self.db.transaction() as session:
            by = {"by": timedelta(seconds=seconds)}
            session.execute(text("UPDATE payments SET ask_at = ask_at - :by, asked_at = asked_at - :by"), by)
            session.execute(text("UPDATE refunds SET try_at = try_at - :by"), by)

    def _column(self, query: str, **values: Any) -> list[Any]:
        with self.db.transaction() as session:
            return list(session.execute(text(query), values).scalars())


@pytest.fixture
def books(db: Database) -> Books:
    """A look into the wallet's database."""
    return Books(db)


def _redemption(redemption_id: str, draws: dict[str, int], provider_id: str) -> dict[str, Any]:
    paid_cents = sum(draws.values())
    return {
        "redemption_id": redemption_id,
        "programme": PROGRAMME,
        "card_type": "family_bonus",
        "card_id": "card_1",
        "household_id": "hh_1",
        "holder_id": "hol_1",
        "provider_id": provider_id,
        "site_id": "sit_1",
        "offer_id": "off_1",
        "adults": 2,
        "children": 3,
        "gross_cents": paid_cents + 1000,
        "reduction_cents": 1000,
        "net_cents": paid_cents,
        "paid_from_pot_cents": paid_cents,
        "due_cents": 0,
        "draws": [{"pot_id": pot_id, "amount_cents": cents} for pot_id, cents in draws.items()],
        "redeemed_at": "2020-07-10T10:00:00Z",
    }
