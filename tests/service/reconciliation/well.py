"""Five small databases in which all is well, and their books as the services tell them over the bus."""

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import cards.books
import notify.books
import offers.books
import wallet.books
from chassis.broker.amqp import connect
from chassis.broker.topology import declare, parked_queue
from chassis.broker.watching import parked_rows
from chassis.database.books import Book, Told, read_page
from chassis.database.engine import Database
from contracts.base import BookPage
from tests.chaos import small_books as small
from tests.loosening import changeable, run

AT = small.AT
SERVICES = ("identity", "cards", "wallet", "offers", "notify")
Open = Callable[[str], Database]
BOOKS: dict[str, ModuleType] = {
    "cards": cards.books,
    "wallet": wallet.books,
    "offers": offers.books,
    "notify": notify.books,
}
PRICE_CENTS = 1_500
RELEASED_CENTS = 100


@dataclass(frozen=True)
class Ground:
    """Where faults are seeded: ``ground("cards")`` is the database, as its owner."""

    open_database: Open
    amqp_uri: str

    def __call__(self, service: str) -> Database:
        return self.open_database(service)


@dataclass(frozen=True)
class LocalService:
    """A service's own answer to `get_books`, from its real database, as JSON would bring it."""

    database: Database
    books: Mapping[str, Book | Told]

    def get_books(self, *, book: str, after: str, until: str | None) -> BookPage:
        """See `contracts.base.BooksRpc`."""
        page = read_page(self.database.transaction, self.books, book=book, after=after, until=until)
        answer: BookPage = json.loads(json.dumps(page))
        return answer


class LocalServices:
    """The five services by name; each answers from its own database, ``page`` keys at a time if given."""

    def __init__(self, database: Open, amqp_uri: str, page: int | None = None) -> None:
        self._database, self._amqp_uri, self._page = database, amqp_uri, page

    def __getattr__(self, service: str) -> LocalService:
        books: Mapping[str, Book] = getattr(BOOKS.get(service), "BOOKS", {})
        if self._page is not None:
            books = {name: replace(book, page=self._page) for name, book in books.items()}
        return LocalService(
            self._database(service), {**books, "message_parked": lambda: self._parked(service)}
        )

    def _parked(self, service: str) -> list[list[Any]]:
        with closing(connect(self._amqp_uri)) as link:
            return parked_rows(link.channel(), service)


def write_well(database: Ground) -> None:
    """A pot with two redemptions and a release; a card that was paid; an order refused and refunded."""
    _empty_parked_queues(database.amqp_uri)
    database("identity")
    small.write_well(database)
    with changeable(database("wallet")):
        run(database("wallet"), "UPDATE accounts SET owner_id = split_part(id, ':', 2)")
    run(database("cards"), "UPDATE orders SET approved_at = placed_at, validated_at = placed_at")
    _write_release(database)
    _write_paid(database, "ord_2", "pay_2", validated_at=AT)
    write_card(database, "card_2", "ord_2", household_id="hou_2", card_type="family")
    _write_paid(database, "ord_3", "pay_3", refused_at=AT)
    _write_refund(database("wallet"))


def _empty_parked_queues(amqp_uri: str) -> None:
    with closing(connect(amqp_uri)) as link:
        for service in SERVICES:
            declare(link.channel(), service, [])
            link.channel().queue_purge(parked_queue(service))


def write_order(database: Database, order_id: str, household_id: str, **more: Any) -> None:
    """An order that was approved; a family bonus card unless said otherwise."""
    shown = {"adults": 2, "children": 3, "holder_first_name": "Camille", "age_band": "26–39"}
    whose = {"placed_by": "par_1", "account_id": "acc_1", "holder_id": "per_1", "channel": "crt"}
    what = {"programme": small.FAMILY["programme"], "card_type": "family_bonus", "household_id": household_id}
    when = {"amount_due_cents": 0, "placed_at": AT, "approved_at": AT}
    small.insert(database, "orders", id=order_id, **{**shown, **whose, **what, **when, **more})


def write_card(
    database: Open,
    card_id: str,
    order_id: str,
    household_id: str = "hou_1",
    card_type: str = "family_bonus",
) -> None:
    """A card whose voucher was sent."""
    sealed = {
        "qr_hash": card_id.encode(),
        "number_hash": card_id.encode(),
        "number_ends": "0",
        "sealed": b"1",
    }
    days = {"valid_from": "2020-07-01", "valid_until": "2021-06-30", "made_at": AT}
    whose = {"household_id": household_id, "programme": small.FAMILY["programme"], "card_type": card_type}
    small.insert(database("cards"), "cards", id=card_id, order_id=order_id, **whose, **sealed, **days)
    write_voucher(database("notify"), f"msg_{card_id}", card_id)


def write_voucher(database: Database, message_id: str, card_id: str) -> None:
    """A voucher that was sent."""
    small._write_message(database, message_id, "voucher", card_id, state="sent", due_at=AT, sent_at=AT)


def write_account(database: Database, account_id: str) -> None:
    """An account of the ledger."""
    kind = account_id.partition(":")[0]
    owner = account_id.partition(":")[2]
    side = "debit" if kind in ("bank", "funder") else "credit"
    small.insert(database, "accounts", id=account_id, kind=kind, owner_id=owner, normal_side=side)


def write_pot(database: Database, pot_id: str, household_id: str, code: str, balance_cents: int) -> None:
    """A pot of the wallet with its account."""
    write_account(database, f"pot:{pot_id}")
    whose = {"household_id": household_id, "programme": small.FAMILY["programme"], "pot_code": code}
    days = {"spend_from": "2020-07-01", "spend_until": "2020-11-15", "opened_at": AT}
    account = {"account_id": f"pot:{pot_id}", "balance_cents": balance_cents}
    small.insert(database, "pots", id=pot_id, **whose, **account, **days)


def write_allowance(database: Database, pot_id: str, household_id: str, amount_cents: int) -> None:
    """What may be spent of a pot."""
    whose = {"household_id": household_id, "programme": small.FAMILY["programme"], "pot_code": "other"}
    amounts = {"categories": "[]", "amount_cents": amount_cents, "credited_cents": 0}
    days = {"spend_from": "2020-07-01", "spend_until": "2020-11-15"}
    small.insert(database, "allowances", pot_id=pot_id, **whose, **amounts, **days)


def write_release(database: Database, release_id: str, pot_id: str, cents: int) -> None:
    """Money taken off an allowance."""
    what = {"pot_id": pot_id, "amount_cents": cents, "reason": "spend_until_passed", "released_at": AT}
    small.insert(database, "allowance_releases", release_id=release_id, **what)


def write_refund(database: Database, refund_id: str, payment_id: str) -> None:
    """A refund that the bank has confirmed, booked."""
    what = {"payment_id": payment_id, "amount_cents": PRICE_CENTS, "reason": "order_refused"}
    when = {"requested_at": AT, "done_at": AT, "try_at": AT, "times_tried": 1}
    small.insert(database, "refunds", id=refund_id, **what, **when)
    small.move(database, "refund", refund_id, "card_sales:1", "bank", PRICE_CENTS)


def _write_release(database: Open) -> None:
    write_release(database("cards"), "rel_1", "pot_1", RELEASED_CENTS)
    run(database("cards"), f"UPDATE allowances SET amount_cents = amount_cents - {RELEASED_CENTS}")  # noqa: S608
    small.move(database("wallet"), "pot_return", "rel_1", "pot:pot_1", "funder:1", RELEASED_CENTS)
    run(database("wallet"), f"UPDATE pots SET balance_cents = balance_cents - {RELEASED_CENTS}")  # noqa: S608


def _write_paid(database: Open, order_id: str, payment_id: str, **more: Any) -> None:
    paid = {"card_type": "family", "amount_due_cents": PRICE_CENTS, "paid_at": AT}
    write_order(database("cards"), order_id, "hou_2", **paid, **more)
    ledger = database("wallet")
    if order_id == "ord_2":
        write_account(ledger, "bank")
        write_account(ledger, "card_sales:1")
    small.insert(ledger, "orders", id=order_id, paid_payment_id=payment_id)
    what = {"order_id": order_id, "programme": small.FAMILY["programme"], "amount_cents": PRICE_CENTS}
    when = {"state": "paid", "opened_at": AT, "paid_at": AT, "ask_at": AT, "times_asked": 0}
    small.insert(ledger, "payments", id=payment_id, **what, **when)
    small.move(ledger, "payment", payment_id, "bank", "card_sales:1", PRICE_CENTS)


def _write_refund(ledger: Database) -> None:
    write_refund(ledger, "rfd_3", "pay_3")
    run(ledger, "UPDATE payments SET state = 'refunded' WHERE id = 'pay_3'")
