"""The SQL of the scan: three statements, each doing the work of several, prepared once a connection.

``LOCK_CARD`` → ``READ_FACTS`` (or ``LOCK_FACTS``) → ``RECORD``. What a scan costs is round trips and, where
the server must read a statement this long anew each time, its planning: ADR 0020 has the figures.
"""

from cards.scan.models import COUNTED_AS, GUESSED, VISITED_AT
from chassis import audit
from chassis.idempotency import FIND_KEPT, KEEP
from chassis.outbox import ANNOUNCE
from chassis.prepared import Prepared

_LOCK = "FOR NO KEY UPDATE"

_WHOSE = "coalesce(placed.counted_as, placed.id)"
_CARD = """
    SELECT card.id, card.order_id, {counted_as} AS counted_as, card.household_id, card.programme,
           card.card_type, card.sealed, card.valid_from, card.valid_until, card.revoked_at, placed.holder_id,
           placed.adults, placed.children, placed.holder_first_name, placed.age_band, offer.withdrawn,
           offer.withdrawn_at, offer.terms{turn}
    FROM cards AS card
    JOIN orders AS placed ON placed.id = card.order_id
    LEFT JOIN published_offers AS offer ON offer.offer_id = :offer_id
    WHERE card.{column} = :card_hash
    {lock}
"""

# What a card need not be known for: an answer kept under the key, with whether what it tells of still stands,
# and guessing.
_UNKNOWN = f"""
    (SELECT row_to_json(kept)
     FROM (SELECT found.*, (SELECT cancelled_at FROM redemptions WHERE id = found.answer->>'id')
           FROM ({FIND_KEPT}) AS found) AS kept) AS kept,
    (SELECT refused_at FROM refused_scans
     WHERE device_id = :device_id AND {GUESSED} AND refused_at > :guessed_since
     ORDER BY refused_at DESC OFFSET :guessed_offset LIMIT 1) AS guesses_full_at
"""  # noqa: S608 - put together from constants

# Uses are counted by whom the limits belong to: a reissued, renewed or second card goes on where the other
# stopped. Each in the window in which the visit took place, by an index on the two (ADR 0037).
_FACTS = f"""
    SELECT (SELECT coalesce(json_agg(pot), '[]')
            FROM (SELECT pot_id, pot_code, categories, amount_cents, spend_from, spend_until,
                         closed_at IS NOT NULL AS closed
                  FROM allowances
                  WHERE household_id = :household_id AND programme = :programme
                  ORDER BY pot_id
                  {{lock}}) AS pot) AS pots,
           (SELECT coalesce(array_agg(used.uses ORDER BY limits.place), '{{{{}}}}')
            FROM unnest(CAST(:limit_per AS text[]), CAST(:limit_since AS timestamptz[]),
                        CAST(:limit_before AS timestamptz[]))
                 WITH ORDINALITY AS limits (per, since, before, place)
            CROSS JOIN LATERAL (
                SELECT count(*) AS uses
                FROM redemptions
                WHERE {COUNTED_AS} = :counted_as AND cancelled_at IS NULL
                  AND {VISITED_AT} >= limits.since AND {VISITED_AT} < limits.before
                  AND CASE limits.per WHEN 'provider' THEN provider_id = :provider_id
                                      WHEN 'site' THEN site_id = :site_id
                                      ELSE offer_id = :offer_id END) AS used) AS uses,
           (SELECT row_to_json(first)
            FROM (SELECT id, device_id, reduction_cents, net_cents, paid_from_pot_cents, due_cents,
                         redeemed_at, {VISITED_AT} AS visited_at
                  FROM redemptions
                  WHERE {COUNTED_AS} = :counted_as AND cancelled_at IS NULL
                    AND {VISITED_AT} > :repeat_after AND {VISITED_AT} < :repeat_before
                    AND card_id = :card_id AND site_id = :site_id AND offer_id = :offer_id
                    AND adults = :adults AND children = :children AND gross_cents = :gross_cents
                    AND paid_from_pot_cents = :pay_cents
                  ORDER BY {VISITED_AT} DESC, id DESC
                  LIMIT 1) AS first) AS repeated,
           {{unknown}},
           (SELECT refused_at FROM refused_scans
            WHERE card_id = :card_id AND wrong_code AND refused_at > :wrong_code_since
            ORDER BY refused_at DESC OFFSET :wrong_code_offset LIMIT 1) AS wrong_code_full_at
"""  # noqa: S608 - put together from constants

# The decrease is guarded although the rows are locked: an allowance below 0 must be impossible twice over.
# Rows are locked in order of pot_id by LOCK_FACTS before this.
_RECORD = f"""
    WITH wanted AS (
        SELECT *
        FROM unnest(CAST(:pot_ids AS text[]), CAST(:draw_cents AS bigint[])) AS draw (pot_id, amount_cents)
    ), lowered AS (
        UPDATE allowances AS pot
        SET amount_cents = pot.amount_cents - wanted.amount_cents
        FROM wanted
        WHERE pot.pot_id = wanted.pot_id AND pot.amount_cents >= wanted.amount_cents
          AND pot.closed_at IS NULL
        RETURNING pot.pot_id, wanted.amount_cents
    ), recorded AS (
        INSERT INTO redemptions (
            id, card_id, order_id, counted_as, household_id, holder_id, programme, card_type, provider_id,
            site_id, device_id, offer_id, medium, adults, children, gross_cents, reduction_cents, net_cents,
            paid_from_pot_cents, due_cents, redeemed_at, occurred_at)
        VALUES (
            :id, :card_id, :order_id, :counted_as, :household_id, :holder_id, :programme, :card_type,
            :provider_id, :site_id, :device_id, :offer_id, :medium, :adults, :children, :gross_cents,
            :reduction_cents, :net_cents, :paid_from_pot_cents, :due_cents, :redeemed_at, :occurred_at)
    ), drawn AS (
        INSERT INTO redemption_draws (redemption_id, pot_id, amount_cents)
        SELECT :id, pot_id, amount_cents FROM lowered
    ), audited AS ({audit.RECORD}), announced AS ({ANNOUNCE}), kept AS ({KEEP})
    SELECT (SELECT count(*) FROM lowered) AS lowered, (SELECT count(*) FROM kept) AS kept
"""  # noqa: S608 - put together from constants


def _card(medium: str, lock: str = "") -> Prepared:
    name = f"scan_{'lock' if lock else 'read'}_card_by_{medium}"
    turn = f", pg_advisory_xact_lock(hashtextextended({_WHOSE}, 0)) AS turn" if lock else ""
    return Prepared(name, _CARD.format(column=f"{medium}_hash", lock=lock, counted_as=_WHOSE, turn=turn))


def _facts(name: str, lock: str = "") -> Prepared:
    return Prepared(name, _FACTS.format(lock=lock, unknown=_UNKNOWN))


# By medium: the card with its order and the offer's local copy; one row, or none for an unknown card.
READ_CARD = {medium: _card(medium) for medium in ("qr", "number")}
# Scans of one card wait for each other at its row, those of one person's or household's cards for their
# turn, so that usage limits hold. What they must see is read by the NEXT statement: one that waited for a
# lock still sees other tables as they were before.
LOCK_CARD = {medium: _card(medium, f"{_LOCK} OF card") for medium in ("qr", "number")}
# Pots, uses of each limit, a repeat, what was kept under the key, and how often was guessed.
READ_FACTS = _facts("scan_read_facts")
LOCK_FACTS = _facts("scan_lock_facts", _LOCK)
# The same where no card was found.
READ_UNKNOWN = Prepared("scan_read_unknown", f"SELECT {_UNKNOWN}")
RECORD = Prepared("scan_record", _RECORD)
# A repeat records nothing but its answer.
KEEP_ANSWER = Prepared("scan_keep_answer", KEEP)
