"""What `notify` tells the nightly reconciliation."""

from collections.abc import Mapping

from chassis.database.books import Book, Keys
from notify.self_check import SELF_CHECKS

VOUCHERS = Book(
    keys=(Keys("messages", "subject_id", "kind = 'voucher'"),),
    rows="""
        SELECT subject_id, count(*) FROM messages
        WHERE kind = 'voucher' AND subject_id = ANY(:keys)
        GROUP BY subject_id
    """,
)

BOOKS: Mapping[str, Book] = {**SELF_CHECKS, "vouchers": VOUCHERS}
