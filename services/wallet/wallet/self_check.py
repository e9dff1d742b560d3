"""What must hold among the wallet's own rows: each rule's name is its kind of fault.

A rule answers a row for all that is wrong: what it is about, what was expected and what was found, in cents
or, where things are counted, in things.
"""

from collections.abc import Mapping

from chassis.database.books import Book, Keys
from wallet.models import DIRECTION_RULE

_POTS = (Keys("pots", "id"),)


def _booked(kind: str, table: str, condition: str = "true") -> Book:
    """What a table says was paid is in the ledger, once and to the cent, and nothing else is."""
    return Book(
        keys=(Keys(table, "id"), Keys("transfers", "source_id", f"kind = '{kind}'")),
        rows=f"""
            SELECT wanted.id, coalesce(said.amount_cents, 0), coalesce(moved.cents, 0)
            FROM unnest(CAST(:keys AS text[])) AS wanted (id)
            LEFT JOIN {table} AS said ON said.id = wanted.id AND {condition}
            LEFT JOIN LATERAL (SELECT sum(amount_cents) AS cents FROM transfers
                               WHERE kind = '{kind}' AND source_id = wanted.id) AS moved ON true
            WHERE coalesce(said.amount_cents, 0) <> coalesce(moved.cents, 0)
        """,  # noqa: S608 - put together from constants
    )


SELF_CHECKS: Mapping[str, Book] = {
    # Both sides exist, differ, are of the kinds that this transfer may join, and something moved.
    "transfer_unbalanced": Book(
        keys=(Keys("transfers", "id"),),
        rows=f"""
            SELECT moved.id, 2, num_nonnulls(debit.id, credit.id)
            FROM transfers AS moved
            LEFT JOIN (SELECT id FROM accounts) AS debit ON debit.id = moved.debit_account_id
            LEFT JOIN (SELECT id FROM accounts) AS credit ON credit.id = moved.credit_account_id
            WHERE moved.id = ANY(:keys)
              AND (amount_cents <= 0 OR debit_account_id = credit_account_id
                   OR num_nonnulls(debit.id, credit.id) < 2
                   OR NOT ({DIRECTION_RULE}))
        """,  # noqa: S608 - put together from constants
    ),
    "pot_balance_off": Book(
        keys=_POTS,
        rows="""
            SELECT pots.id, moved.cents, pots.balance_cents
            FROM pots
            CROSS JOIN LATERAL (
                SELECT (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                        WHERE credit_account_id = pots.account_id)
                     - (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                        WHERE debit_account_id = pots.account_id) AS cents) AS moved
            WHERE pots.id = ANY(:keys) AND pots.balance_cents <> moved.cents
        """,
    ),
    "pot_negative": Book(
        keys=_POTS,
        rows="SELECT id, 0, balance_cents FROM pots WHERE id = ANY(:keys) AND balance_cents < 0",
    ),
    # What is owed to a provider by the transfers is what its redemptions' rows in `debits` say.
    "payable_off": Book(
        keys=(Keys("accounts", "id", "kind = 'provider_payable'"),),
        rows="""
            SELECT account.owner_id, said.cents, moved.cents
            FROM accounts AS account
            CROSS JOIN LATERAL (
                SELECT (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                        WHERE credit_account_id = account.id)
                     - (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                        WHERE debit_account_id = account.id) AS cents) AS moved
            CROSS JOIN LATERAL (
                SELECT (SELECT coalesce(sum(amount_cents), 0) FROM debits
                        WHERE NOT voided AND provider_id = account.owner_id AND redemption_id IN (
                            SELECT source_id FROM transfers WHERE credit_account_id = account.id))
                     - (SELECT coalesce(sum(amount_cents), 0) FROM debits
                        WHERE NOT voided AND provider_id = account.owner_id AND redemption_id IN (
                            SELECT source_id FROM transfers WHERE debit_account_id = account.id))
                    AS cents) AS said
            WHERE account.id = ANY(:keys) AND moved.cents <> said.cents
        """,
        page=5,
    ),
    # Money that the bank says it received.
    "payment_not_booked": _booked("payment", "payments", "state IN ('paid', 'refunded')"),
    "refund_without_payment": Book(
        keys=(Keys("refunds", "id"),),
        rows="""
            SELECT id, 0, amount_cents FROM refunds AS given
            WHERE id = ANY(:keys) AND NOT EXISTS (
                SELECT FROM payments WHERE id = given.payment_id AND state IN ('paid', 'refunded')
                                       AND amount_cents = given.amount_cents)
        """,
    ),
    "refund_not_booked": _booked("refund", "refunds"),
    # The bank has not confirmed it for a day.
    "refund_unsent": Book(
        keys=(Keys("refunds", "id"),),
        rows="""
            SELECT id, amount_cents, 0 FROM refunds
            WHERE id = ANY(:keys) AND done_at IS NULL AND requested_at < :now - interval '1 day'
        """,
    ),
}
