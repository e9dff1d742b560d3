"""Bad input in every field of every call: a 4xx problem that names field and rule, and nothing half done."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conformance.callers import headers_for, target_of
from tests.e2e.conformance.crowd import Crowd
from tests.e2e.conformance.document import Document, Operation
from tests.e2e.conformance.mistakes import UNKNOWN, body_with, body_without, mistakes_of, value_at
from tests.e2e.conformance.query_mistakes import wrong_queries
from tests.e2e.conformance.wire import Wire

pytestmark = pytest.mark.usefixtures("nothing_half_done")

BODY_BYTES_MAX = 64 * 1024
TOLD_MAX = 60


def test_every_mistake_in_every_field_is_refused_by_name(
    api_document: Document, crowd: Crowd, bodies: dict[str, Any], wire: Wire
) -> None:
    faults: list[str] = []
    sent = 0
    for operation in api_document.with_body():
        target, headers = target_of(crowd, operation), headers_for(crowd, operation)
        for what, field, text in _mistakes(api_document, operation, bodies[operation.id]):
            answer = wire.send(operation.method, target, headers, text)
            is_too_large = answer.status == 413 and len(text) > BODY_BYTES_MAX
            fault = None if is_too_large and answer.problem() else answer.fault(field)
            faults += [f"{operation.id} {field}, {what}: {fault}"] if fault else []
            sent += 1
    print(f"{sent} mistakes")
    assert not faults, f"{len(faults)} of {sent}:\n" + "\n".join(faults[:TOLD_MAX])


def test_every_mistake_in_every_query_parameter_is_refused_by_name(
    api_document: Document, crowd: Crowd, wire: Wire
) -> None:
    faults: list[str] = []
    sent = 0
    for operation in api_document.operations():
        target, headers = target_of(crowd, operation), headers_for(crowd, operation)
        for name, query in wrong_queries(operation):
            fault = wire.send(operation.method, f"{target}?{query}", headers).fault(name)
            faults += [f"{operation.id}?{query}: {fault}"] if fault else []
            sent += 1
    print(f"{sent} mistakes")
    assert not faults, f"{len(faults)} of {sent}:\n" + "\n".join(faults[:TOLD_MAX])


def _mistakes(document: Document, operation: Operation, body: Any) -> Iterator[tuple[str, str, str]]:
    """What is wrong, with which field, and the whole body as JSON text."""
    assert operation.body is not None
    for field in document.fields(operation.body):
        for what, text in mistakes_of(field, value_at(body, field.path)):
            yield what, field.name, body_with(body, field.path, text)
        if field.required:
            yield "missing", field.name, body_without(body, field.path)
    for path in document.objects(operation.body):
        unknown = (*path, UNKNOWN)
        yield "unknown", ".".join(map(str, unknown)), body_with(body, unknown, "1")
