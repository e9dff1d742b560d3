"""What the running service may do in each table; to lock a row is to hold UPDATE on a column (ADR 0023)."""

from chassis.database.rights import APPEND_ONLY

RIGHTS = {
    "accounts": APPEND_ONLY,
    "transfers": APPEND_ONLY,
    "debits": APPEND_ONLY,
    "pots": "SELECT, INSERT, UPDATE (balance_cents, closed_at)",
    # An order is locked by writing its id once more (`lock_order`).
    "orders": "SELECT, INSERT, UPDATE (id, refused_at, paid_payment_id)",
    "payments": "SELECT, INSERT, UPDATE (state, bank_session_id, redirect_url, paid_at, ask_at, asked_at, "
    "times_asked)",
    "refunds": "SELECT, INSERT, UPDATE (done_at, try_at, times_tried)",
    "payment_anomalies": APPEND_ONLY,
    "reconciliations": "SELECT, INSERT, UPDATE (lease_id, lease_until, finished_at, findings)",
}
