"""Every kind of fault that the nightly reconciliation looks for; docs/operations.md says what to do.

In ``SELF_CHECKED`` a service finds the fault among its own rows: each kind is a rule of that name in the
service's ``self_check.py``. In ``COMPARED`` it shows only where the books of two services are laid side by
side, which the wallet's ``reconciliation`` does.
"""

from collections.abc import Mapping

# What the chassis looks for in every service.
OF_EVERY_SERVICE = ("event_unsent", "message_parked")

SELF_CHECKED: Mapping[str, tuple[str, ...]] = {
    "identity": OF_EVERY_SERVICE,
    "cards": (
        *OF_EVERY_SERVICE,
        "allowance_off",
        "allowance_negative",
        "draws_off",
        "order_without_card",
        "order_with_two_cards",
        "card_without_order",
        "redemption_without_key",
        "key_without_redemption",
        "key_kept_twice",
    ),
    "wallet": (
        *OF_EVERY_SERVICE,
        "transfer_unbalanced",
        "pot_balance_off",
        "pot_negative",
        "payable_off",
        "payment_not_booked",
        "refund_without_payment",
        "refund_not_booked",
        "refund_unsent",
    ),
    "offers": OF_EVERY_SERVICE,
    "notify": (*OF_EVERY_SERVICE, "message_unsent"),
}

COMPARED = (
    "redemption_not_debited",
    "debited_twice",
    "debit_without_redemption",
    "debit_amount_differs",
    "cancelled_not_reversed",
    "reversed_not_cancelled",
    "reversal_differs",
    "reversal_not_raised",
    "statistics_differ",
    "pot_not_credited",
    "pot_without_card",
    "credit_not_raised",
    "raise_without_credit",
    "release_not_returned",
    "return_without_release",
    "paid_order_without_card_or_refund",
    "order_paid_without_payment",
    "card_without_voucher",
    "card_with_two_vouchers",
    "voucher_without_card",
)

KINDS = (*dict.fromkeys(kind for kinds in SELF_CHECKED.values() for kind in kinds), *COMPARED)
