"""Requests wrong as a whole: unreadable bodies, senseless headers, paths and methods that are not."""

import json
from typing import Any

import pytest

from tests.e2e.conformance.callers import headers_for, target_of
from tests.e2e.conformance.crowd import Crowd
from tests.e2e.conformance.document import Document
from tests.e2e.conformance.ids import WRONG_PATHS
from tests.e2e.conformance.whole_requests import WRONG_BODIES, WRONG_HEADERS
from tests.e2e.conformance.wire import Wire

pytestmark = pytest.mark.usefixtures("nothing_half_done")


@pytest.mark.parametrize("what", WRONG_BODIES)
def test_every_body_that_cannot_be_read_is_refused(
    what: str, api_document: Document, crowd: Crowd, bodies: dict[str, Any], wire: Wire
) -> None:
    wrong = WRONG_BODIES[what]
    for operation in api_document.with_body():
        content = wrong.content(json.dumps(bodies[operation.id]).encode())
        lines = wrong.lines(headers_for(crowd, operation), content)
        answer = wire.request(operation.method, target_of(crowd, operation), lines, content)
        assert answer.problem()["status"] in wrong.statuses, f"{operation.id}: {answer.body!r}"


@pytest.mark.parametrize("what", WRONG_HEADERS)
def test_every_wrong_header_is_refused(
    what: str, api_document: Document, crowd: Crowd, bodies: dict[str, Any], wire: Wire
) -> None:
    wrong = WRONG_HEADERS[what]
    for operation in filter(wrong.concerns, api_document.operations()):
        content = json.dumps(bodies[operation.id]).encode() if operation.id in bodies else b""
        lines = wrong.lines(headers_for(crowd, operation), content)
        answer = wire.request(operation.method, target_of(crowd, operation), lines, content)
        assert answer.problem()["code"] in wrong.codes, f"{operation.id}: {answer.body!r}"


def test_a_call_without_a_body_takes_none(api_document: Document, crowd: Crowd, wire: Wire) -> None:
    for operation in api_document.operations():
        if operation.method == "POST" and operation.body is None:
            target, headers = target_of(crowd, operation), headers_for(crowd, operation)
            assert wire.send("POST", target, headers, '{"no_such_field": 1}').fault("no_such_field") is None
            assert wire.send("POST", target, headers, "{").problem()["code"] == "malformed_body"


def test_a_call_id_that_could_not_be_logged_is_replaced(wire: Wire) -> None:
    for given in (b"a" * 65, b"a b", b"<b>", b"a;b", "é".encode(), b""):
        answer = wire.request("GET", "/v1/orders/x", [b"X-Request-Id: " + given])
        assert answer.problem()["code"] == "not_found"
        assert answer.headers["X-Request-Id"].startswith("call_"), given


def test_a_path_that_no_call_has_is_a_problem_too(wire: Wire, crowd: Crowd) -> None:
    for path in WRONG_PATHS:
        for headers in ({}, crowd.authorization("officer")):
            assert wire.send("GET", path, headers).problem()["code"] == "not_found", path
            assert wire.send("POST", path, headers, "{}").problem()["code"] == "not_found", path


def test_a_method_that_a_call_has_not_is_a_problem_too(
    api_document: Document, crowd: Crowd, wire: Wire
) -> None:
    for operation in api_document.operations():
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "BREW"):
            answer = wire.send(method, target_of(crowd, operation), headers_for(crowd, operation))
            assert answer.problem()["code"] == "method_not_allowed", f"{method} {operation.path}"
            assert answer.headers["Allow"], operation.path


@pytest.mark.parametrize(
    "line",
    [
        b"GET /v1/programmes?cursor=" + b"a" * 5000 + b" HTTP/1.1",
        b"GET /v1/programmes HTTP/9.9",
        b"GET /v1/programmes",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"G\x00T /v1/programmes HTTP/1.1",
        b"GET /v1/pro\x00grammes HTTP/1.1",
        b"GET  HTTP/1.1",
        b"hello",
    ],
)
def test_what_is_no_request_at_all_is_a_problem_too(line: bytes, wire: Wire) -> None:
    assert wire.exchange(line + b"\r\nHost: x\r\nConnection: close\r\n\r\n").problem()
