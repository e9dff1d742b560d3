"""What the running service may do in each table; to lock a row is to hold UPDATE on a column (ADR 0023)."""

from chassis.database.rights import APPEND_ONLY

RIGHTS = {
    "orders": APPEND_ONLY,
    "messages": "SELECT, INSERT, UPDATE (state, attempts, last_error, due_at, lease_id, sent_at)",
}
