"""What must hold among the rows of `notify` alone: each rule's name is its kind of fault.

A rule answers a row for all that is wrong: what it is about, what was expected and what was found.
"""

from collections.abc import Mapping

from chassis.database.books import Book, Keys

SELF_CHECKS: Mapping[str, Book] = {
    # A message that has not left for a day, whether it is still tried or was given up.
    "message_unsent": Book(
        keys=(Keys("messages", "id"),),
        rows="""
            SELECT id, 1, 0 FROM messages
            WHERE id = ANY(:keys) AND state IN ('due', 'failed') AND created_at < :now - interval '1 day'
        """,
    ),
}
