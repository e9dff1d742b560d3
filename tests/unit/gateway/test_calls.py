"""What the calls that do more than pass on do: orders, files, the bank, the listing, the scan, readiness."""

import base64
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis.calls.client import RpcTimeout
from contracts.refusals import Refusal

ID = "01k9aaaaaaaaaaaaaaaaaaaaaa"
ORDER = {
    "id": f"ord_{ID}",
    "programme": "occygene-2020",
    "card_type": "family",
    "channel": "region_site",
    "state": "placed",
    "reason_code": None,
    "checks_required": ["residence"],
    "amount_due_cents": 1500,
    "paid": False,
    "placed_at": "2020-07-06T07:00:00.000000Z",
    "card_id": None,
}
CHECK = {
    "id": f"chk_{ID}",
    "kind": "residence",
    "state": "pending",
    "reason_code": None,
    "decided_by": None,
    "decided_at": None,
    "waiting_for": "officer",
}
PAYMENT = {
    "id": f"pay_{ID}",
    "order_id": f"ord_{ID}",
    "amount_cents": 1500,
    "state": "pending",
    "redirect_url": "https://bank.example/pay/1",
}
SCANNED = {
    "id": f"red_{ID}",
    "recorded_at": "2020-07-11T08:00:00.000000Z",
    "reduction_cents": 500,
    "net_cents": 5700,
    "paid_from_pot_cents": 1000,
    "due_cents": 4700,
    "pot_remaining_cents": 29000,
    "holder": {
        "first_name": "Amira",
        "age_band": "30-39",
        "party_covered": {"adults": 2, "children": 3},
    },
    "already_counted": False,
    "message": None,
}
SCAN = {
    "card": "OCY1:AAAA",
    "offer_id": f"off_{ID}",
    "party": {"adults": 2, "children": 3},
    "gross_cents": 6200,
    "pay_cents": 1000,
}


def test_an_order_is_shown_with_its_checks_and_payment_once_cards_agreed(gateway: Any) -> None:
    gateway.services.answers |= {
        "cards.get_order": ORDER,
        "identity.get_application": {"order_id": ORDER["id"], "state": "pending", "checks": [CHECK]},
        "wallet.find_payment": PAYMENT,
    }
    answer = gateway.http.get(f"/v1/orders/ord_{ID}", headers={"Order-Secret": "s" * 32})
    assert answer.json == {**ORDER, "checks": [CHECK], "payment": PAYMENT}
    assert gateway.services.calls[0] == (
        "cards.get_order",
        {"order_id": f"ord_{ID}", "order_secret": "s" * 32},
    )
    assert gateway.services.called_as_service == ["identity.get_application", "wallet.find_payment"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_who_may_not_see_an_order_learns_nothing_of_its_checks(gateway: Any) -> None:
    gateway.services.answers["cards.get_order"] = Refusal("not_found")
    assert gateway.http.get(f"/v1/orders/ord_{ID}").status_code == 404
    assert [name for name, _ in gateway.services.calls] == ["cards.get_order"]


@pytest.mark.parametrize("secret", ["short", "x" * 129, "é" * 20])
def test_an_order_secret_of_a_wrong_form_is_refused_by_name(gateway: Any, secret: str) -> None:
    answer = gateway.http.get(f"/v1/orders/ord_{ID}", headers={"Order-Secret": secret})
    assert (answer.status_code, answer.json["field"]) == (422, "Order-Secret")


def test_an_order_keeps_the_callers_key_or_gets_a_fresh_one(gateway: Any) -> None:
    person = {"given_name": "Zoé", "family_name": "Roux", "birth_date": "2000-02-29"}
    address = {"street": "1 rue", "postal_code": "31000", "insee": "31555"}
    body = {
        "programme": "occygene-2020",
        "card_type": "youth",
        "holder": {**person, "email": "z@example.org", "address": address},
        "members": [],
    }
    gateway.services.answers["cards.place_order"] = {**ORDER, "order_secret": "x"}
    answer = gateway.http.post("/v1/orders", json=body, headers={"Idempotency-Key": "my-key-1"})
    assert (answer.status_code, answer.json["order_secret"]) == (201, "x")
    gateway.http.post("/v1/orders", json=body)
    gateway.http.post("/v1/orders", json=body)
    first, second, third = [kwargs["idempotency_key"] for _, kwargs in gateway.services.calls]
    assert first == "my-key-1"
    assert len({first, second, third}) == 3
    assert gateway.services.calls[0][1]["order"] == body


def test_a_voucher_is_a_private_pdf_with_a_harmless_name(gateway: Any, token_of: Any) -> None:
    gateway.services.answers["notify.render_voucher"] = {
        "media_type": "application/pdf",
        "filename": 'bon";x=é.pdf',
        "content": base64.b64encode(b"%PDF-1.7").decode(),
    }
    answer = gateway.http.get(f"/v1/cards/card_{ID}/voucher.pdf", headers=token_of("cards:read"))
    assert (answer.content_type, answer.data) == ("application/pdf", b"%PDF-1.7")
    assert answer.headers["Content-Disposition"] == 'inline; filename="bonx.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_qr_code_is_a_private_drawing(gateway: Any, token_of: Any) -> None:
    gateway.services.answers["cards.get_voucher"] = {"qr_text": "OCY1:" + "A" * 26}
    answer = gateway.http.get(f"/v1/cards/card_{ID}/qr.svg", headers=token_of("cards:read"))
    assert answer.content_type == "image/svg+xml"
    assert b"<svg" in answer.data
    assert b"OCY1" not in answer.data
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_banks_words_reach_the_wallet_as_they_were_signed(gateway: Any) -> None:
    gateway.services.answers["wallet.record_payment_notification"] = None
    raw = '{"é":  1}\n'
    answer = gateway.http.post(
        "/v1/payments/notifications",
        data=raw.encode(),
        content_type="application/json",
        headers={"Bank-Signature": "t=1,v1=ab"},
    )
    assert (answer.status_code, answer.data) == (204, b"")
    assert gateway.services.calls[0][1] == {"body": raw, "signature": "t=1,v1=ab"}


def test_a_missing_or_wrong_bank_signature_is_forbidden(gateway: Any) -> None:
    gateway.services.answers["wallet.record_payment_notification"] = Refusal("not_allowed")
    for headers in ({}, {"Bank-Signature": "x" * 400}, {"Bank-Signature": "t=1,v1=ab"}):
        answer = gateway.http.post("/v1/payments/notifications", json={}, headers=headers)
        assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")
    answer = gateway.http.post(
        "/v1/payments/notifications", data=b"\xff", headers={"Bank-Signature": "t=1,v1=ab"}
    )
    assert answer.status_code == 400


def test_people_come_back_from_the_bank_to_a_page_in_two_languages(gateway: Any) -> None:
    page = gateway.http.get("/v1/payments/return?session_id=anything&x=1")
    assert page.status_code == 200
    assert "Merci" in page.text
    assert 'lang="en"' in page.text


def test_the_listing_takes_a_place_as_latitude_and_longitude(gateway: Any) -> None:
    gateway.services.answers["offers.find_providers"] = {"providers": [], "next_cursor": None}
    answer = gateway.http.get(
        "/v1/providers?near=43.6,-1.4&radius_km=20&open_on=2020-08-01&pot_accepted=true&limit=5"
    )
    assert answer.json == {"providers": [], "next_cursor": None}
    assert gateway.services.calls[0][1]["search"] == {
        "latitude": 43.6,
        "longitude": -1.4,
        "radius_km": 20.0,
        "category": None,
        "card_type": None,
        "programme": None,
        "open_on": "2020-08-01",
        "pot_accepted": True,
        "cursor": None,
        "limit": 5,
    }
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_a_commune_is_found_by_the_start_of_its_name_without_any_service(gateway: Any) -> None:
    answer = gateway.http.get("/v1/communes?search=toulouse&limit=1")
    [found] = answer.json["communes"]
    assert (found["insee"], found["name"], found["departement"]) == ("31555", "Toulouse", "31")
    assert found["centre"] == "commune"
    assert answer.json["more"] is False
    assert gateway.http.get("/v1/communes?search=saint&limit=2").json["more"] is True
    assert gateway.services.calls == []
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "query", ["", "search=a", "search=toulouse&limit=0", "search=toulouse&limit=51", "search=%ED%A0%80"]
)
def test_a_search_for_communes_that_is_wrong_names_its_field(gateway: Any, query: str) -> None:
    answer = gateway.http.get(f"/v1/communes?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == ("limit" if "limit" in query else "search")


def test_a_map_takes_the_listings_filters_and_a_thousand_sites_at_once(gateway: Any) -> None:
    gateway.services.answers["offers.find_sites"] = {"sites": [], "next_cursor": None}
    answer = gateway.http.get("/v1/sites?near=43.6,-1.4&radius_km=20&category=campsites")
    assert answer.json == {"sites": [], "next_cursor": None}
    search = gateway.services.calls[0][1]["search"]
    assert (search["latitude"], search["radius_km"], search["limit"]) == (43.6, 20.0, 1000)
    assert gateway.http.get("/v1/sites?limit=1001").status_code == 422


def test_ideas_take_the_ages_of_children_in_one_field(gateway: Any) -> None:
    gateway.services.answers["offers.find_ideas"] = {"on": "2020-08-01", "ideas": [], "next_cursor": None}
    answer = gateway.http.get(
        "/v1/ideas?near=43.6,1.4&budget_cents=1800&programme=occygene-2020&on=2020-08-01&adults=2&children_ages=4,9,9"
    )
    assert answer.json == {"on": "2020-08-01", "ideas": [], "next_cursor": None}
    assert gateway.services.calls[0][1]["search"] == {
        "latitude": 43.6,
        "longitude": 1.4,
        "radius_km": 20.0,
        "budget_cents": 1800,
        "pot_cents": 0,
        "on": "2020-08-01",
        "programme": "occygene-2020",
        "card_type": None,
        "category": None,
        "adults": 2,
        "children_ages": [4, 9, 9],
        "cursor": None,
        "limit": 5 * 10,
    }


@pytest.mark.parametrize("ages", ["", "4,", "18", "-1", "4,9 ", "4;9", ",".join(["1"] * 21)])
def test_ages_that_are_none_are_refused(gateway: Any, ages: str) -> None:
    answer = gateway.http.get(
        f"/v1/ideas?near=43.6,1.4&budget_cents=1800&programme=occygene-2020&children_ages={ages}"
    )
    assert answer.status_code == 422
    assert answer.json["field"] == "children_ages"


def test_statistics_are_asked_for_by_days(gateway: Any, token_of: Any) -> None:
    path = f"/v1/providers/prv_{ID}/statistics?from=2020-07-01&to=2020-07-31&by=offer"
    gateway.http.get(path, headers=token_of("statistics:read"))
    expected = {
        "provider_id": f"prv_{ID}",
        "first_day": "2020-07-01",
        "last_day": "2020-07-31",
        "by": "offer",
    }
    assert gateway.services.calls == [("offers.get_statistics", expected)]


@pytest.mark.parametrize(
    ("result", "card", "pay_cents", "status", "labels"),
    [
        (SCANNED, "OCY1:AAAA", 1000, 201, ("accepted", "qr", "yes")),
        (SCANNED, "1234 5678 9012 3456", None, 201, ("accepted", "number", "no")),
        (SCANNED, "]Q1ocy1:aaaa\r\n", None, 201, ("accepted", "qr", "no")),
        (SCANNED | {"already_counted": True}, "OCY1:AAAA", 0, 201, ("already_counted", "qr", "no")),
        (Refusal("pot_insufficient"), "OCY1:AAAA", 1, 409, ("refused", "qr", "yes")),
        (Refusal("try_again"), "OCY1:AAAA", 1, 503, ("error", "qr", "yes")),
        (RpcTimeout("cards.redeem"), "OCY1:AAAA", 1, 503, ("error", "qr", "yes")),
    ],
)
def test_every_scan_is_timed_by_outcome_medium_and_pot(
    gateway: Any, token_of: Any, result: Any, card: str, pay_cents: int | None, status: int, labels: Any
) -> None:
    gateway.services.answers["cards.redeem"] = result
    before = _scans(labels)
    answer = gateway.http.post(
        "/v1/redemptions",
        json=SCAN | {"card": card, "pay_cents": pay_cents},
        headers=token_of("redemptions:write") | {"Idempotency-Key": "key-12345678"},
    )
    assert answer.status_code == status
    assert _scans(labels) == before + 1


def _scans(labels: tuple[str, str, str]) -> float:
    named = dict(zip(("outcome", "medium", "pot"), labels, strict=True))
    return REGISTRY.get_sample_value("redemption_duration_seconds_count", named) or 0.0


def test_a_replayed_scan_answers_the_same_bytes(gateway: Any, token_of: Any) -> None:
    gateway.services.answers["cards.redeem"] = SCANNED
    headers = token_of("redemptions:write") | {"Idempotency-Key": "key-12345678"}
    first, second = (gateway.http.post("/v1/redemptions", json=SCAN, headers=headers) for _ in range(2))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert first.json == SCANNED


def test_an_answer_shows_only_the_documented_fields(gateway: Any, token_of: Any) -> None:
    gateway.services.answers["cards.quote"] = SCANNED | {"id": None, "account_id": "secret"}
    answer = gateway.http.post("/v1/quotes", json=SCAN, headers=token_of("redemptions:write"))
    assert answer.status_code == 200
    assert "account_id" not in answer.json


def test_readiness_names_the_service_that_does_not_answer(gateway: Any) -> None:
    names = ("identity", "cards", "wallet", "offers", "notify")
    gateway.services.answers = {f"{name}.ping": "pong" for name in names}
    assert gateway.http.get("/readyz").json == {"status": "ready", "services": dict.fromkeys(names, True)}
    gateway.services.answers["wallet.ping"] = RpcTimeout("wallet.ping")
    answer = gateway.http.get("/readyz")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.status_code == 503
    assert [name for name, up in answer.json["services"].items() if not up] == ["wallet"]
    assert gateway.http.get("/healthz").json == {"status": "ok"}
