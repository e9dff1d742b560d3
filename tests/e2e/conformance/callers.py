"""By whom a call is made that would succeed but for the mistake under test, and where to."""

from tests.e2e.conformance.crowd import Crowd
from tests.e2e.conformance.document import Operation

# Calls that are not here are made by nobody in particular.
FITTING = {
    "request_email_change": "partner",
    "confirm_email_change": "partner",
    "send_voucher_again": "partner",
    "find_checks": "officer",
    "decide_check": "officer",
    "get_card": "holder",
    "get_voucher": "holder",
    "get_qr": "holder",
    "get_pots": "holder",
    "find_card_redemptions": "holder",
    "lookup_card": "officer",
    "revoke_card": "holder",
    "reissue_card": "holder",
    "quote": "device",
    "redeem": "device",
    "find_device_redemptions": "device",
    "cancel_redemption": "device",
    "dispute_visit": "holder",
    "find_disputes": "officer",
    "decide_dispute": "officer",
    "decide_provider": "officer",
    "get_statistics": "manager",
    "get_balance": "manager",
    "find_own_orders": "holder",
    "get_caller": "holder",
    "find_own_visits": "holder",
    "find_provider_visits": "manager",
    "stream_own_visits": "holder",
    "stream_provider_visits": "manager",
    "create_offer": "manager",
    "publish_offer": "officer",
    "withdraw_offer": "manager",
    "create_partner": "officer",
    "create_staff": "officer",
    "find_provider_staff": "manager",
    "create_provider_staff": "manager",
    "revoke_provider_staff": "manager",
    "find_devices": "manager",
    "create_device": "manager",
    "revoke_device": "manager",
}


def headers_for(crowd: Crowd, operation: Operation) -> dict[str, str]:
    """The token of a fitting caller, JSON, and a key where one may be sent."""
    key = {"Idempotency-Key": "conformance-0001"} if operation.method == "POST" else {}
    return {
        "Content-Type": "application/json",
        **key,
        **crowd.authorization(FITTING.get(operation.id, "anonymous")),
    }


def target_of(crowd: Crowd, operation: Operation, **other: str) -> str:
    """The path with real ids, or with ``other`` ones."""
    known = {"code": "occygene-2020", **crowd.mine, **other}
    names = [parameter["name"] for parameter in operation.parameters_in("path")]
    return operation.path.format(**{name: known[name] for name in names})
