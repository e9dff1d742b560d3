"""The SQL of the scan: three statements, each doing the work of several, sent in two round trips.

``LOCK_CARD``, ``LOCK_FACTS`` → ``RECORD``. What a scan costs is round trips (ADR 0038) and, where the server
must read a statement this long anew each time, its planning (ADR 0020).
"""

from cards.scan.models import COUNTED_AS, GUESSED, VISITED_AT
from chassis import audit
from chassis.database.idempotency import FIND_KEPT, KEEP
from chassis.database.prepared import Prepared
from chassis.events.outbox import ANNOUNCE

# SQLSTATEs of our own: with these a statement fails where what it wrote must not be committed, and what the
# caller is told of it. The card's lock makes equal requests wait for each other, so only another request can
# have been faster with the key; the pots' locks make it impossible that they hold less than was read, or were
# locked by a dispute since.
KEY_TAKEN, POTS_LACK = "OC001", "OC002"
REFUSED_AS = {KEY_TAKEN: "idempotency_key_reused", POTS_LACK: "try_again"}

_LOCK = "FOR NO KEY UPDATE"
_WHOSE = "coalesce(placed.counted_as, placed.id)"

# The next statement is told which card was locked: it sees more than this one, even a card made just now.
_LOCK_CARD = f"""
    SELECT pg_advisory_xact_lock(hashtextextended({_WHOSE}, 0)) AS turn,
           set_config('scan.locked_card', card.id, true) AS locked
    FROM cards AS card
    JOIN orders AS placed ON placed.id = card.order_id
    WHERE card.{{medium}}_hash = :card_hash
    {_LOCK} OF card
"""  # noqa: S608 - put together from constants
_LOCKED = "AND card.id = current_setting('scan.locked_card', true)"

# One row always; the card is null where none is known. All about the card is read here, after its lock.
#
# Uses are counted by whom the limits belong to: a reissued, renewed or second card goes on where the other
# stopped. Each in the window in which the visit took place, by an index on the two (ADR 0037). Windows are of
# the day and come with ``:by_programme`` (`facts`), but for a card's validity, which only the card knows.
_FACTS = f"""
    WITH card AS MATERIALIZED (
        SELECT card.id, card.order_id, {_WHOSE} AS counted_as, card.household_id, card.programme,
               card.card_type, card.sealed, card.valid_from, card.valid_until, card.revoked_at,
               placed.holder_id, placed.account_id, placed.adults, placed.children, placed.holder_first_name,
               placed.age_band, offer.withdrawn, offer.withdrawn_at, offer.terms,
               CAST(:by_programme AS jsonb) -> card.programme AS its_programme
        FROM cards AS card
        JOIN orders AS placed ON placed.id = card.order_id
        LEFT JOIN published_offers AS offer ON offer.offer_id = :offer_id
        WHERE card.{{medium}}_hash = :card_hash {{locked}}
    ), limits AS MATERIALIZED (
        SELECT place, per, coalesce(since, CAST(card.valid_from AS timestamp) AT TIME ZONE timezone) AS since,
               coalesce(before, CAST(card.valid_until + 1 AS timestamp) AT TIME ZONE timezone) AS before
        FROM card, CAST(card.its_programme ->> 'timezone' AS text) AS timezone,
             ROWS FROM (jsonb_to_recordset(card.its_programme -> 'limits' -> card.card_type)
                        AS (per text, since timestamptz, before timestamptz))
             WITH ORDINALITY AS limit_ (per, since, before, place)
    )
    SELECT card.*,
           (SELECT coalesce(json_agg(pot), '[]')
            FROM (SELECT pot_id, pot_code, categories, amount_cents, spend_from, spend_until,
                         closed_at IS NOT NULL AS closed, locked_at
                  FROM allowances
                  WHERE household_id = card.household_id AND programme = card.programme
                  ORDER BY pot_id
                  {{lock_pots}}) AS pot) AS pots,
           (SELECT coalesce(array_agg(used.uses ORDER BY limits.place), '{{{{}}}}')
            FROM limits
            CROSS JOIN LATERAL (
                SELECT count(*) AS uses
                FROM redemptions
                WHERE {COUNTED_AS} = card.counted_as AND cancelled_at IS NULL
                  AND {VISITED_AT} >= limits.since AND {VISITED_AT} < limits.before
                  AND CASE limits.per WHEN 'provider' THEN provider_id = :provider_id
                                      WHEN 'site' THEN site_id = :site_id
                                      ELSE offer_id = :offer_id END) AS used) AS uses,
           (SELECT row_to_json(first)
            FROM (SELECT id, device_id, reduction_cents, net_cents, paid_from_pot_cents, due_cents,
                         redeemed_at, {VISITED_AT} AS visited_at
                  FROM redemptions
                  WHERE {COUNTED_AS} = card.counted_as AND cancelled_at IS NULL
                    AND {VISITED_AT} > CAST(card.its_programme ->> 'repeat_after' AS timestamptz)
                    AND {VISITED_AT} < CAST(card.its_programme ->> 'repeat_before' AS timestamptz)
                    AND card_id = card.id AND site_id = :site_id AND offer_id = :offer_id
                    AND adults = :adults AND children = :children AND gross_cents = :gross_cents
                    AND paid_from_pot_cents = :pay_cents
                  ORDER BY {VISITED_AT} DESC, id DESC
                  LIMIT 1) AS first) AS repeated,
           (SELECT row_to_json(kept)
            FROM (SELECT found.*, (SELECT cancelled_at FROM redemptions WHERE id = found.answer->>'id')
                  FROM ({FIND_KEPT}) AS found) AS kept) AS kept,
           (SELECT refused_at FROM refused_scans
            WHERE device_id = :device_id AND {GUESSED} AND refused_at > :guessed_since
            ORDER BY refused_at DESC OFFSET :guessed_offset LIMIT 1) AS guesses_full_at,
           (SELECT refused_at FROM refused_scans
            WHERE card_id = card.id AND wrong_code AND refused_at > :wrong_code_since
            ORDER BY refused_at DESC OFFSET :wrong_code_offset LIMIT 1) AS wrong_code_full_at
    FROM (VALUES (true)) AS scan (asked) LEFT JOIN card ON scan.asked
"""  # noqa: S608 - put together from constants
# The decrease is guarded although the rows are locked: an allowance below 0 must be impossible twice over,
# and so must a draw on a pot that a dispute locks, but for a visit of before (``:late_at``, null for one of
# now). Rows are locked in order of pot_id by DRAW_FACTS before. A closed pot holds nothing, as its table
# checks (`closed_is_empty`): were it asked for here, the planner could choose to read all open pots.
_RECORD = f"""
    WITH wanted AS (
        SELECT *
        FROM unnest(CAST(:pot_ids AS text[]), CAST(:draw_cents AS bigint[])) AS draw (pot_id, amount_cents)
    ), lowered AS (
        UPDATE allowances AS pot
        SET amount_cents = pot.amount_cents - wanted.amount_cents
        FROM wanted
        WHERE pot.pot_id = wanted.pot_id AND pot.amount_cents >= wanted.amount_cents
          AND (pot.locked_at IS NULL OR pot.locked_at > CAST(:late_at AS timestamptz))
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
    SELECT abort_unless((SELECT count(*) FROM kept) = 1, '{KEY_TAKEN}'),
           abort_unless((SELECT count(*) FROM lowered) = cardinality(CAST(:pot_ids AS text[])), '{POTS_LACK}')
"""  # noqa: S608 - put together from constants

# A repeat records nothing but its answer.
_KEEP_ANSWER = f"""
    WITH kept AS ({KEEP})
    SELECT abort_unless((SELECT count(*) FROM kept) = 1, '{KEY_TAKEN}')
"""  # noqa: S608 - put together from constants

_REFUSE = """
    INSERT INTO refused_scans (id, kind, reason, medium, device_id, provider_id, site_id, offer_id, card_id,
                               wrong_code, refused_at)
    VALUES (:id, :kind, :reason, :medium, :device_id, :provider_id, :site_id, :offer_id, :card_id,
            :wrong_code, :refused_at)
"""

_MEDIA = ("qr", "number")


def _facts(what: str, *, locked: str = "", lock_pots: str = "") -> dict[str, Prepared]:
    return {
        medium: Prepared(
            f"scan_{what}_by_{medium}", _FACTS.format(medium=medium, locked=locked, lock_pots=lock_pots)
        )
        for medium in _MEDIA
    }


# Scans of one card wait for each other at its row, those of one person's or household's cards for their
# turn, so that usage limits hold. What they must see is read by the NEXT statement: one that waited for a
# lock still sees other tables as they were before.
LOCK_CARD = {
    medium: Prepared(f"scan_lock_card_by_{medium}", _LOCK_CARD.format(medium=medium)) for medium in _MEDIA
}
# By medium: the card with its order and the offer's local copy; pots, uses of each limit, a repeat, what was
# kept under the key, and how often was guessed. For a quote; for a redemption, of the card that was locked;
# and for one that draws on pots, which waits for these too.
READ_FACTS = _facts("read_facts")
LOCK_FACTS = _facts("lock_facts", locked=_LOCKED)
DRAW_FACTS = _facts("draw_facts", locked=_LOCKED, lock_pots=_LOCK)
RECORD = Prepared("scan_record", _RECORD)
KEEP_ANSWER = Prepared("scan_keep_answer", _KEEP_ANSWER)
REFUSE = Prepared("scan_refuse", _REFUSE)
