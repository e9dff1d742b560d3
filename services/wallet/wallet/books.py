"""What the wallet tells the nightly reconciliation of its own rows: ids, cents and moments."""

from collections.abc import Mapping

from chassis.database.books import Book, Keys
from wallet.self_check import SELF_CHECKS

# What became of each redemption here: every debit by pot, what was reversed by pot, and when it was.
MOVES = Book(
    keys=(
        Keys("debits", "redemption_id"),
        Keys("transfers", "source_id", "kind = 'debit'"),
        Keys("transfers", "source_id", "kind = 'debit_reversal'"),
    ),
    rows="""
        SELECT wanted.id, coalesce(heard.voided, false), heard.amount_cents, debited.by_pot, reversed.by_pot,
               CASE WHEN heard.voided THEN heard.created_at ELSE reversed.at END
        FROM unnest(CAST(:keys AS text[])) AS wanted (id)
        LEFT JOIN debits AS heard ON heard.redemption_id = wanted.id
        LEFT JOIN LATERAL (
            SELECT json_object_agg(pot_id, cents) AS by_pot
            FROM (SELECT substr(debit_account_id, 5) AS pot_id, json_agg(amount_cents) AS cents
                  FROM transfers WHERE kind = 'debit' AND source_id = wanted.id
                  GROUP BY debit_account_id) AS by_account) AS debited ON true
        LEFT JOIN LATERAL (
            SELECT json_object_agg(pot_id, cents) AS by_pot, max(at) AS at
            FROM (SELECT substr(credit_account_id, 5) AS pot_id, sum(amount_cents) AS cents,
                         max(created_at) AS at
                  FROM transfers WHERE kind = 'debit_reversal' AND source_id = wanted.id
                  GROUP BY credit_account_id) AS by_account) AS reversed ON true
    """,
)
CREDITS = Book(
    keys=(Keys("pots", "id"),),
    rows="""
        SELECT pots.id, credited.cents, credited.at
        FROM pots
        JOIN LATERAL (SELECT sum(amount_cents)::bigint AS cents, max(created_at) AS at FROM transfers
                      WHERE credit_account_id = pots.account_id AND kind = 'pot_credit') AS credited
          ON credited.cents IS NOT NULL
        WHERE pots.id = ANY(:keys)
    """,
)
RETURNS = Book(
    keys=(Keys("transfers", "source_id", "kind = 'pot_return'"),),
    rows="""
        SELECT source_id, sum(amount_cents) FROM transfers
        WHERE kind = 'pot_return' AND source_id = ANY(:keys) GROUP BY source_id
    """,
)
POTS_OF_HOUSEHOLDS = Book(
    keys=(Keys("pots", "household_id"),),
    rows="""
        SELECT pots.household_id, pots.id, pots.programme, pots.pot_code,
               (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                WHERE credit_account_id = pots.account_id AND kind = 'pot_credit')
        FROM pots WHERE pots.household_id = ANY(:keys)
    """,
)
# What each order brought in and has not been given back, nor is to be.
PAYMENTS = Book(
    keys=(Keys("payments", "order_id"),),
    rows="""
        SELECT paid.order_id, sum(paid.amount_cents) - coalesce(sum(given.amount_cents), 0), max(paid.paid_at)
        FROM payments AS paid LEFT JOIN refunds AS given ON given.payment_id = paid.id
        WHERE paid.order_id = ANY(:keys) AND paid.state IN ('paid', 'refunded')
        GROUP BY paid.order_id
    """,
)

BOOKS: Mapping[str, Book] = {
    **SELF_CHECKS,
    "moves": MOVES,
    "credits": CREDITS,
    "returns": RETURNS,
    "pots": POTS_OF_HOUSEHOLDS,
    "payments": PAYMENTS,
}
