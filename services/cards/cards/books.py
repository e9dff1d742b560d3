"""What `cards` tells the nightly reconciliation: ids, cents, counts and moments, no person."""

from collections.abc import Mapping

from cards.scan.models import SAID_AT
from cards.self_check import SELF_CHECKS
from chassis.database.books import Book, Keys

# What a pot paid for: draws and what was given back, by pot.
REDEMPTIONS = Book(
    keys=(Keys("redemptions", "id"),),
    rows="""
        SELECT made.id, made.redeemed_at, made.cancelled_at, moved.drawn, moved.raised
        FROM redemptions AS made
        LEFT JOIN LATERAL (
            SELECT json_object_agg(draw.pot_id, draw.amount_cents) AS drawn,
                   json_object_agg(draw.pot_id, back.amount_cents) FILTER (WHERE back.pot_id IS NOT NULL)
                       AS raised
            FROM redemption_draws AS draw
            LEFT JOIN allowance_raises AS back ON back.source_id = draw.redemption_id || ':' || draw.pot_id
            WHERE draw.redemption_id = made.id) AS moved ON true
        WHERE made.id = ANY(:keys)
    """,
)
# The day is the civil day in Paris of what the events said, as the statistics count it; their counters in
# their order.
SOLD = Book(
    keys=(Keys("redemptions", "id"),),
    rows=f"""
        SELECT id, redeemed_at, cancelled_at, provider_id,
               (({SAID_AT}) AT TIME ZONE 'Europe/Paris')::date::text, offer_id, card_type,
               1, adults, children, gross_cents, reduction_cents, net_cents, paid_from_pot_cents
        FROM redemptions WHERE id = ANY(:keys)
    """,  # noqa: S608 - put together from a constant
)
# What each pot was credited with here; a credit is named after its pot, a reversal `redemption:pot`.
RAISES = Book(
    keys=(Keys("allowances", "pot_id"), Keys("allowance_raises", "pot_id")),
    rows="""
        SELECT pot_id, sum(amount_cents) FROM allowance_raises
        WHERE pot_id = ANY(:keys) AND strpos(source_id, ':') = 0
        GROUP BY pot_id
    """,
)
RELEASES = Book(
    keys=(Keys("allowance_releases", "release_id"),),
    rows="SELECT release_id, amount_cents, released_at FROM allowance_releases WHERE release_id = ANY(:keys)",
)
CARDS = Book(
    keys=(Keys("cards", "id"),),
    rows="SELECT id, made_at FROM cards WHERE id = ANY(:keys)",
)
# First cards by household: they open its pots, a reissued one goes on with them.
HOUSEHOLDS = Book(
    keys=(Keys("cards", "household_id"),),
    rows="""
        SELECT made.household_id, made.id, made.programme, made.card_type, made.made_at,
               placed.adults + placed.children
        FROM cards AS made LEFT JOIN orders AS placed ON placed.id = made.order_id
        WHERE made.household_id = ANY(:keys) AND made.replaces IS NULL
    """,
)
PRICED_ORDERS = Book(
    keys=(Keys("orders", "id"),),
    rows="""
        SELECT id, paid_at, refused_at FROM orders WHERE id = ANY(:keys) AND amount_due_cents > 0
    """,
)

BOOKS: Mapping[str, Book] = {
    **SELF_CHECKS,
    "redemptions": REDEMPTIONS,
    "sold": SOLD,
    "raises": RAISES,
    "releases": RELEASES,
    "cards": CARDS,
    "households": HOUSEHOLDS,
    "priced_orders": PRICED_ORDERS,
}
