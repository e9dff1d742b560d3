"""What the public API answers to a holder: one card with visits, one that is blocked, orders on their way."""

import time
from collections.abc import Iterator
from typing import Any

Answer = tuple[int, dict[str, Any]]

CARD = {
    "id": "car_1",
    "order_id": "ord_1",
    "programme": "occygene-2020",
    "card_type": "family",
    "state": "valid",
    "valid_from": "2020-07-01",
    "valid_until": "2021-06-30",
    "number_ends": "4242",
    "holder_first_name": "Léa",
    "replaces": None,
    "replaced_by": None,
}
CARDS = {
    "car_1": CARD,
    "car_new": CARD | {"id": "car_new", "number_ends": "7777", "replaces": "car_lost"},
    "car_lost": CARD | {"id": "car_lost", "state": "revoked"},
    "car_old": CARD | {"id": "car_old", "state": "expired"},
    "car_empty": CARD | {"id": "car_empty", "state": "not_yet_valid", "card_type": "none_such"},
}
POT = {
    "id": "pot_1",
    "code": "bonus",
    "label": {"fr": "Cagnotte", "en": "Pot"},
    "credited_cents": 21_000,
    "remaining_cents": 13_950,
    "spend_until": "2020-11-15",
    "closed": False,
    "locked": False,
}
POTS = [POT, POT | {"id": "pot_2", "locked": True}, POT | {"id": "pot_3", "closed": True}]
ORDER = {
    "id": "ord_1",
    "programme": "occygene-2020",
    "card_type": "family",
    "channel": "region_site",
    "state": "validated",
    "reason_code": None,
    "checks_required": ["identity"],
    "amount_due_cents": 1_500,
    "paid": True,
    "placed_at": "2020-07-06T07:00:00.000000Z",
    "card_id": "car_1",
    "card": CARD,
}
_BARE = ORDER | {"card_id": None, "card": None}
ORDERS = [
    ORDER,
    ORDER | {"id": "ord_lost", "card_id": "car_lost", "card": CARDS["car_lost"]},
    _BARE | {"id": "ord_waiting", "state": "placed", "paid": False},
    _BARE | {"id": "ord_refused", "state": "refused", "reason_code": "not_resident"},
    _BARE | {"id": "ord_made", "state": "validated"},
]
WAITING = {
    "checks": [{"id": "chk_1", "kind": "identity", "state": "pending", "waiting_for": "officer"}],
    "payment": {"id": "pay_1", "state": "pending", "redirect_url": "https://bank.example/pay_1"},
}
VISITS_MAX = 45
KEYS: set[str] = set()


def visit(number: int) -> dict[str, Any]:
    """One of car_1; every seventh was cancelled, and every third was at a provider that is gone."""
    return {
        "id": f"red_{number}",
        "card_id": "car_1",
        "offer_id": "off_1",
        "provider_id": f"{'gone' if number % 3 == 2 else 'prov'}_{number}",
        "site_id": "site_1",
        "gross_cents": 3_800,
        "reduction_cents": 1_400,
        "net_cents": 2_400,
        "paid_from_pot_cents": 1_000,
        "due_cents": 1_400,
        "occurred_at": "2020-07-14T13:04:00.000000Z",
        "recorded_at": "2020-07-14T13:04:01.000000Z",
        "revoked_meanwhile": False,
        "cancelled_at": "2020-07-14T14:00:00.000000Z" if number % 7 == 6 else None,
    }


def _no(status: int, code: str, field: str | None = None) -> Answer:
    body: dict[str, Any] = {"code": code, "message": {"fr": f"Non : {code}.", "en": f"No: {code}."}}
    if field:
        body["errors"] = [{"field": field, "rule": "must be given", "rule_fr": "doit être donné"}]
    return status, body


def _visits(query: dict[str, list[str]]) -> Answer:
    first, limit = int(query.get("cursor", ["0"])[0]), int(query["limit"][0])
    last = min(first + limit, VISITS_MAX)
    found = [visit(number) for number in range(first, last)]
    return 200, {"redemptions": found, "next_cursor": str(last) if last < VISITS_MAX else None}


def answer(path: str, query: dict[str, list[str]]) -> Answer | None:
    """Status and body of a GET; None where it is no business of a holder."""
    match path.removeprefix("/v1/").split("/"):
        case ["me", "orders"] if "cursor" in query:
            return 200, {"orders": [], "next_cursor": None}
        case ["me", "orders"]:
            return 200, {"orders": ORDERS, "next_cursor": "ord_made"}
        case ["me", "visits"]:
            return _visits(query)
        case ["orders", order_id] if known := [one for one in ORDERS if one["id"] == order_id]:
            return 200, {name: of for name, of in known[0].items() if name != "card"} | WAITING
        case ["cards", card_id] if card_id in CARDS:
            return 200, CARDS[card_id]
        case ["cards", card_id, "pot"] if card_id in CARDS:
            return 200, {"remaining_cents": 13_950, "pots": POTS if card_id == "car_1" else []}
        case ["cards", card_id, "savings"] if card_id in CARDS:
            return 200, {
                "price_cents": 1_500,
                "visits": 38 if card_id == "car_1" else 0,
                "saved_cents": 53_200 if card_id == "car_1" else 0,
                "regained_on": "2020-07-12" if card_id == "car_1" else None,
            }
        case ["cards", card_id, "redemptions"] if card_id in CARDS:
            return _visits(query) if card_id == "car_1" else (200, {"redemptions": [], "next_cursor": None})
        case ["cards" | "orders", *_]:
            return _no(404, "not_found")
    return None


def posted(path: str, body: dict[str, Any], key: str) -> Answer | None:
    """Status and body of a POST; what is done once is done for a key."""
    match path.removeprefix("/v1/").split("/"):
        case ["cards", "car_1", "revocation"] if body["reason"] not in ("lost", "stolen"):
            return _no(422, "invalid_field", "reason")
        case ["cards", "car_1", "revocation"]:
            return 200, CARDS["car_lost"]
        case ["cards", "car_lost", "reissue"] if KEYS and key not in KEYS:
            return _no(409, "already_exists")
        case ["cards", "car_lost", "reissue"]:
            KEYS.add(key)
            return 201, CARDS["car_new"]
        case ["me", "visits", "red_1", "dispute"]:
            return _no(409, "dispute_too_late")
        case ["me", "visits", visit_id, "dispute"] if visit_id.startswith("red_"):
            return 200, {"id": "dsp_1", "redemption_id": visit_id, "state": "open"}
        case ["orders", "ord_1", "voucher-mails"]:
            return 202, {}
        case ["orders", "ord_lost", "voucher-mails"]:
            return _no(429, "too_many_mails")
        case ["orders", "ord_1", "email-changes"] if "@" not in body["email"]:
            return _no(422, "invalid_field", "email")
        case ["orders", "ord_1", "email-changes"]:
            return 202, {"expires_at": "2020-07-14T14:00:00.000000Z"}
        case ["orders", "ord_1", "email-changes", "confirm"] if body["code"] != "123456":
            return _no(400, "email_code_refused")
        case ["orders", "ord_1", "email-changes", "confirm"]:
            return 204, {}
        case ["cards" | "orders" | "me", *_]:
            return _no(404, "not_found")
    return None


FILES = {
    "/v1/cards/car_1/qr.svg": ("image/svg+xml", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "/v1/cards/car_1/voucher.pdf": ("application/pdf", b"%PDF-1.7"),
}


def stream(last_id: str) -> Iterator[bytes]:
    """Where the page stood, a visit, and signs of life until somebody hangs up."""
    yield f"retry: 2000\nid: {last_id or 'first'}\n\n".encode()
    yield b'id: second\nevent: recorded\ndata: {"id":"red_0"}\n\n'
    while True:
        time.sleep(0.1)
        yield b":\n\n"
