"""Ids that name nothing, something else, or what belongs to others: one answer for all of them."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.e2e.conformance.callers import headers_for, target_of
from tests.e2e.conformance.crowd import Crowd
from tests.e2e.conformance.document import Document
from tests.e2e.conformance.fuzzing import RIGHT_QUERIES
from tests.e2e.conformance.ids import IN_BODIES, OF_OTHERS, WRONG_IDS, unknown_id
from tests.e2e.conformance.mistakes import body_with
from tests.e2e.conformance.wire import Wire

pytestmark = pytest.mark.usefixtures("nothing_half_done")


@pytest.mark.parametrize("kind", WRONG_IDS)
def test_every_id_that_names_nothing_is_not_found(
    kind: str, api_document: Document, crowd: Crowd, bodies: dict[str, Any], wire: Wire
) -> None:
    for operation in api_document.operations():
        headers = headers_for(crowd, operation)
        for parameter in operation.parameters_in("path"):
            name = parameter["name"]
            target = target_of(crowd, operation, **{name: WRONG_IDS[kind](name, crowd)})
            answer = wire.send(
                operation.method, target + _query(operation.id), headers, _body(operation.id, bodies)
            )
            assert answer.problem()["code"] == "not_found", f"{operation.method} {target}: {answer.body!r}"


@pytest.mark.parametrize(("caller", "call", "names"), OF_OTHERS)
def test_what_belongs_to_others_does_not_exist(
    caller: str,
    call: str,
    names: tuple[str, ...],
    api_document: Document,
    crowd: Crowd,
    bodies: dict[str, Any],
    wire: Wire,
) -> None:
    operation = api_document.operation(call)
    headers = {**headers_for(crowd, operation), **crowd.authorization(caller)}
    theirs, nobodys = (
        wire.send(
            operation.method,
            target_of(crowd, operation, **ids) + _query(call),
            headers,
            _body(call, bodies),
        ).problem()
        for ids in ({name: crowd.others[name] for name in names}, {name: unknown_id(name) for name in names})
    )
    assert theirs["status"] in (403, 404)
    assert theirs == nobodys


@pytest.mark.parametrize(("call", "path", "name"), IN_BODIES)
def test_what_belongs_to_others_does_not_exist_in_a_body_either(
    call: str,
    path: tuple[str | int, ...],
    name: str,
    api_document: Document,
    crowd: Crowd,
    bodies: dict[str, Any],
    wire: Wire,
) -> None:
    operation = api_document.operation(call)
    target, headers = target_of(crowd, operation), headers_for(crowd, operation)
    theirs, nobodys = (
        wire.send("POST", target, headers, body_with(bodies[call], path, json.dumps(value)))
        for value in (crowd.others[name], unknown_id(name))
    )
    assert theirs.problem() == nobodys.problem()
    assert str(path[0]) in theirs.problem()["field"]


def test_a_provider_that_is_not_there_gets_no_manager(
    api_document: Document, crowd: Crowd, bodies: dict[str, Any], wire: Wire
) -> None:
    operation = api_document.operation("create_staff")
    body = {
        **bodies["create_staff"],
        "role": "provider_manager",
        "programmes": [],
        "organisation": None,
        "provider_id": unknown_id("provider_id"),
    }
    answer = wire.send("POST", operation.path, headers_for(crowd, operation), json.dumps(body))
    assert answer.problem()["field"] == "provider_id"


def test_a_secret_opens_its_own_order_only(crowd: Crowd, wire: Wire) -> None:
    secret = {"Order-Secret": crowd.order("Pending")["order_secret"]}
    unknown = wire.send("GET", f"/v1/orders/{unknown_id('order_id')}", secret)
    assert wire.send("GET", f"/v1/orders/{crowd.others['order_id']}", secret).problem() == unknown.problem()
    assert unknown.status == 404


def _query(call: str) -> str:
    return f"?{urlencode(RIGHT_QUERIES[call][0])}" if call in RIGHT_QUERIES else ""


def _body(call: str, bodies: dict[str, Any]) -> str | None:
    return json.dumps(bodies[call]) if call in bodies else None
