"""Five small databases in which all is well: one redemption that stands, one that was cancelled, one card."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from benchmarks import world as w
from chassis import audit
from chassis.audit.sealing import seal_once
from chassis.database.engine import Database
from devstack.host.ports import wait_until
from tests.chaos.journal import Note

OPEN = Callable[[str], Database]
AT = "2020-07-11T12:00:00+00:00"
DEVICE = w.device_id(0)
PRICE = {"gross_cents": 5_000, "reduction_cents": 1_000, "net_cents": 4_000}
PARTY = {"adults": 2, "children": 3}
PLACE = {"provider_id": "prv_1", "offer_id": "off_1", "card_type": "family_bonus"}
FAMILY = {"household_id": "hou_1", "programme": w.PROGRAMME}
PAID = {"red_1": 300, "red_2": 200}
CREDIT_CENTS = 1_000
SEAL_TIMEOUT_S = 20.0
MAILED = {"msg_voucher"}
MISTYPED, EMAIL = "camile@example.org", "camille@example.org"


def write_well(database: OPEN) -> None:
    """Fill all five as a quiet day would leave them."""
    _write_identity(database("identity"))
    _write_cards(database("cards"))
    _write_wallet(database("wallet"))
    sold = {"redemptions": 1, **PARTY, **PRICE, "paid_from_pot_cents": PAID["red_1"]}
    insert(database("offers"), "sales", **PLACE, day="2020-07-11", **sold)
    notify = database("notify")
    for kind, subject in (("receipt", "red_1"), ("receipt", "red_2"), ("cancellation", "red_2")):
        _write_message(notify, f"msg_{kind}_{subject}", kind, subject, state="due", due_at="2999-01-01")
    _write_message(notify, "msg_voucher", "voucher", "card_1", state="sent", due_at=AT, sent_at=AT)
    assert wait_until(lambda: seal_once(database("cards")) is not None, SEAL_TIMEOUT_S)


def notes_of_all() -> list[Note]:
    """What the clients were told."""
    first = _redeemed("key-1", "red_1")
    return [
        first,
        _redeemed("key-2", "red_2"),
        note("cancel", "key-3", 200, {"id": "red_2"}),
        note("replay", "key-1", 201, first.said),
        note("reuse", "key-1", 409, {"code": "idempotency_key_reused"}),
        note("order", "order-1", 201, {"id": "ord_1"}, holder={"email": MISTYPED}),
        replace(note("correct", "correct-1", 202, {}, email=EMAIL), path="/v1/orders/ord_1/email-changes"),
        replace(note("confirm", "confirm-1", 204, {}), path="/v1/orders/ord_1/email-changes/confirm"),
    ]


def note(act: str, key: str, status: int, answer: dict[str, Any], **request: Any) -> Note:
    """A client's note of an answer; asked was for the usual price, or for ``request``."""
    return Note(
        act=act,
        key=key,
        caller="desk-0",
        path="/v1/redemptions",
        request=request or {"gross_cents": PRICE["gross_cents"]},
        status=status,
        answer=json.dumps(answer),
        tries=1,
    )


def insert(database: Database, table: str, **values: Any) -> None:
    """One row; dictionaries are stored as JSON."""
    row = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in values.items()}
    places = ", ".join(f":{name}" for name in row)
    with database.transaction() as session:
        session.execute(text(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})"), row)  # noqa: S608


def _redeemed(key: str, redemption_id: str) -> Note:
    said = {"id": redemption_id, **PRICE, "paid_from_pot_cents": PAID[redemption_id], "recorded_at": AT}
    said["already_counted"] = False
    return note("redeem", key, 201, said)


def _write_identity(identity: Database) -> None:
    insert(identity, "accounts", id="acc_1", email=EMAIL, created_at=AT)
    insert(identity, "households", id="hou_1", programme=w.PROGRAMME, card_type="family_bonus", created_at=AT)
    name = {"given_name": "Camille", "family_name": "Durand", "birth_date": "1985-05-05", "fingerprint": "1"}
    insert(identity, "people", id="per_1", household_id="hou_1", position=0, **name)
    address = {"street": "1 rue du Port", "postal_code": "34000", "insee": "34172"}
    insert(identity, "holders", person_id="per_1", account_id="acc_1", email=EMAIL, **address)


def _write_cards(cards: Database) -> None:
    shown = {"adults": 2, "children": 3, "holder_first_name": "Camille", "age_band": "26–39"}
    whose = {"placed_by": "par_1", "account_id": "acc_1", "holder_id": "per_1", "channel": "crt"}
    order = {**FAMILY, **shown, **whose, "card_type": "family_bonus", "amount_due_cents": 0, "placed_at": AT}
    insert(cards, "orders", id="ord_1", **order)
    sealed = {"qr_hash": b"1", "number_hash": b"1", "number_ends": "0000", "sealed": b"1"}
    days = {"valid_from": "2020-07-01", "valid_until": "2021-06-30", "made_at": AT}
    insert(
        cards, "cards", id="card_1", order_id="ord_1", card_type="family_bonus", **FAMILY, **sealed, **days
    )
    _write_pot(cards)
    for number, (redemption_id, paid_cents) in enumerate(PAID.items(), start=1):
        _write_redemption(cards, redemption_id, paid_cents, cancelled=redemption_id == "red_2")
        answer = {"id": redemption_id, "recorded_at": AT, "already_counted": False}
        insert(cards, "idempotency_keys", caller=DEVICE, key=f"key-{number}", request_hash="", answer=answer)
    insert(
        cards,
        "idempotency_keys",
        caller=DEVICE,
        key="key-3",
        request_hash="",
        answer={"id": "red_2", "recorded_at": AT},
    )


def _write_pot(cards: Database) -> None:
    left = CREDIT_CENTS - PAID["red_1"]
    days = {"spend_from": "2020-07-01", "spend_until": "2020-11-15"}
    amounts = {"amount_cents": left, "credited_cents": CREDIT_CENTS}
    insert(
        cards, "allowances", pot_id="pot_1", pot_code=w.POT_CODE, categories="[]", **FAMILY, **amounts, **days
    )
    for source_id, cents in (("credit_1", CREDIT_CENTS), ("red_2:pot_1", PAID["red_2"])):
        insert(
            cards, "allowance_raises", source_id=source_id, pot_id="pot_1", amount_cents=cents, raised_at=AT
        )


def _write_redemption(cards: Database, redemption_id: str, paid_cents: int, *, cancelled: bool) -> None:
    ids = {"card_id": "card_1", "order_id": "ord_1", "holder_id": "per_1", "site_id": "sit_1"}
    paid = {"paid_from_pot_cents": paid_cents, "due_cents": PRICE["net_cents"] - paid_cents}
    what = {**FAMILY, **ids, **PLACE, **PARTY, **PRICE, **paid, "medium": "qr", "device_id": DEVICE}
    insert(
        cards, "redemptions", id=redemption_id, redeemed_at=AT, cancelled_at=AT if cancelled else None, **what
    )
    insert(cards, "redemption_draws", redemption_id=redemption_id, pot_id="pot_1", amount_cents=paid_cents)
    say(cards, "redemption_recorded", redemption_id)
    if cancelled:
        say(cards, "redemption_cancelled", redemption_id)


def say(cards: Database, name: str, redemption_id: str, number: int = 1) -> None:
    """An announcement in the outbox; the first time with the act's entry in the audit."""
    if number == 1:
        with cards.transaction() as session:
            audit.record(session, DEVICE, name, redemption_id)
    payload = {"redemption_id": redemption_id}
    insert(
        cards,
        "outbox",
        event_id=f"{name} {redemption_id} {number}",
        source="cards",
        name=name,
        payload=payload,
    )


def _write_wallet(wallet: Database) -> None:
    pot = {"account_id": "pot:pot_1", "pot_code": w.POT_CODE, "opened_at": AT}
    days = {"spend_from": "2020-07-01", "spend_until": "2020-11-15"}
    for account_id, kind in (
        ("funder:1", "funder"),
        ("pot:pot_1", "pot"),
        ("provider_payable:prv_1", "provider_payable"),
    ):
        side = "debit" if kind == "funder" else "credit"
        insert(wallet, "accounts", id=account_id, kind=kind, owner_id="1", normal_side=side)
    left = CREDIT_CENTS - PAID["red_1"]
    insert(wallet, "pots", id="pot_1", balance_cents=left, **FAMILY, **pot, **days)
    move(wallet, "pot_credit", "pot_1", "funder:1", "pot:pot_1", CREDIT_CENTS)
    for redemption_id, cents in PAID.items():
        move(wallet, "debit", redemption_id, "pot:pot_1", "provider_payable:prv_1", cents)
        row = {"provider_id": "prv_1", "amount_cents": cents, "voided": False, "created_at": AT}
        insert(wallet, "debits", redemption_id=redemption_id, **row)
    move(wallet, "debit_reversal", "red_2", "provider_payable:prv_1", "pot:pot_1", PAID["red_2"])


def move(wallet: Database, kind: str, source_id: str, debit: str, credit: str, cents: int) -> None:
    """A transfer of the ledger."""
    accounts = {"debit_account_id": debit, "credit_account_id": credit, "amount_cents": cents}
    at = {"event_at": AT, "created_at": AT}
    insert(
        wallet, "transfers", id=f"trf {kind} {source_id}", kind=kind, source_id=source_id, **accounts, **at
    )


def _write_message(notify: Database, message_id: str, kind: str, subject: str, **values: Any) -> None:
    row = {"facts": {}, "priority": 1, "attempts": 0, "created_at": AT, **values}
    insert(notify, "messages", id=message_id, kind=kind, subject_id=subject, **row)
