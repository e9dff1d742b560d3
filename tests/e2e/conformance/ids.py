"""Ids that name nothing, and whose is what: for calls that must not tell whether something exists."""

from collections.abc import Callable

from tests.e2e.conformance.crowd import Crowd

PREFIXES = {
    "order_id": "ord",
    "check_id": "chk",
    "card_id": "card",
    "redemption_id": "red",
    "provider_id": "prv",
    "offer_id": "off",
    "device_id": "dev",
    "site_id": "sit",
    "dispute_id": "dsp",
    "staff_id": "stf",
}


def unknown_id(name: str) -> str:
    """Well formed, and nobody's; a programme's code for what is no id."""
    return f"{PREFIXES[name]}_{'0' * 26}" if name in PREFIXES else "no-such-programme"


def _of_another_kind(name: str, crowd: Crowd) -> str:
    return crowd.mine["card_id" if name != "card_id" else "order_id"]


def _constant(text: str) -> Callable[[str, Crowd], str]:
    return lambda name, crowd: text


WRONG_IDS: dict[str, Callable[[str, Crowd], str]] = {
    "unknown": lambda name, crowd: unknown_id(name),
    "of another kind": _of_another_kind,
    "upper case": lambda name, crowd: unknown_id(name).upper(),
    "one character": _constant("*"),
    "far too long": lambda name, crowd: unknown_id(name) + "0" * 1000,
    "NUL": lambda name, crowd: f"{unknown_id(name)}%00",
    "line break": lambda name, crowd: f"{unknown_id(name)}%0A",
    "invalid UTF-8": _constant("ord_%FF%FE"),
    "emoji": _constant("ord_%F0%9F%98%80"),
    "a way out": _constant("..%2F..%2Fetc%2Fpasswd"),
    "SQL": _constant("'%20OR%201=1;--"),
    "template": _constant("%7B%7B7*7%7D%7D"),
}

WRONG_PATHS = (
    *("/", "/v1", "/v1/", "/v2/orders", "/v1/orders/", "/v1//orders", "/v1/no-such-thing"),
    *("/admin", "/.env", "/v1/%00", "/v1/%FF", "/v1/cards/../../etc/passwd", "/v1/orders;x=1"),
)

# Who asks for what of others with a token that is good for their own.
OF_OTHERS: list[tuple[str, str, tuple[str, ...]]] = [
    *(
        (caller, call, ("order_id",))
        for caller in ("anonymous", "partner", "holder", "device")
        for call in (
            *("get_order", "start_payment"),
            *("request_email_change", "confirm_email_change", "send_voucher_again"),
        )
    ),
    *(
        (caller, call, ("card_id",))
        for caller in ("holder", "office_officer")
        for call in ("get_card", "get_voucher", "get_qr", "get_pots", "find_card_redemptions")
    ),
    ("holder", "revoke_card", ("card_id",)),
    ("holder", "reissue_card", ("card_id",)),
    ("holder", "dispute_visit", ("redemption_id",)),
    ("office_officer", "get_order", ("order_id",)),
    ("office_officer", "request_email_change", ("order_id",)),
    ("office_officer", "send_voucher_again", ("order_id",)),
    ("office_officer", "decide_check", ("check_id",)),
    ("device", "cancel_redemption", ("redemption_id",)),
    ("manager", "get_statistics", ("provider_id",)),
    ("manager", "get_balance", ("provider_id",)),
    ("manager", "find_provider_visits", ("provider_id",)),
    ("manager", "stream_provider_visits", ("provider_id",)),
    ("manager", "create_offer", ("provider_id",)),
    ("manager", "find_provider_staff", ("provider_id",)),
    ("manager", "create_provider_staff", ("provider_id",)),
    ("manager", "revoke_provider_staff", ("provider_id", "staff_id")),
    ("manager", "revoke_provider_staff", ("staff_id",)),
    ("manager", "find_devices", ("provider_id",)),
    ("manager", "create_device", ("provider_id",)),
    ("manager", "withdraw_offer", ("provider_id", "offer_id")),
    ("manager", "withdraw_offer", ("offer_id",)),
    ("officer", "publish_offer", ("offer_id",)),
    ("manager", "revoke_device", ("device_id",)),
]
# Which id stands where in a body; scans have codes of their own for offers.
IN_BODIES: list[tuple[str, tuple[str | int, ...], str]] = [
    ("create_offer", ("site_ids", 0), "site_id"),
    ("create_device", ("site_id",), "site_id"),
]
