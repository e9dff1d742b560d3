"""The bank behaves as a hosted payment page does: sessions, the page, signed notifications, refunds."""

import hashlib
import hmac
import itertools
import json
from typing import Any

import httpx
import pytest

from sandbox.bank.notifying import Notifier

references = (f"order-{number}" for number in itertools.count(1))
SECRET = b"test-notification-secret"
RETURN_URL = "http://127.0.0.1:1/retour?commande=1"


def session_body(**changes: Any) -> dict[str, Any]:
    body = {
        "merchant_reference": next(references),
        "amount_cents": 1500,
        "currency": "EUR",
        "description": "Carte OCC’YGÈNE famille",
        "return_url": RETURN_URL,
        "notify_url": "http://127.0.0.1:1/notifications",
    }
    return body | changes


def open_session(bank: httpx.Client, **changes: Any) -> dict[str, Any]:
    answer = bank.post("/api/sessions", json=session_body(**changes))
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


def choose(bank: httpx.Client, session: dict[str, Any], choice: str, **form: str) -> httpx.Response:
    return bank.post(session["pay_url"], data={"choice": choice} | form, headers={"Authorization": ""})


def read(bank: httpx.Client, session: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = bank.get(f"/api/sessions/{session['session_id']}").json()
    return answer


def test_a_session_is_pending_until_the_payer_pays(bank: httpx.Client) -> None:
    session = open_session(bank)
    assert session["status"] == "pending"
    answer = choose(bank, session, "pay", notification="never")
    assert (answer.status_code, answer.headers["Location"]) == (303, RETURN_URL)
    paid = read(bank, session)
    assert (paid["status"], paid["amount_cents"]) == ("paid", 1500)
    assert paid["paid_at"].endswith("+00:00")


def test_the_same_order_asked_twice_is_one_session_and_other_terms_are_refused(bank: httpx.Client) -> None:
    body = session_body()
    first = bank.post("/api/sessions", json=body)
    again = bank.post("/api/sessions", json=body)
    other = bank.post("/api/sessions", json=body | {"amount_cents": 1600})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()


def test_paying_twice_stays_paid_once_and_a_late_refusal_changes_nothing(bank: httpx.Client) -> None:
    session = open_session(bank)
    choose(bank, session, "pay", notification="never")
    paid = read(bank, session)
    assert choose(bank, session, "pay").status_code == 303
    assert choose(bank, session, "refuse").status_code == 303
    assert read(bank, session) == paid


def test_a_refused_payment_is_told_and_has_no_date(bank: httpx.Client, merchant: Any) -> None:
    session = open_session(bank, notify_url=merchant.url)
    choose(bank, session, "refuse")
    ((body, _),) = merchant.wait_for(1)
    assert json.loads(body) == read(bank, session)
    assert json.loads(body)["status"] == "refused"
    assert json.loads(body)["paid_at"] is None


def test_a_notification_is_signed_over_its_time_and_exact_body(bank: httpx.Client, merchant: Any) -> None:
    session = open_session(bank, notify_url=merchant.url)
    choose(bank, session, "pay")
    ((body, signature),) = merchant.wait_for(1)
    at, digest = (part.split("=")[1] for part in signature.split(","))
    assert digest == hmac.new(SECRET, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert json.loads(body) == read(bank, session)


def test_a_notification_can_come_twice(bank: httpx.Client, merchant: Any) -> None:
    choose(bank, open_session(bank, notify_url=merchant.url), "pay", notification="twice")
    (first, _), (second, _) = merchant.wait_for(2)
    assert first == second


def test_a_late_notification_comes_after_the_payer_has_returned(bank: httpx.Client, merchant: Any) -> None:
    session = open_session(bank, notify_url=merchant.url)
    choose(bank, session, "pay", notification="late", delay_s="0.5")
    assert merchant.received == []
    assert read(bank, session)["status"] == "paid"
    assert len(merchant.wait_for(1)) == 1


def test_an_unanswered_notification_is_repeated_until_it_is_answered(
    bank: httpx.Client, merchant: Any
) -> None:
    merchant.statuses = [500, 302, 404]
    choose(bank, open_session(bank, notify_url=merchant.url), "pay")
    bodies = {body for body, _ in merchant.wait_for(4)}
    assert len(bodies) == 1


def test_the_page_is_french_first_and_says_the_price_on_the_button(bank: httpx.Client) -> None:
    session = open_session(bank, description="<b>Carte</b>")
    page = bank.get(session["pay_url"])
    assert '<html lang="fr">' in page.text
    assert "Payer 15,00\u00a0€" in page.text
    assert "<b>Carte</b>" not in page.text
    assert "Pay €15.00" in bank.get(session["pay_url"], params={"lang": "en"}).text


def test_card_fields_have_no_name_so_that_no_browser_sends_them(bank: httpx.Client) -> None:
    page = bank.get(open_session(bank)["pay_url"]).text
    fields = [part.split(">", 1)[0] for part in page.split("<input ")[1:]]
    assert [field for field in fields if "name=" in field] == [
        field for field in fields if 'id="delay"' in field
    ]


def test_the_page_of_a_decided_payment_offers_only_the_way_back(bank: httpx.Client) -> None:
    session = open_session(bank)
    choose(bank, session, "pay", notification="never")
    page = bank.get(session["pay_url"]).text
    assert "<form" not in page
    assert "déjà enregistré" in page


def test_refunds_are_made_once_and_never_exceed_the_payment(bank: httpx.Client) -> None:
    session = open_session(bank)
    path = f"/api/sessions/{session['session_id']}/refunds"
    body = {"refund_reference": "refund-1", "amount_cents": 1000}
    assert bank.post(path, json=body).json()["code"] == "not_paid"
    choose(bank, session, "pay", notification="never")
    first, again = bank.post(path, json=body), bank.post(path, json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert bank.post(path, json=body | {"amount_cents": 900}).json()["code"] == "reference_reused"
    too_much = bank.post(path, json={"refund_reference": "refund-2", "amount_cents": 501})
    assert too_much.json()["code"] == "refund_exceeds_payment"
    assert bank.get(path).json() == {"refunds": [first.json()]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount_cents": 0}, "amount_cents"),
        ({"amount_cents": 15.0}, "amount_cents"),
        ({"amount_cents": True}, "amount_cents"),
        ({"amount_cents": 2**63}, "amount_cents"),
        ({"currency": "USD"}, "currency"),
        ({"merchant_reference": " "}, "merchant_reference"),
        ({"merchant_reference": "x" * 65}, "merchant_reference"),
        ({"description": "\ud800"}, "description"),
        ({"return_url": "javascript:alert(1)"}, "return_url"),
        ({"notify_url": "http://[broken"}, "notify_url"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_field_is_named(bank: httpx.Client, changes: dict[str, Any], field: str) -> None:
    body = json.dumps(session_body(**changes))
    answer = bank.post("/api/sessions", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        ("[]", "application/json", 422),
        ("{", "application/json", 400),
        ("[" * 100_000, "application/json", 422),
        ("{}", "text/plain", 415),
        ("x" * 2_000_000, "application/json", 413),
    ],
)
def test_a_body_that_is_no_session_is_refused(
    bank: httpx.Client, content: str, media_type: str, status: int
) -> None:
    answer = bank.post("/api/sessions", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status


def test_the_api_needs_the_key_and_the_page_does_not(bank: httpx.Client) -> None:
    session = open_session(bank)
    for key in ("", "Bearer wrong", "Bearer é"):
        answer = bank.post("/api/sessions", json={}, headers={b"Authorization": key.encode()})
        assert answer.status_code == 401
    assert bank.get(session["pay_url"], headers={"Authorization": ""}).status_code == 200


def test_unknown_sessions_and_choices_are_refused(bank: httpx.Client) -> None:
    assert bank.get("/api/sessions/ses_unknown").status_code == 404
    assert "n’existe pas" in bank.get("/pay/ses_unknown").text
    session = open_session(bank)
    assert choose(bank, session, "steal").status_code == 400
    assert choose(bank, session, "pay", notification="thrice").status_code == 400
    assert read(bank, session)["status"] == "pending"


def test_a_merchant_that_the_bank_reaches_at_another_address_than_browsers_do_is_told_there(
    merchant: Any,
) -> None:
    reached_at = merchant.url.removesuffix("/notifications")
    notifier = Notifier(secret=SECRET.decode(), merchant_url=reached_at)
    notifier.schedule("ses_1", "http://127.0.0.1:1/notifications", b"{}")
    assert merchant.wait_for(1)[0][0] == b"{}"
