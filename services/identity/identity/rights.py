"""What the running service may do in each table; to lock a row is to hold UPDATE on a column (ADR 0023)."""

from chassis.database.rights import APPEND_ONLY

RIGHTS = {
    # Sign-ins lock an account; no rule changes what it says of itself. One that no order names goes.
    "accounts": "SELECT, INSERT, UPDATE (created_at), DELETE",
    "households": APPEND_ONLY,
    # Approving locks the people of a household; only what was not known when they were registered is added.
    "people": "SELECT, INSERT, UPDATE (birth_fingerprint)",
    "counted_people": "SELECT, INSERT, UPDATE (counted_as)",
    "holders": "SELECT, INSERT, UPDATE (email, account_id)",
    "applications": "SELECT, INSERT, UPDATE (state, decided_at)",
    "checks": "SELECT, INSERT, UPDATE (state, waiting_for, reason_code, note, decided_by, decided_at, "
    "month_read)",
    "quotient_reads": "SELECT, INSERT, UPDATE (attempts, due_at, lease_id, leased_until), DELETE",
    "api_pauses": "SELECT, INSERT, UPDATE (until)",
    "partners": APPEND_ONLY,
    "devices": "SELECT, INSERT, UPDATE (enrolment_hash, secret_hash, enrolled_at, revoked_at, revoked_by, "
    "last_seen_at)",
    "staff": "SELECT, INSERT, UPDATE (password_hash, password_is_one_time, role, revoked_at, revoked_by)",
    "email_changes": "SELECT, INSERT, UPDATE (new_email, old_email, old_account_id, attempts, confirmed_at), "
    "DELETE",
    "sign_in_attempts": "SELECT, INSERT, DELETE",
    "login_codes": "SELECT, INSERT, UPDATE (attempts, used_at), DELETE",
}
