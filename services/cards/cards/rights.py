"""What the running service may do in each table; to lock a row is to hold UPDATE on a column (ADR 0023)."""

from chassis.database.rights import APPEND_ONLY

RIGHTS = {
    "orders": "SELECT, INSERT, UPDATE (approved_at, paid_at, refused_at, reason_code, validated_at, "
    "account_id, account_change)",
    "cards": "SELECT, INSERT, UPDATE (revoked_at, revoked_reason, revoked_by)",
    "published_offers": "SELECT, INSERT, UPDATE (version, withdrawn, withdrawn_at, terms)",
    "allowances": "SELECT, INSERT, UPDATE (amount_cents, credited_cents, closed_at, locked_at)",
    "allowance_raises": APPEND_ONLY,
    "allowance_releases": APPEND_ONLY,
    # A scan is undone by saying when and by whom; what was scanned and paid stays as it was written.
    "redemptions": "SELECT, INSERT, UPDATE (cancelled_at, cancelled_by)",
    "redemption_draws": APPEND_ONLY,
    "refused_scans": APPEND_ONLY,
    # What a holder said stays as it was written; the decision is added once.
    "disputes": "SELECT, INSERT, UPDATE (outcome, decision_note, decided_by, decided_at, "
    "not_cancelled_because)",
}
