"""How the gateway says no."""

import logging
from typing import Any

import pytest

from chassis.calls.client import RpcFailed, RpcTimeout, RpcUnavailable
from contracts.refusals import SENTENCES, Refusal
from gateway.problems import HTTP_SENTENCES
from gateway.statuses import STATUSES

PROVIDER = "/v1/providers/prv_01k9aaaaaaaaaaaaaaaaaaaaaa"


def test_every_refusal_has_a_status_and_no_status_is_left_over() -> None:
    assert set(STATUSES) == set(SENTENCES)
    assert not set(HTTP_SENTENCES) & set(SENTENCES)
    assert all(400 <= status < 600 for status in STATUSES.values())


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_every_refusal_becomes_a_problem_in_two_languages(gateway: Any, code: str) -> None:
    gateway.services.answers["offers.get_provider"] = Refusal(code, field="a.b", rule="r", retry_after_s=7)
    answer = gateway.http.get(PROVIDER)
    assert answer.status_code == STATUSES[code]
    assert answer.content_type == "application/problem+json"
    body = answer.json
    assert body["code"] == code
    assert body["status"] == answer.status_code
    assert body["field"] == "a.b"
    assert body["title"]
    assert body["message"]["fr"]
    assert body["message"]["en"]
    assert body["type"].endswith(f"#problem-{code}")
    if answer.status_code in (429, 503):
        assert answer.headers["Retry-After"] == "7"
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_refusals_details_stand_beside_the_fixed_members_and_never_replace_them(gateway: Any) -> None:
    gateway.services.answers["offers.get_provider"] = Refusal(
        "pot_insufficient", remaining_cents=1200, status=200, title="no"
    )
    body = gateway.http.get(PROVIDER).json
    assert body["remaining_cents"] == 1200
    assert "12,00" in body["message"]["fr"]
    assert body["status"] == 409
    assert body["title"] == "Pot insufficient"


@pytest.mark.parametrize("error", [RpcTimeout("offers.get_provider"), RpcUnavailable("broker")])
def test_a_service_that_does_not_answer_is_a_503_to_retry_with_the_same_key(
    gateway: Any, error: Exception
) -> None:
    gateway.services.answers["offers.get_provider"] = error
    answer = gateway.http.get(PROVIDER)
    assert answer.status_code == 503
    assert answer.json["code"] == "try_again"
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("error", [RpcFailed("internal"), ZeroDivisionError("secret of a row")])
def test_what_nobody_expected_is_logged_by_type_and_answered_without_details(
    gateway: Any, error: Exception, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.services.answers["offers.get_provider"] = error
    with caplog.at_level(logging.INFO):
        answer = gateway.http.get(PROVIDER)
    assert answer.status_code == 500
    assert answer.json["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "secret" not in caplog.text + capsys.readouterr().out


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "/v1/cards/4970123456789012", 404, "not_found"),
        ("GET", "/v1/orders/ORD_01K9AAAAAAAAAAAAAAAAAAAAAA", 404, "not_found"),
        ("GET", "/v1/programmes/%00", 404, "not_found"),
        ("GET", "/v1/programmes/..%2F..%2Fetc", 404, "not_found"),
        ("DELETE", "/v1/orders", 405, "method_not_allowed"),
        ("GET", "/v1/cards/lookup", 405, "method_not_allowed"),
    ],
)
def test_unknown_paths_and_methods_are_problems_too(
    gateway: Any, method: str, path: str, status: int, code: str
) -> None:
    answer = gateway.http.open(path, method=method)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    if status == 405:
        assert "POST" in answer.headers["Allow"]


def test_an_unknown_programme_in_a_path_is_not_found(gateway: Any) -> None:
    gateway.services.answers["cards.get_programme"] = Refusal("programme_unknown", field="programme")
    assert gateway.http.get("/v1/programmes/nope").status_code == 404
