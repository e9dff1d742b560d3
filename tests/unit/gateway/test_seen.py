"""What is seen of a request, and what must never be."""

from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

ID = "01k9aaaaaaaaaaaaaaaaaaaaaa"


@pytest.mark.parametrize(
    ("given", "taken"), [("trip-42_A", True), ("x" * 65, False), ("a b", False), ("", False)]
)
def test_a_call_id_is_taken_along_or_made(gateway: Any, given: str, taken: bool) -> None:
    answer = gateway.http.get("/healthz", headers={"X-Request-Id": given})
    found = answer.headers["X-Request-Id"]
    assert (found == given) is taken
    assert found.startswith("trip" if taken else "call_")


def test_the_log_line_names_the_route_and_never_what_was_sent(gateway: Any, token_of: Any) -> None:
    headers = token_of("cards:lookup", subject="stf_7")
    with capture_logs() as lines:
        gateway.http.post("/v1/cards/lookup", json={"number": "4970123456789012"}, headers=headers)
        gateway.http.get("/v1/providers?near=43.6,1.44")
        gateway.http.get("/v1/cards/4970123456789012")
    text = str(lines)
    answered = [line for line in lines if line["event"] == "request_answered"]
    assert [line["route"] for line in answered] == ["/v1/cards/lookup", "/v1/providers", "unknown"]
    assert answered[0]["caller"] == "stf_7"
    for secret in ("4970123456789012", "43.6", headers["Authorization"][10:]):
        assert secret not in text


def test_requests_are_counted_by_route_not_by_path(gateway: Any) -> None:
    labels = {"route": "/v1/providers/<id:provider_id>", "method": "GET", "status": "500"}
    before = REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) or 0
    gateway.http.get(f"/v1/providers/prv_{ID}")
    assert REGISTRY.get_sample_value("http_request_duration_seconds_count", labels) == before + 1
    gateway.http.open("/v1/providers", method="BREW")
    odd = {"route": "unknown", "method": "OTHER", "status": "405"}
    assert REGISTRY.get_sample_value("http_request_duration_seconds_count", odd)


def test_every_answer_has_safe_headers(gateway: Any, token_of: Any) -> None:
    for answer in (gateway.http.get("/v1/nope"), gateway.http.get("/healthz"), gateway.http.get("/v1/docs")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    gateway.services.answers["cards.find_programmes"] = []
    public = gateway.http.get("/v1/programmes")
    assert public.headers["Access-Control-Allow-Origin"] == "*"
    assert public.headers["Cache-Control"] == "public, max-age=30"
    known = gateway.http.get("/v1/programmes", headers=token_of("orders:read"))
    assert known.headers["Cache-Control"] == "no-store"
