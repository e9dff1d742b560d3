"""What is read of the tables: the state of each service, and once all is quiet what was promised."""

# One row a service: its state by pot (or offer), and what it announced since the last look.
_ANNOUNCED = """
    (SELECT coalesce(json_agg(json_build_array(seq, name, payload) ORDER BY seq), '[]')
     FROM outbox WHERE seq > %s)
"""
_CARDS = f"""
    SELECT (SELECT coalesce(json_object_agg(pot_id, json_build_object(
               'allowance', amount_cents, 'closed', closed_at IS NOT NULL,
               'raised', (SELECT coalesce(sum(amount_cents), 0) FROM allowance_raises AS raised
                          WHERE raised.pot_id = pot.pot_id),
               'drawn', (SELECT coalesce(sum(amount_cents), 0) FROM redemption_draws AS draw
                         WHERE draw.pot_id = pot.pot_id),
               'released', (SELECT coalesce(sum(amount_cents), 0) FROM allowance_releases AS released
                            WHERE released.pot_id = pot.pot_id))), '{{}}') FROM allowances AS pot),
           {_ANNOUNCED}
"""  # noqa: S608
_WALLET = f"""
    SELECT (SELECT coalesce(json_object_agg(id, json_build_object(
               'balance', balance_cents, 'closed', closed_at IS NOT NULL,
               'announced', (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                             WHERE credit_account_id = account_id),
               'debited', (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                           WHERE debit_account_id = account_id AND kind = 'debit'),
               'returned', (SELECT coalesce(sum(amount_cents), 0) FROM transfers
                            WHERE debit_account_id = account_id AND kind = 'pot_return'))), '{{}}')
            FROM pots),
           {_ANNOUNCED}, (SELECT coalesce(sum(amount_cents), 0)::bigint FROM debits WHERE voided)
"""  # noqa: S608
_OFFERS = f"""
    SELECT (SELECT coalesce(json_object_agg(
               place, json_build_object('redemptions', redemptions, 'paid', paid)), '{{}}')
            FROM (SELECT offer_id || ' ' || day AS place, sum(redemptions) AS redemptions,
                         sum(paid_from_pot_cents) AS paid
                  FROM sales GROUP BY offer_id, day) AS sold),
           {_ANNOUNCED}
"""  # noqa: S608
# The value for "since" comes from outside; everything else is constant.
STATE = {"cards": _CARDS, "wallet": _WALLET, "offers": _OFFERS}

REDEMPTIONS = """
    SELECT coalesce(json_object_agg(id, json_build_array(cancelled_at IS NOT NULL, paid_from_pot_cents,
        counted_as,
        to_char(least(occurred_at, redeemed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
        (SELECT coalesce(json_object_agg(pot_id, amount_cents), '{}') FROM redemption_draws
         WHERE redemption_id = id))), '{}')
    FROM redemptions
"""
FOLD = """
    SELECT coalesce(json_object_agg(offer_id || ' ' || day, json_build_array(redemptions, paid)), '{}')
    FROM (SELECT offer_id, (least(occurred_at, redeemed_at) AT TIME ZONE 'Europe/Paris')::date AS day,
                 count(*) AS redemptions, sum(paid_from_pot_cents) AS paid
          FROM redemptions WHERE cancelled_at IS NULL GROUP BY 1, 2) AS sold
"""
ANSWERS = """
    SELECT coalesce(json_agg(json_build_array(caller, key, answer)), '[]') FROM idempotency_keys
    WHERE key LIKE 'scan_%%'
"""
UNPUBLISHED = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
PAYABLE = """
    SELECT coalesce(json_object_agg(account, cents), '{}')
    FROM (SELECT account, sum(cents) AS cents
          FROM (SELECT credit_account_id AS account, amount_cents AS cents FROM transfers
                UNION ALL SELECT debit_account_id, -amount_cents FROM transfers) AS entries
          WHERE account LIKE 'provider_payable:%%' GROUP BY account) AS payable
    WHERE cents <> 0
"""
