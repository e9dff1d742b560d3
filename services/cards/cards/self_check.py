"""What must hold among the rows of `cards` alone: each rule's name is its kind of fault.

A rule answers a row for all that is wrong: what it is about, what was expected and what was found, in cents
or, where things are counted, in things.
"""

from collections.abc import Mapping

from chassis.database.books import Book, Keys

_ORDERS = (Keys("orders", "id"),)
_POTS = (Keys("allowances", "pot_id"),)
# A device at a time: what it was answered is found by its own keys.
_DEVICES = (
    Keys("redemptions", "device_id"),
    Keys("idempotency_keys", "caller", "starts_with(caller, 'dev_')"),
)

_ANSWERED = """
    SELECT caller, key, answer->>'id' AS redemption_id FROM idempotency_keys
    WHERE caller = ANY(:keys) AND starts_with(answer->>'id', 'red_')
"""

SELF_CHECKS: Mapping[str, Book] = {
    # What may be spent is what was raised, less what was drawn and what was released.
    "allowance_off": Book(
        keys=_POTS,
        rows="""
            SELECT pot.pot_id, raised.cents - drawn.cents - released.cents, pot.amount_cents
            FROM allowances AS pot
            CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents), 0) AS cents
                                FROM allowance_raises WHERE pot_id = pot.pot_id) AS raised
            CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents), 0) AS cents
                                FROM redemption_draws WHERE pot_id = pot.pot_id) AS drawn
            CROSS JOIN LATERAL (SELECT coalesce(sum(amount_cents), 0) AS cents
                                FROM allowance_releases WHERE pot_id = pot.pot_id) AS released
            WHERE pot.pot_id = ANY(:keys)
              AND pot.amount_cents <> raised.cents - drawn.cents - released.cents
        """,
    ),
    "allowance_negative": Book(
        keys=_POTS,
        rows="SELECT pot_id, 0, amount_cents FROM allowances WHERE pot_id = ANY(:keys) AND amount_cents < 0",
    ),
    # What a redemption says that pots paid is what it drew from them.
    "draws_off": Book(
        keys=(Keys("redemptions", "id"), Keys("redemption_draws", "redemption_id")),
        rows="""
            SELECT wanted.id, coalesce(redemptions.paid_from_pot_cents, 0), coalesce(drawn.cents, 0)
            FROM unnest(CAST(:keys AS text[])) AS wanted (id)
            LEFT JOIN redemptions ON redemptions.id = wanted.id
            LEFT JOIN (SELECT redemption_id, sum(amount_cents) AS cents FROM redemption_draws
                       WHERE redemption_id = ANY(:keys) GROUP BY redemption_id) AS drawn
                   ON drawn.redemption_id = wanted.id
            WHERE coalesce(redemptions.paid_from_pot_cents, 0) <> coalesce(drawn.cents, 0)
        """,
    ),
    # Approved and paid (or free) and not refused makes a card, in the same transaction.
    "order_without_card": Book(
        keys=_ORDERS,
        rows="""
            SELECT id, 1, 0 FROM orders AS placed
            WHERE id = ANY(:keys) AND refused_at IS NULL
              AND (validated_at IS NOT NULL
                   OR (approved_at IS NOT NULL AND (amount_due_cents = 0 OR paid_at IS NOT NULL)))
              AND NOT EXISTS (SELECT FROM cards WHERE order_id = placed.id AND replaces IS NULL)
        """,
    ),
    "order_with_two_cards": Book(
        keys=_ORDERS,
        rows="""
            SELECT order_id, 1, count(*) FROM cards
            WHERE order_id = ANY(:keys) AND replaces IS NULL
            GROUP BY order_id HAVING count(*) > 1
        """,
    ),
    "card_without_order": Book(
        keys=(Keys("cards", "id"),),
        rows="""
            SELECT id, 1, 0 FROM cards AS made
            WHERE id = ANY(:keys)
              AND NOT EXISTS (SELECT FROM orders WHERE id = made.order_id AND validated_at IS NOT NULL)
        """,
    ),
    # The scan keeps its answer under the caller's key in the transaction that records it. A repeat of
    # seconds ago is answered with the same redemption under another key: only none at all is wrong. NOT IN
    # makes the server look the answers up in a hash; a join would read each for each redemption.
    "redemption_without_key": Book(
        keys=_DEVICES,
        rows=f"""
            SELECT id, 1, 0 FROM redemptions
            WHERE device_id = ANY(:keys)
              AND id NOT IN (SELECT redemption_id FROM ({_ANSWERED}) AS answered)
        """,  # noqa: S608 - put together from constants
        page=1,
    ),
    "key_without_redemption": Book(
        keys=_DEVICES,
        rows=f"""
            SELECT DISTINCT answered.redemption_id, 1, 0 FROM ({_ANSWERED}) AS answered
            WHERE NOT EXISTS (SELECT FROM redemptions WHERE id = answered.redemption_id)
        """,  # noqa: S608 - put together from constants
        page=1,
    ),
    # Named by what was answered: the caller's key itself may say anything.
    "key_kept_twice": Book(
        keys=_DEVICES,
        rows=f"""
            SELECT max(redemption_id), 1, count(*) FROM ({_ANSWERED}) AS answered
            GROUP BY caller, key HAVING count(*) > 1
        """,  # noqa: S608 - put together from constants
        page=1,
    ),
}
