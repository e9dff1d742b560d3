"""Generated calls of every operation by every kind of caller: no 5xx, no answer that is not documented."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from demo.stage import Platform
from tests.e2e.conformance.answers import problem_in
from tests.e2e.conformance.bodies import Body, right_bodies
from tests.e2e.conformance.callers import headers_for, target_of
from tests.e2e.conformance.crowd import Crowd
from tests.e2e.conformance.document import Document, Operation
from tests.e2e.conformance.fuzzing import AnyCase, Generated, can_be_wrong, likely, operation_id, right, wrong
from tests.e2e.conformance.inside import inside_told
from tests.e2e.conformance.mistakes import body_with, odd_texts_of
from tests.e2e.conformance.wire import Wire

SEED = 20200706
RIGHT_CASES, LIKELY_CASES, ANY_CASES, WRONG_CASES = 2, 4, 2, 4
CONFORMING = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
# From who may least to who may most, so that what a case changes is changed last.
CALLERS = (
    *("anonymous", "garbage", "expired", "office_officer", "partner", "device", "holder", "manager"),
    "officer",
)
# What no generated call can do: sign for the bank, read a mail.
NEVER_ACCEPTED = {"record_notification", "confirm_email_change"}
Seen = Counter[tuple[str, int]]


class HeadsOfStreams(HTTPAdapter):
    """An answer without end is its head."""

    def send(self, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """As ever, and no more of a stream."""
        answer = super().send(request, *args, **kwargs | {"stream": True})
        if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
            answer._content, answer._content_consumed = b"", True
            answer.close()
        return answer


def test_every_answer_to_every_caller_is_documented(
    platform: Platform, crowd: Crowd, api_document: Document
) -> None:
    """Every generated case is sent by every caller in turn."""
    print(f"seed {SEED}")
    seen: Seen = Counter()
    failures: list[str] = []
    document = schemathesis.openapi.from_url(f"{platform.gateway_url}/v1/openapi.json")
    rights = right_bodies(crowd, crowd.spare["site_id"][0])
    operations = [result.ok() for result in document.get_all_operations() if isinstance(result, Ok)]
    assert len(operations) == len(api_document.operations())
    with requests.Session() as session:
        session.mount("http://", HeadsOfStreams())
        send = _sender(session, crowd, seen, failures)
        for operation in operations:
            _try_all(operation, crowd, rights.get(operation_id(operation), []), send)
    print(f"{seen.total()} calls of {len(operations)} operations")
    assert not failures, f"{len(failures)} failures:\n\n" + "\n\n".join(failures[:20])
    assert _never_accepted(operations, seen) == NEVER_ACCEPTED


def test_odd_texts_are_taken_or_refused_and_nothing_stumbles(
    api_document: Document, bodies: dict[str, Any], crowd: Crowd, wire: Wire
) -> None:
    """Emoji, right-to-left marks, markup and quotes are people's business where a text is not printed."""
    taken: Counter[int] = Counter()
    for operation in api_document.with_body():
        # Unknown cards would slow the device down; the calls above have tried them.
        if operation.id in ("quote", "redeem"):
            continue
        spare = {name: values[0] for name, values in crowd.spare.items()}
        target = target_of(crowd, operation, **spare)
        for what, body in _odd_bodies(api_document, operation, bodies[operation.id]):
            headers = {**headers_for(crowd, operation), "Idempotency-Key": uuid4().hex}
            answer = wire.send(operation.method, target, headers, body)
            taken[answer.status] += 1
            assert answer.status < 300 or answer.problem(), f"{operation.id} {what}"
    print(dict(taken))
    assert taken[201]


def _try_all(operation: Generated, crowd: Crowd, bodies: list[Body], send: Callable[[AnyCase], None]) -> None:
    for number in range(RIGHT_CASES):
        _try(right(operation, crowd, bodies, number), 1, send)
    _try(likely(operation, crowd, bodies), LIKELY_CASES, send)
    _try(operation.as_strategy(), ANY_CASES, send)
    if can_be_wrong(operation):
        _try(wrong(operation), WRONG_CASES, send)


def _odd_bodies(document: Document, operation: Operation, body: Body) -> Iterator[tuple[str, str]]:
    assert operation.body is not None
    for field in document.fields(operation.body):
        for what, text in odd_texts_of(field).items():
            yield f"{field.name}: {what}", body_with(body, field.path, text)


def _try(cases: st.SearchStrategy[AnyCase], number: int, send: Callable[[AnyCase], None]) -> None:
    """The same cases in every run."""

    @seed(SEED)
    @settings(
        max_examples=number,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def each(case: AnyCase) -> None:
        send(case)

    each()


def _sender(
    session: requests.Session, crowd: Crowd, seen: Seen, failures: list[str]
) -> Callable[[AnyCase], None]:
    """Sends a case by every caller and writes down what came of it."""
    headers = {caller: crowd.authorization(caller) for caller in CALLERS}

    def send(case: AnyCase) -> None:
        for caller in CALLERS:
            answer = case.call(session=session, headers=headers[caller])
            seen[operation_id(case.operation), answer.status_code] += 1
            try:
                told = inside_told(
                    {name: str(value) for name, value in answer.headers.items()}, answer.content
                )
                assert answer.status_code < 400 or not told, told
                # What breaks the document is refused, whoever sends it.
                rejected = [checks.negative_data_rejection] if case.meta and _is_wrong(case) else []
                case.validate_response(answer, checks=[*CONFORMING, *rejected])
                if answer.status_code >= 400 and not _is_readiness(case.operation):
                    problem_in(answer.status_code, answer.headers["content-type"][0], answer.content)
            except (FailureGroup, AssertionError) as failure:
                failures.append(f"{case.operation.label} by {caller}: {_told(failure)}")

    return send


def _is_wrong(case: AnyCase) -> bool:
    return bool(case.meta and case.meta.generation.mode.is_negative)


def _is_readiness(operation: Generated) -> bool:
    return operation.path == "/readyz"


def _told(failure: BaseException) -> str:
    if isinstance(failure, FailureGroup):
        return "\n".join(str(one) for one in failure.exceptions)
    return str(failure)


def _never_accepted(operations: list[Generated], seen: Seen) -> set[str]:
    """Operations of which no call at all succeeded: their deeper code was not reached."""
    accepted = {name for name, status in seen if status < 300}
    return {operation_id(operation) for operation in operations} - accepted
