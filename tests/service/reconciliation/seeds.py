"""One seeded fault of each kind: what is done to which database, and which object must then be found.

Each is made so that nothing else is wrong: where money moves, its balance and its sums move with it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from chassis.broker.confirms import ConfirmedPublisher
from chassis.events.parking import park
from tests.chaos import small_books as small
from tests.loosening import run
from tests.service.reconciliation import well
from tests.service.reconciliation.well import Ground

DEVICE = small.DEVICE
PAYABLE = "provider_payable:prv_1"


@dataclass(frozen=True)
class Seed:
    """``plant`` damages a database; ``loosened`` are the constraints that would refuse it."""

    object_id: str
    plant: Callable[[Ground], None]
    loosened: tuple[tuple[str, str], ...] = ()


def sql(service: str, *statements: str) -> Callable[[Ground], None]:
    """Statements on one database."""
    return lambda database: run(database(service), *statements)


def balance(cents: int) -> str:
    """The pot's balance follows its transfers."""
    return f"UPDATE pots SET balance_cents = balance_cents + {cents} WHERE id = 'pot_1'"  # noqa: S608


def allowance(cents: int) -> str:
    """The allowance follows its moves."""
    return f"UPDATE allowances SET amount_cents = amount_cents + {cents} WHERE pot_id = 'pot_1'"  # noqa: S608


def _parked(ground: Ground) -> None:
    publisher = ConfirmedPublisher(ground.amqp_uri)
    park(publisher, "offers", "offers.cards.redemption_recorded", {}, {}, "ValueError")
    publisher.close()


def _negative_pot(database: Ground) -> None:
    well.write_pot(database("wallet"), "pot_2", "hou_1", "other", -5)
    small.move(database("wallet"), "pot_return", "rel_2", "pot:pot_2", "funder:1", 5)
    well.write_release(database("cards"), "rel_2", "pot_1", 5)
    run(database("cards"), allowance(-5))


def _negative_allowance(database: Ground) -> None:
    well.write_allowance(database("cards"), "pot_2", "hou_1", -5)
    well.write_release(database("cards"), "rel_2", "pot_2", 5)
    small.move(database("wallet"), "pot_return", "rel_2", "pot:pot_1", "funder:1", 5)
    run(database("wallet"), balance(-5))


def _draws_off(database: Ground) -> None:
    paid = "paid_from_pot_cents = paid_from_pot_cents + 1"
    in_cards = f"UPDATE redemptions SET {paid}, due_cents = due_cents - 1 WHERE id = 'red_1'"  # noqa: S608
    run(database("cards"), in_cards)
    run(database("offers"), f"UPDATE sales SET {paid}")  # noqa: S608


def _order_without_card(database: Ground) -> None:
    well.write_order(database("cards"), "ord_9", "hou_1", validated_at=well.AT)


def _second_card(database: Ground) -> None:
    well.write_card(database, "card_9", "ord_1")


def _card_of_nobody(database: Ground) -> None:
    well.write_card(database, "card_9", "ord_9")


def _card_without_pot(database: Ground) -> None:
    well.write_order(database("cards"), "ord_9", "hou_9", validated_at=well.AT)
    well.write_card(database, "card_9", "ord_9", household_id="hou_9")


def _pot_without_card(database: Ground) -> None:
    well.write_pot(database("wallet"), "pot_9", "hou_9", "other", 500)
    small.move(database("wallet"), "pot_credit", "pot_9", "funder:1", "pot:pot_9", 500)
    _raise_without_credit(database)


def _raise_without_credit(database: Ground) -> None:
    well.write_allowance(database("cards"), "pot_9", "hou_9", 500)
    raised = {"source_id": "pot_9", "pot_id": "pot_9", "amount_cents": 500, "raised_at": well.AT}
    small.insert(database("cards"), "allowance_raises", **raised)


def _refund_of_nothing(database: Ground) -> None:
    well.write_refund(database("wallet"), "rfd_9", "pay_9")


def _debit(database: Ground, redemption_id: str, cents: int) -> None:
    small.move(database("wallet"), "debit", redemption_id, "pot:pot_1", PAYABLE, cents)
    row = {"provider_id": "prv_1", "amount_cents": cents, "voided": False, "created_at": well.AT}
    small.insert(database("wallet"), "debits", redemption_id=redemption_id, **row)
    run(database("wallet"), balance(-cents))


def _reversed_into_another_pot(database: Ground) -> None:
    well.write_pot(database("wallet"), "pot_2", "hou_1", "other", 200)
    run(
        database("wallet"),
        "UPDATE transfers SET credit_account_id = 'pot:pot_2' WHERE kind = 'debit_reversal'",
        balance(-200),
    )


def _reversed(database: Ground) -> None:
    small.move(database("wallet"), "debit_reversal", "red_1", PAYABLE, "pot:pot_1", 300)
    run(database("wallet"), balance(300))


def _returned(database: Ground) -> None:
    small.move(database("wallet"), "pot_return", "rel_9", "pot:pot_1", "funder:1", 50)
    run(database("wallet"), balance(-50))


SEEDS: dict[str, Seed] = {
    "event_unsent": Seed(
        "evt_9",
        sql(
            "identity",
            "INSERT INTO outbox (event_id, source, name, payload, created_at)"
            " VALUES ('evt_9', 'identity', 'check_decided', '{}', clock_timestamp() - interval '25 hours')",
        ),
    ),
    "message_parked": Seed("offers.parked", _parked),
    "allowance_off": Seed("pot_1", sql("cards", allowance(1))),
    "allowance_negative": Seed(
        "pot_2", _negative_allowance, (("cards", "allowances.ck_allowances_never_negative"),)
    ),
    "draws_off": Seed("red_1", _draws_off),
    "order_without_card": Seed("ord_9", _order_without_card),
    "order_with_two_cards": Seed("ord_1", _second_card, (("cards", "uq_cards_first_of_order"),)),
    "card_without_order": Seed("card_9", _card_of_nobody, (("cards", "cards.fk_cards_order_id"),)),
    "redemption_without_key": Seed("red_1", sql("cards", "DELETE FROM idempotency_keys WHERE key = 'key-1'")),
    "key_without_redemption": Seed(
        "red_9",
        lambda database: small.insert(
            database("cards"),
            "idempotency_keys",
            caller=DEVICE,
            key="key-9",
            request_hash="",
            answer={"id": "red_9"},
        ),
    ),
    "key_kept_twice": Seed(
        "red_1",
        sql("cards", "INSERT INTO idempotency_keys SELECT * FROM idempotency_keys WHERE key = 'key-1'"),
        (("cards", "idempotency_keys.idempotency_keys_pkey"),),
    ),
    "transfer_unbalanced": Seed(
        "trf payment pay_2",
        sql("wallet", "UPDATE transfers SET debit_account_id = credit_account_id WHERE source_id = 'pay_2'"),
        (("wallet", "transfers.ck_transfers_two_accounts"), ("wallet", "transfers.ck_transfers_direction")),
    ),
    "pot_balance_off": Seed("pot_1", sql("wallet", balance(1))),
    "pot_negative": Seed("pot_2", _negative_pot, (("wallet", "pots.ck_pots_balance_not_negative"),)),
    "payable_off": Seed(
        "prv_1", sql("wallet", "UPDATE debits SET amount_cents = 301 WHERE redemption_id = 'red_1'")
    ),
    "payment_not_booked": Seed("pay_2", sql("wallet", "DELETE FROM transfers WHERE source_id = 'pay_2'")),
    "refund_without_payment": Seed(
        "rfd_9", _refund_of_nothing, (("wallet", "refunds.fk_refunds_payment_id"),)
    ),
    "refund_not_booked": Seed("rfd_3", sql("wallet", "DELETE FROM transfers WHERE source_id = 'rfd_3'")),
    "refund_unsent": Seed(
        "rfd_3",
        sql("wallet", "UPDATE refunds SET done_at = NULL, requested_at = requested_at - interval '26 hours'"),
    ),
    "message_unsent": Seed(
        "msg_receipt_red_1",
        sql(
            "notify",
            "UPDATE messages SET created_at = created_at - interval '26 hours'"
            " WHERE id = 'msg_receipt_red_1'",
        ),
    ),
    "redemption_not_debited": Seed(
        "red_1",
        sql(
            "wallet",
            "DELETE FROM transfers WHERE source_id = 'red_1'",
            "DELETE FROM debits WHERE redemption_id = 'red_1'",
            balance(300),
        ),
    ),
    "debited_twice": Seed(
        "red_1",
        sql(
            "wallet",
            "INSERT INTO transfers SELECT 'trf again', kind, source_id, debit_account_id, credit_account_id,"
            " amount_cents, event_at, created_at FROM transfers WHERE kind = 'debit' AND source_id = 'red_1'",
            "UPDATE debits SET amount_cents = 600 WHERE redemption_id = 'red_1'",
            balance(-300),
        ),
        (("wallet", "transfers.uq_transfers_kind_source_id_debit_account_id_credit_account_id"),),
    ),
    "debit_without_redemption": Seed("red_9", lambda database: _debit(database, "red_9", 100)),
    "debit_amount_differs": Seed(
        "red_1",
        sql(
            "wallet",
            "UPDATE transfers SET amount_cents = 299 WHERE source_id = 'red_1'",
            "UPDATE debits SET amount_cents = 299 WHERE redemption_id = 'red_1'",
            balance(1),
        ),
    ),
    "cancelled_not_reversed": Seed(
        "red_2", sql("wallet", "DELETE FROM transfers WHERE kind = 'debit_reversal'", balance(-200))
    ),
    "reversed_not_cancelled": Seed("red_1", _reversed),
    "reversal_differs": Seed("red_2", _reversed_into_another_pot),
    "reversal_not_raised": Seed(
        "red_2",
        sql("cards", "DELETE FROM allowance_raises WHERE source_id = 'red_2:pot_1'", allowance(-200)),
    ),
    "statistics_differ": Seed(
        "prv_1:2020-07-11:off_1:family_bonus:redemptions",
        sql("offers", "UPDATE sales SET redemptions = 2"),
    ),
    "pot_not_credited": Seed("card_9", _card_without_pot),
    "pot_without_card": Seed("pot_9", _pot_without_card),
    "credit_not_raised": Seed(
        "pot_1",
        sql(
            "cards",
            "UPDATE allowance_raises SET amount_cents = 900 WHERE source_id = 'credit_1'",
            allowance(-100),
        ),
    ),
    "raise_without_credit": Seed("pot_9", _raise_without_credit),
    "release_not_returned": Seed(
        "rel_1", sql("wallet", "DELETE FROM transfers WHERE source_id = 'rel_1'", balance(100))
    ),
    "return_without_release": Seed("rel_9", _returned),
    "paid_order_without_card_or_refund": Seed(
        "ord_3",
        sql(
            "wallet",
            "DELETE FROM transfers WHERE source_id = 'rfd_3'",
            "DELETE FROM refunds",
            "UPDATE payments SET state = 'paid'",
        ),
    ),
    "order_paid_without_payment": Seed(
        "ord_2",
        sql(
            "wallet",
            "DELETE FROM transfers WHERE source_id = 'pay_2'",
            "DELETE FROM payments WHERE id = 'pay_2'",
        ),
    ),
    "card_without_voucher": Seed("card_1", sql("notify", "DELETE FROM messages WHERE subject_id = 'card_1'")),
    "card_with_two_vouchers": Seed(
        "card_1",
        lambda database: well.write_voucher(database("notify"), "msg_again", "card_1"),
        (("notify", "messages.uq_messages_kind_subject_id"),),
    ),
    "voucher_without_card": Seed(
        "card_9", lambda database: well.write_voucher(database("notify"), "msg_9", "card_9")
    ),
}
