"""What `offers` tells the nightly reconciliation."""

from collections.abc import Mapping

from chassis.database.books import Book, Keys

# A provider at a time: what it sold on each day. The counters stand in the order of `counting.COUNTERS`.
SALES = Book(
    keys=(Keys("sales", "provider_id"),),
    rows="""
        SELECT provider_id, day::text, offer_id, card_type, redemptions, adults, children, gross_cents,
               reduction_cents, net_cents, paid_from_pot_cents
        FROM sales WHERE provider_id = ANY(:keys)
    """,
    page=1,
)

BOOKS: Mapping[str, Book] = {"sales": SALES}
