"""What the running service may do in each table; to lock a row is to hold UPDATE on a column (ADR 0023)."""

from chassis.database.rights import APPEND_ONLY
from offers.counting import COUNTERS

RIGHTS = {
    "providers": "SELECT, INSERT, UPDATE (state, reason, decided_at, decided_by)",
    "contacts": APPEND_ONLY,
    "sites": APPEND_ONLY,
    "offers": "SELECT, INSERT, UPDATE (state, version, published_at, withdrawn_at)",
    "site_sales": f"SELECT, INSERT, UPDATE ({', '.join(COUNTERS)})",
    "sales": f"SELECT, INSERT, UPDATE ({', '.join(COUNTERS)})",
}
