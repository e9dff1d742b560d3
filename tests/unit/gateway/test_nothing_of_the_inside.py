"""Whatever goes wrong behind the gateway, no answer tells what, where or in whose words."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis.calls.client import RpcFailed, RpcTimeout, RpcUnavailable
from tests.e2e.conformance.document import Document
from tests.e2e.conformance.inside import inside_told
from tests.unit.gateway.test_bad_input import BODIES, ID

WORDS = (
    "psycopg2.errors.UniqueViolation: duplicate key value violates unique constraint\n"
    "[SQL: SELECT * FROM cards WHERE number_hash = 'x'] File \"/app/cards/redeeming.py\", line 7"
)
FAILURES = [
    RpcFailed(f"cards.redeem {WORDS}"),
    RpcTimeout(f"cards.redeem {WORDS}"),
    RpcUnavailable("amqp://platform:secret@10.0.0.5:5672/"),
    RuntimeError(WORDS),
    KeyError("holder_id"),
    OSError(2, "No such file or directory", "/app/programmes/occygene-2020.toml"),
]
IDS = {
    "code": "occygene-2020",
    **{
        f"{name}_id": f"{prefix}_{ID}"
        for name, prefix in {
            "order": "ord",
            "check": "chk",
            "card": "card",
            "provider": "prv",
            "offer": "off",
            "device": "dev",
            "redemption": "red",
            "dispute": "dsp",
        }.items()
    },
}
QUERIES = {"get_statistics": "?from=2020-07-01&to=2020-07-31"}


class Broken(dict[str, Any]):
    """Answers of services that all fail in one way."""

    def __init__(self, failure: Exception) -> None:
        self.failure = failure

    def __missing__(self, call: str) -> Exception:
        return self.failure


def calls(http: Any) -> Iterator[tuple[str, str, str, Any]]:
    """Operation, method, address and a right body of every call in the OpenAPI document."""
    for one in Document(http.get("/v1/openapi.json").json).operations():
        address = one.path.format(**IDS)
        yield one.id, one.method, address + QUERIES.get(one.id, ""), BODIES.get(address)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
def test_no_answer_tells_what_failed_behind_it(gateway: Any, token_of: Any, failure: Exception) -> None:
    gateway.services.answers = Broken(failure)
    failed = set()
    for name, method, address, body in calls(gateway.http):
        headers = {**token_of(), "Idempotency-Key": "same-key"}
        answer = gateway.http.open(address, method=method, json=body, headers=headers)
        assert inside_told(dict(answer.headers), answer.data) == set(), f"{name}: {answer.data!r}"
        if answer.status_code in (500, 503):
            failed.add(name)
    assert len(failed) > 25, "most calls ask a service; some are refused before"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"detail": "KeyError: holder_id"}', "a class: KeyError"),
        (b"Traceback (most recent call last)", "a traceback: Traceback"),
        (b"at gateway/endpoint.py:80", "a file: .py"),
        (b"SELECT 1", "SQL: SELECT"),
        (b"psycopg2.errors", "a library: psycopg"),
        (b"amqp://a:b@c/", "a library: amqp"),
        (b"<gateway.Thing object at 0x7f>", "a class: <gateway.Thing object at "),
    ],
)
def test_an_answer_that_tells_would_be_found(body: bytes, told: str) -> None:
    assert told in inside_told({}, body)
    assert told in inside_told({"X-Detail": body.decode()}, b"")


def test_what_an_answer_does_say_is_not_taken_for_it() -> None:
    said = b'{"type": "/v1/docs#problem-internal_error", "title": "Internal error", "status": 500}'
    assert inside_told({"Server": "gunicorn", "Content-Type": "application/problem+json"}, said) == set()
