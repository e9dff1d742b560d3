"""`notify` on a real PostgreSQL and a real mail server; the neighbours answer from memory."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from chassis.clock import real_now
from chassis.database.engine import Database
from chassis.events.outbox import stamp
from contracts.cards import CardValidated, OrderPlaced, RedemptionRecorded
from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from contracts.refusals import Refusal
from notify import noting
from notify.models import Message
from notify.sending import Office
from notify.smtp import SmtpServer

QR_TEXT = "OCY1:ABCDEFGHIJKLMNOPQRSTUVWX23"
CARD = {
    "programme": "occygene-2020",
    "card_type": "family_bonus",
    "holder_id": "per_amira",
    "number": "4971203355180426",
    "qr_text": QR_TEXT,
    "card_code": "0472",
    "valid_from": "2020-07-06",
    "valid_until": "2021-06-30",
    "adults": 2,
    "children": 3,
    "revoked": False,
}


@dataclass
class Known:
    """What the other services know; a test changes it, or makes one of their methods raise."""

    emails: dict[str, str] = field(default_factory=lambda: {"per_amira": "amira@example.org"})
    card: dict[str, Any] = field(default_factory=lambda: dict(CARD))
    login_codes: dict[str, dict[str, str]] = field(default_factory=dict)
    change_codes: dict[str, dict[str, str]] = field(default_factory=dict)
    change_notices: dict[str, dict[str, str]] = field(default_factory=dict)
    card_id: str | None = "card_1"
    failing: Exception | None = None
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def identity(self) -> "Known":
        return self

    cards = offers = identity

    def get_contact(self, *, holder_id: str) -> dict[str, str | None]:
        if self.failing:
            raise self.failing
        if holder_id not in self.emails:
            raise Refusal("not_found")
        names = {"given_name": "Amira", "family_name": "Benali-Roux", "organisation": None}
        return {"email": self.emails[holder_id], **names}

    def find_contacts(self, *, holder_ids: list[str]) -> dict[str, dict[str, str | None]]:
        self.asked.append(("find_contacts", holder_ids))
        known = (holder_id for holder_id in holder_ids if holder_id in self.emails)
        return {holder_id: self.get_contact(holder_id=holder_id) for holder_id in known}

    def find_providers_by_id(self, *, provider_ids: list[str]) -> dict[str, dict[str, Any]]:
        self.asked.append(("find_providers_by_id", provider_ids))
        listed = (provider_id for provider_id in provider_ids if provider_id != "prv_gone")
        return {provider_id: self.get_provider(provider_id=provider_id) for provider_id in listed}

    def get_login_code(self, *, login_code_id: str) -> dict[str, str]:
        return _known(self.login_codes, login_code_id)

    def get_email_change_code(self, *, email_change_id: str) -> dict[str, str]:
        return _known(self.change_codes, email_change_id)

    def get_email_change_notice(self, *, email_change_id: str) -> dict[str, str]:
        return _known(self.change_notices, email_change_id)

    def get_order_holder(self, *, order_id: str, order_secret: str | None) -> dict[str, Any]:
        return {
            "order_id": order_id,
            "programme": "occygene-2020",
            "card_type": "family_bonus",
            "holder_id": "per_amira",
            "card_id": self.card_id,
            "card_revoked": self.card["revoked"],
        }

    def get_voucher(self, *, card_id: str) -> dict[str, Any]:
        return {"card_id": card_id, **self.card}

    def get_provider(self, *, provider_id: str) -> dict[str, Any]:
        if provider_id == "prv_gone":
            raise Refusal("not_found")
        site = {"id": "sit_1", "name": "Base de Saint-Chély", "commune": "Sainte-Enimie"}
        offer = {"id": "off_1", "title": {"fr": "Descente en canoë", "en": "Canoe trip"}}
        return {"id": provider_id, "name": "Kayak Vert", "sites": [site], "offers": [offer]}


def _known(answers: dict[str, dict[str, str]], asked: str) -> dict[str, str]:
    if asked not in answers:
        raise Refusal("not_found")
    return answers[asked]


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SmtpServer, Path]]:
    """A running mail server and the folder it writes to."""
    folder = tmp_path_factory.mktemp("mails")
    environment = {name: value for name, value in os.environ.items() if name != "CLOCK_FILE"}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.mailbox"],
        env=environment | {"MAILBOX_PORT": "0", "MAILBOX_FOLDER": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    found = next(found for line in process.stderr if (found := re.search(r"smtp://(\S+):(\d+)", line)))
    # A full pipe would block the server, so what it says later is read and forgotten.
    reader = threading.Thread(target=process.stderr.read)
    reader.start()
    yield SmtpServer(host=found.group(1), port=int(found.group(2)), encrypted=False), folder
    process.terminate()
    process.wait()
    reader.join()
    process.stderr.close()


@pytest.fixture
def mails(mailbox: tuple[SmtpServer, Path]) -> Path:
    """The mail server's folder, empty."""
    folder = mailbox[1]
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return folder


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def office(
    database: Callable[[str], Database],
    known: Known,
    programmes: dict[str, Programme],
    mailbox: tuple[SmtpServer, Path],
    mails: Path,
) -> Office:
    """All that sending needs."""
    return Office(
        db=database("notify"),
        neighbours=lambda _call_id: cast("Neighbours", known),
        programmes=programmes,
        server=mailbox[0],
        mail_from="Carte de test <ne-pas-repondre@cartes.example>",
    )


@pytest.fixture
def db(office: Office) -> Database:
    return office.db


class Table:
    """Looks at the messages, and lets time pass for them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Message]:
        with self._db.transaction() as session:
            return list(session.scalars(select(Message).order_by(Message.created_at)))

    def only(self) -> Message:
        (message,) = self.all()
        return message

    def make_due(self) -> None:
        """As if every delay and every lease had passed."""
        with self._db.transaction() as session:
            session.execute(update(Message).values(due_at=real_now()))


@pytest.fixture
def table(db: Database) -> Table:
    return Table(db)


def order_placed(order_id: str = "ord_1", card_type: str = "family_bonus") -> OrderPlaced:
    return OrderPlaced(
        **stamp(),
        order_id=order_id,
        programme="occygene-2020",
        card_type=card_type,
        household_id="hou_1",
        holder_id="per_amira",
        channel="tourist_office",
        amount_due_cents=0,
    )


def card_validated(card_id: str = "card_1", replaces: str | None = None) -> CardValidated:
    return CardValidated(
        **stamp(),
        card_id=card_id,
        order_id="ord_1",
        programme="occygene-2020",
        card_type="family_bonus",
        household_id="hou_1",
        holder_id="per_amira",
        persons=5,
        valid_from="2020-07-06",
        valid_until="2021-06-30",
        replaces=replaces,
    )


def redemption_fields(redemption_id: str = "red_1", provider_id: str = "prv_1") -> dict[str, Any]:
    recorded = RedemptionRecorded(
        **stamp(),
        redemption_id=redemption_id,
        programme="occygene-2020",
        card_type="family_bonus",
        card_id="card_1",
        household_id="hou_1",
        holder_id="per_amira",
        provider_id=provider_id,
        site_id="sit_1",
        offer_id="off_1",
        adults=2,
        children=3,
        gross_cents=6200,
        reduction_cents=1240,
        net_cents=4960,
        paid_from_pot_cents=4000,
        due_cents=960,
        draws=[{"pot_id": "pot_1", "amount_cents": 4000}],
        redeemed_at="2020-07-11T08:30:00.000000Z",
    )
    return recorded.payload()


class Events:
    """Makes the events that `notify` hears."""

    order_placed = staticmethod(order_placed)
    card_validated = staticmethod(card_validated)
    redemption_fields = staticmethod(redemption_fields)


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def voucher_due(office: Office, events: "Events") -> None:
    """A voucher waits to be sent."""
    with office.db.transaction() as session:
        noting.note_voucher(session, events.card_validated())
