"""The HTTP status of every refusal: statuses live here and nowhere else.

422: the request itself is at fault. 409: the request is fine, but not in the present state of things.
404 is also the answer to a caller who may not know that something exists.
"""

STATUSES: dict[str, int] = {
    # every call
    "invalid_field": 422,
    "not_found": 404,
    "not_allowed": 403,
    "not_authenticated": 401,
    "idempotency_key_reused": 409,
    "too_many_attempts": 429,
    "too_many_requests": 429,
    "try_again": 503,
    # orders
    "programme_unknown": 422,
    "card_type_unknown": 422,
    "orders_not_open": 409,
    "channel_unknown": 422,
    "age_not_covered": 422,
    "household_not_covered": 422,
    "commune_unknown": 422,
    "residence_not_covered": 422,
    "order_not_payable": 409,
    "payment_unavailable": 503,
    "email_unchanged": 409,
    "email_code_refused": 422,
    "too_many_mails": 429,
    "voucher_mails_used_up": 409,
    "card_not_made": 409,
    # checks and sign-in
    "check_already_decided": 409,
    "reason_code_required": 422,
    "sign_in_refused": 401,
    "new_password_required": 403,
    "already_exists": 409,
    # cards
    "card_already_revoked": 409,
    "card_not_revoked": 409,
    # the scan
    "not_a_card_code": 422,
    "unknown_card": 404,
    "card_not_yet_valid": 409,
    "card_expired": 409,
    "card_revoked": 409,
    "offer_unknown": 404,
    "offer_not_open": 409,
    "wrong_provider": 403,
    "card_type_not_covered": 409,
    "party_not_covered": 409,
    "minimum_not_reached": 409,
    "usage_limit_reached": 409,
    "pot_not_accepted": 409,
    "pot_closed": 409,
    "pot_locked": 409,
    "pot_insufficient": 409,
    "card_code_required": 422,
    "cancellation_too_late": 409,
    # disputes
    "redemption_cancelled": 409,
    "dispute_too_late": 409,
    # providers and offers
    "provider_not_accepted": 409,
    "own_account": 409,
    "already_decided": 409,
    "offer_rule_broken": 422,
}
